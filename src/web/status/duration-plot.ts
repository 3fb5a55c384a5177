import { formatMeasured } from './format.ts';
import { type Html, html, NOTHING } from './html.ts';

const BARS = 20;
const STEP = 4;
const HEIGHT = 18;

/** The latest durations as bars, the newest at the right, the slowest as high as the plot. */
export function durationPlot(durationsMs: readonly number[]): Html {
  if (durationsMs.length < 2) return NOTHING;
  const latest = durationsMs.slice(-BARS);
  const slowest = Math.max(...latest);
  const label = `Last ${latest.length} refreshes: ${formatMeasured(Math.min(...latest))} to ${formatMeasured(slowest)}`;
  const bars = latest.map((ms, index) => {
    const x = (BARS - latest.length + index) * STEP + 1.5;
    // A bar of no height could not be seen.
    const height = Math.max(1, Math.round((ms / (slowest || 1)) * HEIGHT));
    return `M${x} ${HEIGHT}v-${height}`;
  });
  return html`<svg class="plot" viewBox="0 0 ${BARS * STEP - 1} ${HEIGHT}" role="img" aria-label="${label}"><title>${label}</title><path d="${bars.join('')}"/></svg>`;
}
