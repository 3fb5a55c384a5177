import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Elsewhere, RunReply } from '../../model/poller-request.ts';
import { say } from '../answer.ts';
import { sendPage } from '../send-page.ts';
import { html } from '../status/html.ts';
import { type PageContext, renderPage } from '../status/page-shell.ts';
import { taskSearch } from '../task-request.ts';

/** What is answered to whoever wants a task to be run. */
const REPLIES: Readonly<Record<RunReply, Answer>> = {
  started: { status: 202, text: 'started' },
  running: { status: 409, text: 'it is running already' },
  backoff: { status: 409, text: 'its target does not answer; it is run as soon as that does' },
  suspended: { status: 409, text: 'it is suspended until a reload' },
  elsewhere: { status: 409, text: 'no exporter of the fleet has its server at this moment' },
  unknown: { status: 404, text: 'there is no such query on such a target' },
  'the poller died': { status: 503, text: 'the poller is being started again' },
  'the poller stopped': { status: 503, text: 'the exporter is stopping' },
};

interface Answer {
  readonly status: number;
  readonly text: string;
}

function toAnswer(reply: RunReply | Elsewhere): Answer {
  if (typeof reply === 'string') return REPLIES[reply];
  if (reply.owner === null) return REPLIES.elsewhere;
  return { status: 409, text: `its server is polled by ${reply.owner}: ask there` };
}

/** A program gets a status and a line. A browser is led back to the task, or told on a page why it does not run. */
export function answerRun(
  request: IncomingMessage,
  response: ServerResponse,
  { reply, query, target }: { readonly reply: RunReply | Elsewhere; readonly query: string; readonly target: string },
  context: PageContext,
): void {
  const { status, text } = toAnswer(reply);
  if (!/\btext\/html\b/.test(request.headers.accept ?? '')) {
    say(response, status, text);
    return;
  }
  const task = `../task${taskSearch(query, target)}`;
  if (reply === 'started') {
    response.setHeader('Location', task);
    say(response, 303, text);
    return;
  }
  const name = `${query} on ${target}`;
  const back = reply === 'unknown' ? html`<a href="../">All tasks</a>` : html`<a href="${task}">${name}</a>`;
  const main = html`<p class="back">${back}</p><h1 class="headline">${name} was not run</h1><p class="since">${text}</p>`;
  response.statusCode = status;
  const page = renderPage(
    { title: `${name} was not run`, nowMs: Date.now(), jsonPath: '/api/v1/status', main },
    context,
  );
  sendPage(request, response, page);
}
