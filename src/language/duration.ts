const MS_PER_UNIT = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
type Unit = keyof typeof MS_PER_UNIT;
const UNITS: readonly Unit[] = ['d', 'h', 'm', 's', 'ms'];

/** Every text that {@link parseDuration} reads. */
export const DURATION_PATTERN = '^([0-9]+(\\.[0-9]+)?(ms|s|m|h|d))+$';

const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;
const GO_DURATION = /^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/;

/**
 * Reads `500ms`, `15s`, `1m30s`, `2h`, `1.5h` or `1d` as milliseconds, rounded to whole ones. Null for anything else: no
 * unit, a sign, spaces, capital letters.
 */
export function parseDuration(text: string): number | null {
  return DURATION.test(text) ? sumOf(text, MS_PER_UNIT) : null;
}

/** Reads a duration as Go writes it, in whole milliseconds: no days, but `1500us`, `.5s` and `0`. Null: not one. */
export function parseGoDuration(text: string): number | null {
  if (text === '0') return 0;
  return GO_DURATION.test(text) ? sumOf(text, MS_PER_GO_UNIT) : null;
}

// Two letters of Unicode look like µ, and Go takes both.
const MS_PER_GO_UNIT = { ...MS_PER_UNIT, ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3 };

/** Anything above nothing is at least a millisecond. */
function sumOf(text: string, msPerUnit: Readonly<Record<string, number>>): number | null {
  let sum = 0;
  for (const [, number, unit = ''] of text.matchAll(/([\d.]+)(\D+)/g)) sum += Number(number) * (msPerUnit[unit] ?? 0);
  const ms = sum > 0 ? Math.max(1, Math.round(sum)) : 0;
  return Number.isSafeInteger(ms) ? ms : null;
}

/** The inverse of {@link parseDuration} for whole milliseconds: 90000 gives `1m30s`, 0 gives `0s`. */
export function formatDuration(ms: number): string {
  let rest = Math.round(ms);
  let text = '';
  for (const unit of UNITS) {
    const count = Math.floor(rest / MS_PER_UNIT[unit]);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * MS_PER_UNIT[unit];
  }
  return text === '' ? '0s' : text;
}
