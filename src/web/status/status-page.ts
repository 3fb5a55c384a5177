import type { Status } from '../../model/status.ts';
import { fleetMembers } from './fleet-members.ts';
import { formatCount, formatTime } from './format.ts';
import { headlineOf } from './headline.ts';
import { type Html, html, NOTHING } from './html.ts';
import { facts, reloadProblems, stateBar, stateFilter } from './summary.ts';
import { targetList } from './target-list.ts';
import { taskTable } from './task-rows.ts';
import { countStates, SORTS, TASKS_PER_PAGE, toSearch, type View, type ViewRequest, viewOf } from './view.ts';

export interface StatusPageContext {
  /** All addresses are relative, so that the page also works below a path of a proxy. */
  readonly metricsAddress: string;
  readonly styleAddress: string;
  readonly scriptAddress: string;
  readonly iconAddress: string;
  /** Whether the reader may see what servers said, and the configuration. */
  readonly trusted: boolean;
}

/** The whole page as markup. It works without the script, which keeps it up to date in place. */
export function renderStatusPage(status: Status, request: ViewRequest, context: StatusPageContext): string {
  const view = viewOf(status, request);
  const counts = countStates(status.tasks);
  const { what, when } = headlineOf(status);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${what} · query-exporter</title>
<link rel="icon" href="${context.iconAddress}">
<link rel="stylesheet" href="${context.styleAddress}">
<script type="module" src="${context.scriptAddress}"></script>
</head>
<body>
<a class="skip" href="#tasks">Skip to the tasks</a>
<header>
<h1>query-exporter <small>${status.version}</small></h1>
<p id="live" role="status" hidden></p>
<nav aria-label="Other views"><a href="${context.metricsAddress}">Metrics</a><a href="./api/v1/status">JSON</a>${context.trusted ? html`<a href="./config">Configuration</a>` : NOTHING}</nav>
</header>
<main>
<p class="headline" role="status">${what}</p>
${when === '' ? NOTHING : html`<p class="since" data-key="since">${when}</p>`}
${stateBar(counts)}
${reloadProblems(status.reload, status.nowMs, context.trusted)}
${facts(status)}
${fleetMembers(status.fleet, status.nowMs)}
${targetList(status.targets, status.nowMs, context.trusted)}
<section aria-labelledby="tasks" data-key="tasks">
<h2 id="tasks" tabindex="-1">Tasks</h2>
${stateFilter(view)}
${filterForm(view, status.fleet !== null)}
${view.tasks.length === 0 ? html`<p class="empty" data-key="empty">${status.tasks.length === 0 ? 'There is nothing to refresh.' : 'No task fits this filter.'}</p>` : taskTable(view, { nowMs: status.nowMs, hasOwners: status.fleet !== null, ...context })}
${pager(view)}
</section>
</main>
<footer>As of <time datetime="${new Date(status.nowMs).toISOString()}">${formatTime(status.nowMs)}</time></footer>
</body>
</html>
`;
  return page.toString();
}

function filterForm({ request, selected }: View, hasOwners: boolean): Html {
  const keys = Object.keys(SORTS).filter((key) => key !== 'owner' || hasOwners);
  const options = keys.flatMap((key) => [key, `-${key}`]);
  const current = `${request.descending ? '-' : ''}${request.sort}`;
  return html`<form class="filter" method="get" action="./" role="search">
<label>Filter <input type="search" name="q" value="${request.text}" placeholder="query, target, group or collector" autocomplete="off" spellcheck="false"></label>
${request.state === null ? NOTHING : html`<input type="hidden" name="state" value="${request.state}">`}
<label class="sort">Sort by <select name="sort">${options.map((key) => html`<option value="${key}"${key === current ? html` selected` : NOTHING}>${key.startsWith('-') ? `${key.slice(1)}, falling` : key}</option>`)}</select></label>
<button>Show</button>
<output>${formatCount(selected)} ${selected === 1 ? 'task' : 'tasks'}</output>
</form>`;
}

function pager({ request, first, selected, pages }: View): Html {
  if (pages === 1) return NOTHING;
  const link = (page: number, text: string, rel: string) =>
    page < 1 || page > pages
      ? html`<span class="off">${text}</span>`
      : html`<a href="${toSearch({ ...request, page })}" rel="${rel}" data-live data-key="${rel}">${text}</a>`;
  const last = Math.min(first + TASKS_PER_PAGE, selected);
  return html`<nav class="pager" aria-label="Pages of tasks">${link(request.page - 1, 'Previous', 'prev')} <span>${formatCount(first + 1)}–${formatCount(last)} of ${formatCount(selected)}</span> ${link(request.page + 1, 'Next', 'next')}</nav>`;
}
