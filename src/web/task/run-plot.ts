import { formatDuration } from '../../language/duration.ts';
import type { Run } from '../../model/recent-runs.ts';
import { formatCount, formatMeasured } from '../status/format.ts';
import { type Html, html, NOTHING } from '../status/html.ts';

const BARS = 20;
const STEP = 30;
const BAR_WIDTH = 20;
const WIDTH = BARS * STEP;
const HEIGHT = 96;

/** Durations and rows as bars, the newest run at the right. The table of the runs says the same in words. */
export function runPlots(runs: readonly Run[], timeoutMs: number): Html {
  if (runs.length === 0) return NOTHING;
  const slowest = largest(runs.map(({ durationMs }) => durationMs));
  const most = largest(runs.map(({ rows }) => rows ?? 0));
  const failed = runs.filter(({ failure }) => failure !== null).length;
  const outcome = failed === 0 ? 'all succeeded' : `${failed} of ${runs.length} failed`;
  const durations = `Duration, at most ${formatMeasured(slowest)}; timeout ${formatDuration(timeoutMs)}`;
  const rows = `Rows, at most ${formatCount(most)}`;
  return html`<div class="plots">
${plot(durations, `${durations}; ${outcome}`, runs, ({ durationMs }) => durationMs / (slowest || 1))}
${plot(rows, rows, runs, (run) => (run.rows === null ? null : run.rows / (most || 1)))}
</div>`;
}

function largest(numbers: readonly number[]): number {
  return numbers.reduce((most, number) => Math.max(most, number), 0);
}

/** `partOf`: how high the bar is, from 0 to 1; null: there is none, and where the run failed a cross stands for it. */
function plot(caption: string, label: string, runs: readonly Run[], partOf: (run: Run) => number | null): Html {
  const bars = runs.map((run, index) => {
    const x = (BARS - runs.length + index) * STEP + (STEP - BAR_WIDTH) / 2;
    return html`<g class="${run.failure === null ? 'is-fresh' : 'is-failing'}"><title>${titleOf(run)}</title>${bar(partOf(run), x)}${run.failure === null ? NOTHING : cross(partOf(run), x + BAR_WIDTH / 2)}</g>`;
  });
  return html`<figure><figcaption>${caption}</figcaption><svg class="runs" viewBox="0 0 ${WIDTH} ${HEIGHT + CROSS_ROOM}" role="img" aria-label="${label}"><path class="ground" d="M0 ${HEIGHT + CROSS_ROOM}H${WIDTH}"/>${bars}</svg></figure>`;
}

/** Above the highest bar. */
const CROSS_ROOM = 16;

function bar(part: number | null, x: number): Html {
  if (part === null) return NOTHING;
  // One of no height could not be seen.
  const height = Math.max(2, Math.round(part * HEIGHT));
  return html`<rect x="${x}" y="${HEIGHT + CROSS_ROOM - height}" width="${BAR_WIDTH}" height="${height}"/>`;
}

/** So that colour is not all that tells a failure. */
function cross(part: number | null, x: number): Html {
  const y = HEIGHT + CROSS_ROOM - Math.round((part ?? 0) * HEIGHT) - 9;
  return html`<path class="cross" d="M${x - 4} ${y - 4}l8 8m0-8l-8 8"/>`;
}

function titleOf({ durationMs, rows, failure }: Run): string {
  return `${failure ?? `${formatCount(rows ?? 0)} ${rows === 1 ? 'row' : 'rows'}`} in ${formatMeasured(durationMs)}`;
}
