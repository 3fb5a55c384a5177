import type { PollerStatus, ProcessStatus, ReloadStatus, Status, TaskState } from '../../model/status.ts';
import { formatBytes, formatCount, formatMeasured, formatSpan } from './format.ts';
import { type Html, html, NOTHING } from './html.ts';
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

/** Links that narrow the list to one state, each with its number. */
export function stateFilter({ counts, request }: View): Html {
  const link = (state: TaskState | null, name: string, count: number) =>
    html`<li><a href="${toSearch({ ...request, state, page: 1 })}" data-live data-key="state-${name}" class="${state === null ? 'all' : `is-${state}`}${count === 0 ? ' none' : ''}"${request.state === state ? html` aria-current="true"` : NOTHING}>${name} <b>${formatCount(count)}</b></a></li>`;
  return html`<ul class="states" aria-label="Show tasks by state">${link(null, 'all', countAll(counts))}${STATES.map((state) => link(state, nameOf(state), counts[state]))}</ul>`;
}

export function facts(status: Status): Html {
  const { exposition, process, poller, nowMs } = status;
  const up = status.targets.filter((target) => target.health.standing === 'up').length;
  const upMs = nowMs - status.startedAtMs;
  const load = upMs > 0 ? ((process.cpuSeconds * 1000) / upMs) * 100 : 0;
  return html`<dl class="facts">
${fact('Targets', `${formatCount(up)} of ${formatCount(status.targets.length)} up`)}
${fact('Series', formatCount(exposition.series))}
${fact('Metrics page', formatBytes(exposition.bytes), `${formatBytes(exposition.gzipBytes)} compressed`)}
${fact('Poller', poller.state, describePoller(poller))}
${memory(process)}
${fact('CPU', `${load.toFixed(1)} %`, `${formatSpan(process.cpuSeconds * 1000)} in all`)}
${fact('Running for', formatSpan(upMs), `since ${new Date(status.startedAtMs).toISOString().slice(0, 10)}`)}
${fact('Configuration', `revision ${status.revision}`, `loaded ${formatSpan(nowMs - status.reload.lastSuccessAtMs)} ago`)}
</dl>`;
}

function describePoller({ restarts, lagMs }: PollerStatus): string {
  const times = `${formatCount(restarts)} ${restarts === 1 ? 'restart' : 'restarts'}`;
  const late = lagMs === null ? '' : `, late by ${formatMeasured(lagMs)}`;
  return `${restarts === 0 ? 'never restarted' : times}${late}`;
}

function memory({ residentBytes, heapBytes }: ProcessStatus): Html {
  if (residentBytes === null || heapBytes === null) return fact('Memory', 'not known');
  return fact('Memory', formatBytes(residentBytes), `${formatBytes(heapBytes)} heap`);
}

function fact(name: string, value: string, more = ''): Html {
  return html`<div><dt>${name}</dt><dd>${value}${more === '' ? NOTHING : html`<small>${more}</small>`}</dd></div>`;
}

export function reloadProblems(reload: ReloadStatus, nowMs: number, trusted: boolean): Html {
  if (reload.successful) return NOTHING;
  return html`<section class="refused" data-key="refused">
<h2>The configuration was refused ${formatSpan(nowMs - reload.lastAtMs)} ago; the one before it stays in force</h2>
${trusted ? html`<ul>${reload.problems.map((problem) => html`<li><pre>${problem}</pre></li>`)}</ul>` : html`<p>The log has the reasons.</p>`}
</section>`;
}
