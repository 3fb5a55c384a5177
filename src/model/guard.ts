import { createHash } from 'node:crypto';
import type { TaskKey } from './words.ts';

/**
 * A lock in the polled server that a run holds while its statement is there: whatever several exporters believe of each
 * other, no two of them have the same task at work there at one time.
 */
export interface Guard {
  /** The same for the task on each of them. At most 64 characters, which is what servers take; case does not count. */
  readonly lock: string;
  /**
   * When this exporter took the server over, by `performance.now()`. A holder whose statement began before that was left
   * behind, and is stopped, once; any other makes the run a skip. Null: no holder is stopped.
   */
  readonly claimedMs: number | null;
}

/** Of a task that the exporters of one fleet share. Its readable part is for people, its digest tells locks apart. */
export function lockName(fleet: string, task: TaskKey): string {
  const readable = fleet.replace(/[^\w.-]/g, '_').slice(0, 16);
  const digest = createHash('sha256')
    .update(JSON.stringify([fleet, task]))
    .digest('hex')
    .slice(0, 32);
  return `query-exporter ${readable} ${digest}`;
}
