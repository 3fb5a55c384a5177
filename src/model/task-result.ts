import type { Outcome, Part } from './outcome.ts';
import type { Schedule } from './plan.ts';
import type { TaskHistory } from './task-history.ts';
import type { TaskKey } from './words.ts';

/**
 * What is said of a task, whoever says it: the poller after a run, a state file, another replica. Plain data, so that it can
 * be posted between threads, written to files and sent to the store of a fleet. It is taken over where its fingerprint is the
 * task's and it is newer than what is known.
 */
export interface TaskResult {
  readonly task: TaskKey;
  /** Of the task when it was run: what its samples mean. */
  readonly samplesFingerprint: string;
  readonly times: ResultTimes;
  readonly outcome: Outcome | Known;
}

export interface ResultTimes {
  /** Up to when this is true: the end of the newest run that was due, or when it was not made. */
  readonly asOfMs: number;
  /**
   * Of the last run that ended, by the monotonic clock, from the moment it was started: waiting, connecting, asking and
   * reading. Null: none has.
   */
  readonly durationMs: number | null;
  /** When the task runs next; null: never again, or that is not known. */
  readonly nextAtMs: number | null;
}

/** Of one run. */
export interface RunResult extends TaskResult {
  readonly times: ResultTimes & { readonly durationMs: number };
  readonly outcome: Outcome;
}

/** Of all runs so far. */
export interface KnownResult extends TaskResult {
  readonly outcome: Known;
}

/** What outlives the process and goes to other replicas: the last good samples, and what came after them. */
export interface Known {
  readonly kind: 'known';
  /** By which the next run was planned. */
  readonly schedule: Schedule;
  readonly history: TaskHistory;
  readonly parts: readonly Part[];
}
