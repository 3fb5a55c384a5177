import type { PollerStatus, ReloadStatus, Status, TaskState } from '../../model/status.ts';
import { formatBytes, formatCount, formatMeasured, formatSpan } from './format.ts';
import { type Html, html, NOTHING } from './html.ts';
import { moment } from './times.ts';
import { countAll, nameOf, STATES, type StateCounts, toSearch, type View } from './view.ts';

/** How many tasks are in each state, as one bar; in words it is said by the links below it. */
export function stateBar(counts: StateCounts): Html {
  const total = countAll(counts);
  if (total === 0) return NOTHING;
  let x = 0;
  const segments = STATES.filter((state) => counts[state] > 0).map((state) => {
    const width = (counts[state] / total) * 1000;
    x += width;
    return html`<rect class="is-${state}" x="${(x - width).toFixed(1)}" width="${Math.max(2, width).toFixed(1)}" height="6"/>`;
  });
  return html`<svg class="bar" viewBox="0 0 1000 6" preserveAspectRatio="none" aria-hidden="true">${segments}</svg>`;
}

/** Links that narrow the list to one of the states that there are, each with its number. */
export function stateFilter({ counts, request }: View): Html {
  const link = (state: TaskState | null, name: string, count: number) =>
    html`<li><a href="${toSearch({ ...request, state, page: 1 })}" data-live data-key="state-${name}" class="${state === null ? 'all' : `is-${state}`}"${request.state === state ? html` aria-current="true"` : NOTHING}>${name} <b>${formatCount(count)}</b></a></li>`;
  const shown = STATES.filter((state) => counts[state] > 0 || state === request.state);
  return html`<ul class="states" aria-label="Show tasks by state">${link(null, 'all', countAll(counts))}${shown.map((state) => link(state, nameOf(state), counts[state]))}</ul>`;
}

/** How the exporter itself is. */
export function facts(status: Status): Html {
  const { exposition, process, poller, reload, nowMs, startedAtMs } = status;
  const up = status.targets.filter((target) => target.health.standing === 'up').length;
  const upMs = nowMs - startedAtMs;
  const load = upMs > 0 ? ((process.cpuSeconds * 1000) / upMs) * 100 : 0;
  const { residentBytes } = process;
  return html`<section aria-labelledby="exporter" data-key="exporter">
<h2 id="exporter">The exporter</h2>
<dl class="facts">
${fact('Targets', `${formatCount(up)} of ${formatCount(status.targets.length)} up`)}
${fact('Series', formatCount(exposition.series), html`${formatBytes(exposition.bytes)} a scrape, ${formatBytes(exposition.gzipBytes)} compressed`)}
${fact('Schedule', describePace(poller), describeRestarts(poller))}
${fact('Memory', residentBytes === null ? 'not known' : formatBytes(residentBytes))}
${fact('CPU', `${load.toFixed(1)} %`, html`${formatSpan(process.cpuSeconds * 1000)} in all`)}
${fact('Running for', formatSpan(upMs), html`since ${moment(startedAtMs)}`)}
${fact('Configuration', `read ${formatSpan(nowMs - reload.lastSuccessAtMs)} ago`, moment(reload.lastSuccessAtMs))}
</dl>
</section>`;
}

/** Less is the ordinary delay of a busy host. */
const LATE_MS = 100;

function describePace({ state, lagMs }: PollerStatus): string {
  if (state !== 'running') return state;
  return lagMs === null || lagMs < LATE_MS ? 'on time' : `up to ${formatMeasured(lagMs)} late`;
}

function describeRestarts({ restarts }: PollerStatus): Html {
  if (restarts === 0) return NOTHING;
  return html`restarted ${restarts === 1 ? 'once' : `${formatCount(restarts)} times`} after a crash, see the log`;
}

function fact(name: string, value: string, more: Html = NOTHING): Html {
  return html`<div><dt>${name}</dt><dd>${value}${more === NOTHING ? NOTHING : html`<small>${more}</small>`}</dd></div>`;
}

export function reloadProblems(reload: ReloadStatus, nowMs: number, trusted: boolean): Html {
  if (reload.successful) return NOTHING;
  return html`<section class="refused is-failing" data-key="refused">
<h2>The configuration was refused ${formatSpan(nowMs - reload.lastAtMs)} ago; the one before it stays in force</h2>
${trusted ? html`<ul>${reload.problems.map((problem) => html`<li><pre>${problem}</pre></li>`)}</ul>` : html`<p>The log has the reasons.</p>`}
</section>`;
}
