const MS_PER_UNIT = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
type Unit = keyof typeof MS_PER_UNIT;
const UNITS: readonly Unit[] = ['d', 'h', 'm', 's', 'ms'];

const TERM = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/y;

/**
 * Reads `500ms`, `15s`, `1m30s`, `2h`, `1.5h` or `1d` as milliseconds, rounded to whole ones. Null for anything else: no
 * unit, a sign, spaces, capital letters.
 */
export function parseDuration(text: string): number | null {
  let sum = 0;
  let position = 0;
  while (position < text.length) {
    TERM.lastIndex = position;
    const term = TERM.exec(text);
    if (term === null) return null;
    sum += Number(term[1]) * MS_PER_UNIT[term[2] as Unit];
    position = TERM.lastIndex;
  }
  return position === 0 || !Number.isSafeInteger(Math.round(sum)) ? null : Math.round(sum);
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
