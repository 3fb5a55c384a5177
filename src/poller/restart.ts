/** The first restart is at once for a person and late enough not to spin. */
const SHORTEST_MS = 100;
const LONGEST_MS = 30_000;
/** A thread that lived this long was healthy; its death starts a new series of delays. */
const HEALTHY_MS = 60_000;

/** How long to wait before the next poller thread is started. */
export function planRestart(lastDelayMs: number, livedMs: number): number {
  if (lastDelayMs === 0 || livedMs >= HEALTHY_MS) return SHORTEST_MS;
  return Math.min(lastDelayMs * 2, LONGEST_MS);
}
