import type { Run } from '../../model/recent-runs.ts';
import { formatCount, formatMeasured } from '../status/format.ts';
import { type Html, html, NOTHING } from '../status/html.ts';
import { moment, spanSince } from '../status/times.ts';

/** The newest first. */
export function runTable(runs: readonly Run[], nowMs: number): Html {
  if (runs.length === 0) return NOTHING;
  return html`<section aria-labelledby="table" data-key="table">
<h2 id="table">The last runs as a table</h2>
<table class="runs">
<thead><tr><th scope="col">Ended</th><th scope="col">Outcome</th><th scope="col" class="number">Took</th><th scope="col" class="number">Rows</th></tr></thead>
<tbody>${runs.toReversed().map((run) => row(run, nowMs))}</tbody>
</table>
</section>`;
}

function row({ finishedAtMs, durationMs, rows, failure }: Run, nowMs: number): Html {
  const outcome =
    failure === null
      ? html`<span class="state is-fresh">succeeded</span>`
      : html`<span class="state is-failing">${failure}</span>`;
  return html`<tr data-key="${finishedAtMs}"><td><span class="at">${moment(finishedAtMs)}</span> <small>${spanSince(finishedAtMs, nowMs)} ago</small></td><td>${outcome}</td><td class="number">${formatMeasured(durationMs)}</td><td class="number">${rows === null ? html`<span class="unknown">–</span>` : formatCount(rows)}</td></tr>`;
}
