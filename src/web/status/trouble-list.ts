import type { DatedFailure } from '../../model/standing.ts';
import type { TaskStatus } from '../../model/status.ts';
import { taskSearch } from '../task-request.ts';
import { adviceOf } from './advice.ts';
import { formatCount } from './format.ts';
import { type Html, html, NOTHING } from './html.ts';
import { spanSince } from './times.ts';
import { describeCodes, type Said, type Trouble } from './troubles.ts';
import { nameOf, toSearch, type ViewRequest } from './view.ts';

/** So many are said in full; whoever wants to see the others takes a state or a word of the filter. */
const MAX_TROUBLES_LISTED = 10;
/** So many tasks of one trouble are named. */
const MAX_TASKS_NAMED = 12;

/** Each trouble once, with all the tasks that have it. */
export function troubleList(troubles: readonly Trouble[], request: ViewRequest, nowMs: number): Html {
  if (troubles.length === 0) return NOTHING;
  const listed = troubles.slice(0, MAX_TROUBLES_LISTED);
  const more = troubles.length - listed.length;
  return html`<section aria-labelledby="troubles" data-key="troubles">
<h2 id="troubles">What is wrong</h2>
<ul class="troubles">${listed.map((trouble) => item(trouble, request, nowMs))}</ul>
${more > 0 ? html`<p class="more">and ${formatCount(more)} other ${more === 1 ? 'error' : 'errors'}, see the tasks</p>` : NOTHING}
</section>`;
}

function item(trouble: Trouble, request: ViewRequest, nowMs: number): Html {
  const { state, sinceMs, tasks, key } = trouble;
  const since =
    sinceMs === null
      ? NOTHING
      : html` <span class="when">for ${tasks.length > 1 ? 'up to ' : ''}${spanSince(sinceMs, nowMs)}</span>`;
  return html`<li class="trouble is-${state}" data-key="${key}">
<p><span class="state is-${state}">${nameOf(state)}</span>${since}</p>
${said(trouble)}
<p class="where">${places(tasks, request)}</p>
${advice(trouble)}
</li>`;
}

/** What is wrong, in full, and what can be done about it. */
export function saying(what: Said, trusted: boolean): Html {
  const hidden =
    trusted || what.failure === null
      ? NOTHING
      : html`<p class="history">What the server said is shown to trusted readers, such as those with basic authentication.</p>`;
  return html`${said(what)}${hidden}${advice(what)}`;
}

function said({ text, failure, message }: Said): Html {
  if (failure === null) return html`<p class="said">${text}</p>`;
  return html`<p class="failure">${reason(failure)}</p>${message === null ? NOTHING : html`<pre class="message">${message}</pre>`}`;
}

function advice({ failure }: Said): Html {
  return failure === null ? NOTHING : html`<p class="advice">${adviceOf(failure.reason)}</p>`;
}

function reason(failure: DatedFailure): Html {
  return html`<span class="reason">${failure.reason}</span> ${describeCodes(failure)}`;
}

/** `orders on prod01, prod02, dev01; lag on prod01`. */
function places(tasks: readonly TaskStatus[], request: ViewRequest): Html {
  const named = tasks.slice(0, MAX_TASKS_NAMED);
  const queries = [...new Set(named.map(({ query }) => query))];
  const parts = queries.map((query) => {
    const targets = named.filter((task) => task.query === query).map(({ target }) => target);
    const links = targets.map((target) => html`<a href="./task${taskSearch(query, target)}">${target}</a>`);
    return html`<b>${query}</b> on ${list(links, ', ')}`;
  });
  const more = tasks.length - named.length;
  const state = tasks[0]?.state ?? null;
  const rest =
    more > 0
      ? html` and <a href="${toSearch({ ...request, state, page: 1 })}" data-live>${formatCount(more)} more</a>`
      : NOTHING;
  return html`${list(parts, '; ')}${rest}`;
}

function list(parts: readonly Html[], separator: string): readonly Html[] {
  return parts.map((part, index) => (index === 0 ? part : html`${separator}${part}`));
}
