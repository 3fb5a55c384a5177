import { durationsOf } from '../../model/recent-runs.ts';
import type { TaskStatus } from '../../model/status.ts';
import type { Rejection } from '../../model/update.ts';
import { taskSearch } from '../read-selection.ts';
import { durationPlot } from './duration-plot.ts';
import { formatCount, formatLoad, formatMeasured, formatSpan, formatTime } from './format.ts';
import { type Html, html, NOTHING } from './html.ts';
import { countAll, nameOf, type SortKey, toSearch, type View } from './view.ts';

export interface TaskTableContext {
  readonly nowMs: number;
  /** Relative, so that the page also works below a path of a proxy. */
  readonly metricsAddress: string;
  /** Whether the reader may see what servers said. */
  readonly trusted: boolean;
  /** Whether several exporters poll, and it matters which one does. */
  readonly hasOwners: boolean;
}

interface Column {
  readonly key: SortKey;
  readonly title: string;
  readonly kind: 'word' | 'number';
}

const ALL_COLUMNS: readonly Column[] = [
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

function columnsFor({ hasOwners }: TaskTableContext): readonly Column[] {
  return hasOwners ? ALL_COLUMNS : ALL_COLUMNS.filter(({ key }) => key !== 'owner');
}

const UNKNOWN = html`<span class="unknown" title="not known yet">–</span>`;

/**
 * The roles repeat what the elements mean, because browsers forget it where the style sheet shows a row as a card. The
 * keys let the script on the page find an element of the last rendering again.
 */
export function taskTable(view: View, context: TaskTableContext): Html {
  return html`<table role="table">
<caption class="hidden">Tasks, each one query on one target. The titles of the columns sort them.</caption>
<thead role="rowgroup"><tr role="row">${columnsFor(context).map((column) => heading(column, view))}</tr></thead>
<tbody role="rowgroup">${view.tasks.map((task) => rows(task, context))}</tbody>
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

function rows(task: TaskStatus, context: TaskTableContext): Html {
  const note = noteOf(task, context);
  return html`
<tr role="row" class="task is-${task.state}" data-key="${task.key}">
${cell('state', 'word', html`<span class="state is-${task.state}">${nameOf(task.state)}</span>`)}
<th role="rowheader" scope="row" class="word of-query"><a href="${context.metricsAddress}${taskSearch(task.query, task.target)}" title="The samples of this task">${task.query}</a>${aside(task.collector)}</th>
${cell('target', 'word', html`${task.target}${aside(task.groups.join(', '))}`)}
${context.hasOwners ? cell('owner', 'word', task.owner === null ? UNKNOWN : html`${task.owner}`) : NOTHING}
${cell('schedule', 'word', html`${task.schedule}`)}
${cell('age', 'number', age(task.lastSuccessAtMs, context.nowMs))}
${cell('next', 'number', next(task, context.nowMs))}
${cell('duration', 'number', html`${durationPlot(durationsOf(task.recentRuns))}${task.lastDurationMs === null ? UNKNOWN : formatMeasured(task.lastDurationMs)}`)}
${cell('load', 'number', task.load === null ? UNKNOWN : html`${formatLoad(task.load)}`)}
${cell('rows', 'number', task.rows === null ? UNKNOWN : html`${formatCount(task.rows)}`)}
${cell('series', 'number', html`${formatCount(task.series)}`)}
${cell('rejected', 'number', rejected(task))}
</tr>${note.length === 0 ? NOTHING : html`<tr role="row" class="note is-${task.state}" data-key="${task.key} note"><td role="cell" colspan="${columnsFor(context).length}">${note}</td></tr>`}`;
}

function cell(key: SortKey, kind: Column['kind'], content: Html): Html {
  const title = ALL_COLUMNS.find((column) => column.key === key)?.title ?? '';
  return html`<td role="cell" class="${kind} of-${key}" data-title="${title}">${content}</td>`;
}

function aside(text: string | null): Html {
  return text === null || text === '' ? NOTHING : html`<small>${text}</small>`;
}

function age(atMs: number | null, nowMs: number): Html {
  if (atMs === null) return html`<span class="unknown">never</span>`;
  return html`<time datetime="${new Date(atMs).toISOString()}" title="${formatTime(atMs)}">${formatSpan(nowMs - atMs)}</time>`;
}

function next(task: TaskStatus, nowMs: number): Html {
  if (task.runningSinceMs !== null)
    return html`<span class="busy">running ${formatSpan(nowMs - task.runningSinceMs)}</span>`;
  if (task.nextAtMs === null) return html`<span class="unknown">never</span>`;
  const until = task.nextAtMs > nowMs ? `in ${formatSpan(task.nextAtMs - nowMs)}` : 'now';
  return html`<time datetime="${new Date(task.nextAtMs).toISOString()}" title="${formatTime(task.nextAtMs)}">${until}</time>`;
}

function rejected(task: TaskStatus): Html {
  const count = countAll(task.rejected);
  if (count === 0) return html`<span class="zero">0</span>`;
  return html`<span title="${listCounts(task.rejected)}">${formatCount(count)}</span>`;
}

/** What does not fit in a cell: why it is not well, the last failure, and how often it went wrong. */
function noteOf(task: TaskStatus, context: TaskTableContext): readonly Html[] {
  const history = historyOf(task);
  const rest = history === '' ? [] : [html`<p class="history">${history}</p>`];
  const before = [
    ...standingNotes(task, context.nowMs),
    ...task.rejections.map((one) => rejection(one, context.trusted)),
  ];
  const failure = task.lastFailure;
  if (failure === null) return [...before, ...rest];

  const when = html`<time datetime="${new Date(failure.atMs).toISOString()}" title="${formatTime(failure.atMs)}">${formatSpan(context.nowMs - failure.atMs)} ago</time>`;
  const codes = [
    failure.errno === null ? '' : `error ${failure.errno}`,
    failure.sqlState === null ? '' : `SQLSTATE ${failure.sqlState}`,
  ];
  const details = html`<span class="reason">${failure.reason}</span> ${codes.filter(Boolean).join(', ')}`;
  const message = context.trusted
    ? html`<pre class="message">${failure.message}</pre>`
    : html`<p class="history">What the server said is shown with basic authentication.</p>`;
  // Of a task that is well again it is history, one click away.
  return isWell(task)
    ? [
        ...before,
        html`<details data-key="failure"><summary>Last failure ${when}: ${details}</summary>${message}${rest}</details>`,
      ]
    : [...before, html`<p class="failure">${details} <span class="when">${when}</span></p>${message}`, ...rest];
}

function isWell({ state }: TaskStatus): boolean {
  return state === 'fresh' || state === 'rejecting' || state === 'not_applicable';
}

function standingNotes({ state, missed, failingSinceMs, notApplicable }: TaskStatus, nowMs: number): readonly Html[] {
  if (notApplicable !== null) return [html`<p class="history">${notApplicable}</p>`];
  if (failingSinceMs === null) return [];
  const span = formatSpan(nowMs - failingSinceMs);
  if (state === 'target_down') return [html`<p class="failure">waits for its target, for ${span}</p>`];
  if (missed === 'backoff') return [html`<p class="failure">its target did not answer when the last run was due</p>`];
  return [html`<p class="failure">not up for ${span}</p>`];
}

/** The first offender is a cell of the database. */
function rejection({ reason, count, family, column, example, hint }: Rejection, trusted: boolean): Html {
  const first = trusted ? `, the first is ${JSON.stringify(example)}` : '';
  const advice = hint !== '' ? `; ${hint}` : '';
  return html`<p class="history">${family}: ${formatCount(count)} of column ${JSON.stringify(column)} rejected (${reason})${first}${advice}</p>`;
}

function historyOf(task: TaskStatus): string {
  const failed = countAll(task.failures);
  const skipped = countAll(task.skips);
  const parts: string[] = [];
  if (failed > 0) {
    parts.push(
      `${formatCount(failed)} of ${formatCount(task.refreshes)} refreshes failed (${listCounts(task.failures)})`,
    );
  }
  if (skipped > 0) parts.push(`${formatCount(skipped)} skipped (${listCounts(task.skips)})`);
  if (countAll(task.rejected) > 0) parts.push(`samples rejected: ${listCounts(task.rejected)}`);
  return parts.join(' · ');
}

function listCounts(counts: Readonly<Partial<Record<string, number>>>): string {
  return Object.entries(counts)
    .map(([reason, count]) => `${reason} ${formatCount(count ?? 0)}`)
    .join(', ');
}
