import type { Status } from '../../model/status.ts';
import { fleetMembers } from './fleet-members.ts';
import { formatCount } from './format.ts';
import { headlineOf } from './headline.ts';
import { type Html, html, NOTHING } from './html.ts';
import { type PageContext, renderPage } from './page-shell.ts';
import { facts, reloadProblems, stateBar, stateFilter } from './summary.ts';
import { targetList } from './target-list.ts';
import { taskTable } from './task-rows.ts';
import { troubleList } from './trouble-list.ts';
import { troublesOf } from './troubles.ts';
import { countStates, SORTS, TASKS_PER_PAGE, toSearch, type View, type ViewRequest, viewOf } from './view.ts';

/** All tasks, with what is wrong first. */
export function renderStatusPage(status: Status, request: ViewRequest, context: PageContext): string {
  const view = viewOf(status, request);
  const { nowMs } = status;
  const hasOwners = status.fleet !== null;
  const { trusted } = context;
  const { what, when } = headlineOf(status);
  const targets = targetList(status.targets, nowMs, trusted);
  const troubles = troubleList(troublesOf(view.found, trusted), view.request, nowMs);
  // What fails comes first, and a target that is down is why others do.
  const isDown = status.targets.some(({ health }) => health.standing === 'down');
  const main = html`<h1 class="headline"><span role="status">${what}</span></h1>
${when === '' ? NOTHING : html`<p class="since" data-key="since">${when}</p>`}
${stateBar(countStates(status.tasks))}
${reloadProblems(status.reload, nowMs, trusted)}
${isDown ? [targets, troubles] : [troubles, targets]}
${fleetMembers(status.fleet, nowMs)}
<section aria-labelledby="tasks" data-key="tasks">
<h2 id="tasks" tabindex="-1">Tasks</h2>
${stateFilter(view)}
${filterForm(view, hasOwners)}
${view.tasks.length === 0 ? html`<p class="empty" data-key="empty">${status.tasks.length === 0 ? 'There is nothing to run.' : 'No task fits this filter.'}</p>` : taskTable(view, nowMs, hasOwners)}
${pager(view)}
</section>
${facts(status)}`;
  return renderPage(
    {
      title: what,
      version: status.version,
      nowMs,
      jsonPath: '/api/v1/status',
      skip: html`<a class="skip" href="#tasks">Skip to the tasks</a>`,
      main,
    },
    context,
  );
}

function filterForm({ request, found }: View, hasOwners: boolean): Html {
  const keys = Object.keys(SORTS).filter((key) => key !== 'owner' || hasOwners);
  const options = keys.flatMap((key) => [key, `-${key}`]);
  const current = `${request.descending ? '-' : ''}${request.sort}`;
  return html`<form class="filter" method="get" action="./" role="search">
<label>Filter <input type="search" name="q" value="${request.text}" placeholder="query, target, group or collector" autocomplete="off" spellcheck="false"></label>
${request.state === null ? NOTHING : html`<input type="hidden" name="state" value="${request.state}">`}
<label class="sort">Sort by <select name="sort">${options.map((key) => html`<option value="${key}"${key === current ? html` selected` : NOTHING}>${key.startsWith('-') ? `${key.slice(1)}, falling` : key}</option>`)}</select></label>
<button>Show</button>
<output>${formatCount(found.length)} ${found.length === 1 ? 'task' : 'tasks'}</output>
</form>`;
}

function pager({ request, first, found, pages }: View): Html {
  if (pages === 1) return NOTHING;
  const link = (page: number, text: string, rel: string) =>
    page < 1 || page > pages
      ? html`<span class="off">${text}</span>`
      : html`<a href="${toSearch({ ...request, page })}" rel="${rel}" data-live data-key="${rel}">${text}</a>`;
  const last = Math.min(first + TASKS_PER_PAGE, found.length);
  return html`<nav class="pager" aria-label="Pages of tasks">${link(request.page - 1, 'Previous', 'prev')} <span>${formatCount(first + 1)}–${formatCount(last)} of ${formatCount(found.length)}</span> ${link(request.page + 1, 'Next', 'next')}</nav>`;
}
