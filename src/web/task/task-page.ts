import { formatDuration } from '../../language/duration.ts';
import { runsOf } from '../../model/recent-runs.ts';
import type { MetricDetail, TaskDetail } from '../../model/task-detail.ts';
import { formatCount, formatLoad } from '../status/format.ts';
import { type Html, html, NOTHING } from '../status/html.ts';
import { type PageContext, renderPage } from '../status/page-shell.ts';
import { listCounts, next, took } from '../status/task-rows.ts';
import { moment, spanSince, until } from '../status/times.ts';
import { saying } from '../status/trouble-list.ts';
import { describeCodes, describeRejection, whatIsWrong, withoutNames } from '../status/troubles.ts';
import { countAll, nameOf } from '../status/view.ts';
import { taskSearch } from '../task-request.ts';
import { runPlots } from './run-plot.ts';
import { runTable } from './run-table.ts';

export interface TaskPageContext extends PageContext {
  /** Whether this reader may have the task run now. */
  readonly mayRun: boolean;
}

export function renderTaskPage(detail: TaskDetail, context: TaskPageContext): string {
  const { nowMs, status, query, metrics } = detail;
  const { trusted, mayRun, root, telemetryPath } = context;
  const search = taskSearch(status.query, status.target);
  const name = `${status.query} on ${status.target}`;
  const runs = runsOf(status.recentRuns);
  const main = html`<p class="back"><a href="./">All tasks</a></p>
<h1 class="headline">${name}</h1>
<div class="standing"><p role="status"><span class="state is-${status.state}">${nameOf(status.state)}</span></p>${since(detail)}${mayRun ? runForm(search, status.runningSinceMs !== null) : NOTHING}</div>
${query.description === null ? NOTHING : html`<p class="described">${query.description}</p>`}
${troubles(detail, trusted)}
${facts(detail)}
<section aria-labelledby="runs" data-key="runs">
<h2 id="runs">The last runs</h2>
${runs.length === 0 ? html`<p class="empty">It has not run yet.</p>` : NOTHING}${runPlots(runs, query.timeoutMs)}
${history(detail)}
</section>
<div class="columns">
<div>
<section aria-labelledby="sql" data-key="sql">
<h2 id="sql">SQL</h2>
${trusted ? html`<pre class="code">${query.sql.trim()}</pre>` : html`<p class="history">It is shown to trusted readers, such as those with basic authentication.</p>`}
${query.needs === null ? NOTHING : html`<p class="history">Its user needs: ${query.needs}</p>`}
</section>
<section aria-labelledby="metrics" data-key="metrics">
<h2 id="metrics">Metrics</h2>
${metrics.map(metric)}
${allSamples(metrics, `${root}${telemetryPath}${search}`)}
</section>
</div>
${runTable(runs, nowMs)}
</div>`;
  return renderPage(
    { title: `${name}: ${nameOf(status.state)}`, nowMs, jsonPath: `/api/v1/task${search}`, main },
    context,
  );
}

function since({ status: { failingSinceMs }, nowMs }: TaskDetail): Html {
  if (failingSinceMs === null) return NOTHING;
  return html`<p class="when" data-key="since">for ${spanSince(failingSinceMs, nowMs)}, since ${moment(failingSinceMs)}</p>`;
}

/** A form without fields: where it leads says all. */
function runForm(search: string, isRunning: boolean): Html {
  return html`<form method="post" action="./-/run${search}" data-key="run"><button${isRunning ? html` disabled` : NOTHING}>Run now</button></form>`;
}

