import { formatDuration } from '../../language/duration.ts';
import { durationsOf } from '../../model/recent-runs.ts';
import type { TaskStatus } from '../../model/status.ts';
import { taskSearch } from '../task-request.ts';
import { durationPlot } from './duration-plot.ts';
import { formatCount, formatLoad, formatMeasured, formatSpan } from './format.ts';
import { type Html, html, NOTHING } from './html.ts';
import { spanSince, until } from './times.ts';
import { countAll, nameOf, type SortKey, toSearch, type View } from './view.ts';

interface Column {
  readonly key: SortKey;
  readonly title: string;
  readonly kind: 'word' | 'number';
}

const COLUMNS: readonly Column[] = [
  { key: 'state', title: 'State', kind: 'word' },
  { key: 'query', title: 'Query', kind: 'word' },
  { key: 'target', title: 'Target', kind: 'word' },
  { key: 'owner', title: 'Owner', kind: 'word' },
  { key: 'schedule', title: 'Schedule', kind: 'word' },
  { key: 'age', title: 'Age', kind: 'number' },
  { key: 'next', title: 'Next', kind: 'number' },
  { key: 'duration', title: 'Took', kind: 'number' },
  { key: 'load', title: 'Load', kind: 'number' },
  { key: 'rows', title: 'Rows', kind: 'number' },
  { key: 'series', title: 'Series', kind: 'number' },
  { key: 'rejected', title: 'Rejected', kind: 'number' },
];

const UNKNOWN = html`<span class="unknown" title="not known yet">–</span>`;

/** From this part of its timeout on, the next run of a task may well be stopped by it. */
const NEAR_TIMEOUT = 0.8;

/**
 * With the owner of each where several exporters poll. The roles repeat what the elements mean, because browsers forget it where the style sheet shows a row as a card. The
 * keys let the script on the page find an element of the last rendering again.
 */
export function taskTable(view: View, nowMs: number, hasOwners: boolean): Html {
  const columns = COLUMNS.filter(({ key }) => key !== 'owner' || hasOwners);
  return html`<table role="table" class="tasks">
<caption class="hidden">Tasks, each one query on one target. The titles of the columns sort them.</caption>
<thead role="rowgroup"><tr role="row">${columns.map((column) => heading(column, view))}</tr></thead>
<tbody role="rowgroup">${view.tasks.map((task) => row(task, nowMs, hasOwners))}</tbody>
</table>`;
}

function heading({ key, title, kind }: Column, { request }: View): Html {
  const current = request.sort === key;
  // The largest number is what one looks for, the first name, and what runs next.
  const descending = current ? !request.descending : kind === 'number' && key !== 'next';
  const sorted = request.descending ? 'descending' : 'ascending';
  const address = toSearch({ ...request, sort: key, descending, page: 1 });
  return html`<th role="columnheader" scope="col" class="${kind} of-${key}" aria-sort="${current ? sorted : 'none'}"><a href="${address}" data-live data-key="sort-${key}">${title}</a></th>`;
}

function row(task: TaskStatus, nowMs: number, hasOwners: boolean): Html {
  return html`
<tr role="row" class="task is-${task.state}" data-key="${task.key}">
${cell('state', 'word', stateOf(task, nowMs))}
<th role="rowheader" scope="row" class="word of-query"><a href="./task${taskSearch(task.query, task.target)}">${task.query}</a>${aside(task.collector)}</th>
${cell('target', 'word', html`${task.target}${aside(task.groups.join(', '))}`)}
${hasOwners ? cell('owner', 'word', task.owner === null ? UNKNOWN : html`${task.owner}`) : NOTHING}
${cell('schedule', 'word', html`${task.schedule}`)}
${cell('age', 'number', task.lastSuccessAtMs === null ? html`<span class="unknown">never</span>` : spanSince(task.lastSuccessAtMs, nowMs))}
${cell('next', 'number', next(task, nowMs))}
${cell('duration', 'number', html`${durationPlot(durationsOf(task.recentRuns))}<span>${took(task)}</span>`)}
${cell('load', 'number', task.load === null ? UNKNOWN : html`${formatLoad(task.load)}`)}
${cell('rows', 'number', task.rows === null ? UNKNOWN : html`${formatCount(task.rows)}`)}
${cell('series', 'number', html`${formatCount(task.series)}`)}
${cell('rejected', 'number', rejected(task))}
</tr>`;
}

/** With the reason in a word and how long it has been so; the list of troubles and the task's own page say it in full. */
function stateOf({ state, failingSinceMs, lastFailure, missed, notApplicable }: TaskStatus, nowMs: number): Html {
  const name = html`<span class="state is-${state}"${notApplicable === null ? NOTHING : html` title="${notApplicable}"`}>${nameOf(state)}</span>`;
  if (failingSinceMs === null) return name;
  const why = state === 'failing' && missed === null && lastFailure !== null ? html`${lastFailure.reason}, ` : NOTHING;
  return html`${name}<small>${why}${spanSince(failingSinceMs, nowMs)}</small>`;
}

/** How long the last run took, and how long it may take. */
export function took({ lastDurationMs, timeoutMs }: TaskStatus): Html {
  if (lastDurationMs === null) return UNKNOWN;
  const isNear = lastDurationMs >= NEAR_TIMEOUT * timeoutMs;
  return html`<span${isNear ? html` class="near"` : NOTHING}>${formatMeasured(lastDurationMs)}</span><small>of ${formatDuration(timeoutMs)}</small>`;
}

function cell(key: SortKey, kind: Column['kind'], content: Html): Html {
  const title = COLUMNS.find((column) => column.key === key)?.title ?? '';
  return html`<td role="cell" class="${kind} of-${key}" data-title="${title}">${content}</td>`;
}

function aside(text: string | null): Html {
  return text === null || text === '' ? NOTHING : html`<small>${text}</small>`;
}

/** When it runs next, or how long it has been running. */
export function next({ runningSinceMs, nextAtMs }: TaskStatus, nowMs: number): Html {
  if (runningSinceMs !== null) return html`<span class="busy">running ${formatSpan(nowMs - runningSinceMs)}</span>`;
  return nextAtMs === null ? html`<span class="unknown">never</span>` : until(nextAtMs, nowMs);
}

function rejected(task: TaskStatus): Html {
  const count = countAll(task.rejected);
  if (count === 0) return html`<span class="zero">0</span>`;
  return html`<span title="${listCounts(task.rejected)}">${formatCount(count)}</span>`;
}

export function listCounts(counts: Readonly<Partial<Record<string, number>>>): string {
  return Object.entries(counts)
    .map(([reason, count]) => `${reason} ${formatCount(count ?? 0)}`)
    .join(', ');
}
