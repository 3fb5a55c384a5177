import { quote } from '../language/quote.ts';
import type { RunReply } from '../model/poller-request.ts';

export type RunRequest = { readonly query: string; readonly target: string } | { readonly problem: string };

interface RunAnswered {
  readonly status: number;
  readonly text: string;
}

/** What is answered to whoever wants a task to be run. */
const RUN_REPLIES: Readonly<Record<RunReply, RunAnswered>> = {
  started: { status: 202, text: 'started' },
  running: { status: 409, text: 'it is running already' },
  backoff: { status: 409, text: 'its target does not answer; it is run as soon as that does' },
  suspended: { status: 409, text: 'it is suspended until a reload' },
  elsewhere: { status: 409, text: 'its server is with no exporter of the fleet for certain at this moment' },
  unknown: { status: 404, text: 'there is no such query on such a target' },
  'the poller died': { status: 503, text: 'the poller is being started again' },
  'the poller stopped': { status: 503, text: 'the exporter is stopping' },
};

export function toAnswer(reply: RunReply | { readonly owner: string | null }): RunAnswered {
  if (typeof reply === 'string') return RUN_REPLIES[reply];
  if (reply.owner === null) return RUN_REPLIES.elsewhere;
  return { status: 409, text: `its server is polled by ${reply.owner}: ask there` };
}

/** Reads `?query=orders&target=prod01`, each of them once. */
export function readRunRequest(url: string): RunRequest {
  const [, search = ''] = url.split('?', 2);
  const parameters = new URLSearchParams(search);
  for (const name of parameters.keys()) {
    if (name !== 'query' && name !== 'target') return { problem: `unknown parameter ${quote(name, 64)}` };
  }
  const [query, ...otherQueries] = parameters.getAll('query');
  const [target, ...otherTargets] = parameters.getAll('target');
  if (query === undefined || target === undefined || otherQueries.length + otherTargets.length > 0) {
    return { problem: 'expected one query and one target: /-/run?query=NAME&target=NAME' };
  }
  return { query, target };
}
