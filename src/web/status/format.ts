const COUNT = new Intl.NumberFormat('en-US');

/** `12,340`. */
export function formatCount(count: number): string {
  return COUNT.format(count);
}

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
] as const;

/** A span that is looked at, in whole seconds and at most two units: `8s`, `3m 20s`, `2d 4h`. */
export function formatSpan(ms: number): string {
  let rest = Math.max(0, Math.floor(ms / 1000));
  const words: string[] = [];
  for (const [unit, seconds] of UNITS) {
    const count = Math.floor(rest / seconds);
    rest -= count * seconds;
    if (count > 0) words.push(`${count}${unit}`);
    // A unit that is 0 between two others is left out together with what follows: 2h 0m 5s is 2h.
    if (words.length === 2 || (words.length === 1 && count === 0)) break;
  }
  return words.join(' ') || '0s';
}

/** A span that was measured, with three digits: `0.84ms`, `12.4ms`, `1.25s`; from a minute on as {@link formatSpan}. */
export function formatMeasured(ms: number): string {
  if (ms >= 59_950) return formatSpan(ms);
  return ms >= 999.5 ? `${digits(ms / 1000)}s` : `${digits(ms)}ms`;
}

/** `0.25`, `<0.01`, `1.40`: how many are under way at one time. */
export function formatLoad(load: number): string {
  return load > 0 && load < 0.01 ? '<0.01' : load.toFixed(2);
}

/** `512 B`, `84.2 MiB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const exponent = Math.min(4, Math.floor(Math.log2(bytes) / 10));
  return `${digits(bytes / 1024 ** exponent)} ${['', 'KiB', 'MiB', 'GiB', 'TiB'][exponent]}`;
}

/** `2026-03-01 12:00:05 UTC`. */
export function formatTime(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

function digits(value: number): string {
  if (value >= 99.95) return String(Math.round(value));
  return value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}