/** What is wrong now, or else what was the last time. */
function troubles({ status, target, nowMs }: TaskDetail, trusted: boolean): Html {
  const { state, notApplicable, lastFailure, rejections } = status;
  if (notApplicable !== null) return html`<p class="described" data-key="not">${notApplicable}</p>`;
  const { downSinceMs, nextTryAtMs, lastFailure: noAnswer } = target.health;
  if (state === 'target_down' && downSinceMs !== null) {
    const said = { text: null, failure: noAnswer, message: trusted ? (noAnswer?.message ?? null) : null };
    return html`<section class="refused is-failing" data-key="wrong"><h2>Its target has not answered for ${spanSince(downSinceMs, nowMs)}</h2>${noAnswer === null ? NOTHING : saying(said, trusted)}${nextTryAtMs === null ? NOTHING : html`<p class="history">The next try is ${until(nextTryAtMs, nowMs)}; this task runs when it answers.</p>`}</section>`;
  }
  const wrong = whatIsWrong(status, trusted);
  if (wrong !== null)
    return html`<section class="refused is-${state}" data-key="wrong"><h2>What is wrong</h2>${saying(wrong, trusted)}</section>`;
  const rejected = rejections.map((one) => html`<p class="history">${describeRejection(one, trusted)}</p>`);
  if (lastFailure === null) return html`${rejected}`;
  const text = trusted ? html`<pre class="message">${withoutNames(status, lastFailure)}</pre>` : NOTHING;
  return html`${rejected}<details data-key="failure"><summary>Last failure ${spanSince(lastFailure.atMs, nowMs)} ago: <span class="reason">${lastFailure.reason}</span> ${describeCodes(lastFailure)}</summary>${text}</details>`;
}

function facts({ status, query, target, nowMs }: TaskDetail): Html {
  const { lastSuccessAtMs, nextAtMs } = status;
  return html`<dl class="facts">
${fact('Schedule', html`${status.schedule}`, status.collector === null ? NOTHING : html`collector ${status.collector}`)}
${fact('Next run', next(status, nowMs), nextAtMs === null ? NOTHING : moment(nextAtMs))}
${fact('Last success', lastSuccessAtMs === null ? html`never` : html`${spanSince(lastSuccessAtMs, nowMs)} ago`, lastSuccessAtMs === null ? NOTHING : moment(lastSuccessAtMs))}
${fact('Took', took(status))}
${fact('Load', html`${status.load === null ? '–' : formatLoad(status.load)}`, html`part of the time it runs`)}
${fact('Rows', html`${status.rows === null ? '–' : formatCount(status.rows)}`)}
${fact('Series', html`${formatCount(status.series)}`, query.maxAgeMs === null ? html`for any time` : html`for ${formatDuration(query.maxAgeMs)} at most`)}
${fact('Target', html`${status.target}`, html`${target.engine} ${target.address}`)}
</dl>`;
}

function fact(name: string, value: Html, more: Html = NOTHING): Html {
  return html`<div><dt>${name}</dt><dd>${value}${more === NOTHING ? NOTHING : html`<small>${more}</small>`}</dd></div>`;
}

const SKIPS = {
  overlap: 'the run before went on',
  backoff: 'the target was down',
  suspended: 'suspended',
  not_applicable: 'not applicable',
  guarded: 'its statement may still have run',
} as const;

function history({ status }: TaskDetail): Html {
  const { refreshes, failures, skips, rejected } = status;
  const failed = countAll(failures);
  const named = Object.fromEntries(
    Object.entries(skips).map(([reason, n]) => [SKIPS[reason as keyof typeof SKIPS], n]),
  );
  const parts = [
    failed === 0 ? '' : `${formatCount(failed)} of ${formatCount(refreshes)} runs failed (${listCounts(failures)})`,
    countAll(skips) === 0 ? '' : `runs not made: ${listCounts(named)}`,
    countAll(rejected) === 0 ? '' : `samples rejected: ${listCounts(rejected)}`,
  ];
  return html`<p class="history">${parts.filter(Boolean).join(' · ')}</p>`;
}

function metric({ name, type, help, series, lines }: MetricDetail): Html {
  const count = `${formatCount(series)} ${series === 1 ? 'sample' : 'samples'}`;
  return html`<h3><code>${name}</code> <small>${type}, ${count}</small></h3><p class="history">${help}</p>
${lines.length === 0 ? NOTHING : html`<pre class="code">${lines.join('\n')}</pre>`}`;
}

function allSamples(metrics: readonly MetricDetail[], address: string): Html {
  const shown = metrics.reduce((sum, { lines }) => sum + lines.length, 0);
  const isAll = metrics.every(({ series, lines }) => lines.length >= series);
  return html`<p class="more"><a href="${address}">${isAll ? 'On the metrics page' : `The first ${formatCount(shown)} are shown; all are on the metrics page`}</a></p>`;
}
