import { FAILURE_REASONS, type FailureReason } from './failure.ts';

/** One refresh that ended. */
export interface Run {
  readonly finishedAtMs: number;
  readonly durationMs: number;
  /** Null: it failed. */
  readonly rows: number | null;
  /** Null: it succeeded. */
  readonly failure: FailureReason | null;
}

/**
 * The latest refreshes of a task, oldest first, three numbers each: when it ended, how long it took, and its rows, or below
 * 0 its reason to fail. There may be 100,000 tasks: twenty objects each would cost them 200 MB, this costs 53 MB. Plain
 * data that is never changed; {@link runsOf} reads it.
 */
export type RecentRuns = readonly number[];

const FIELDS = 3;
const RUNS_KEPT = 20;

export const NO_RUNS: RecentRuns = [];

export function withRun(runs: RecentRuns, { finishedAtMs, durationMs, rows, failure }: Run): RecentRuns {
  const result = failure === null ? (rows ?? 0) : -1 - FAILURE_REASONS.indexOf(failure);
  // Not by spreading, which leaves room for more behind the last number.
  return runs.slice(-FIELDS * (RUNS_KEPT - 1)).concat(finishedAtMs, durationMs, result);
}

/** Oldest first. */
export function runsOf(runs: RecentRuns): readonly Run[] {
  return Array.from({ length: runs.length / FIELDS }, (_, run) => {
    const [finishedAtMs = 0, durationMs = 0, result = 0] = runs.slice(run * FIELDS, (run + 1) * FIELDS);
    if (result >= 0) return { finishedAtMs, durationMs, rows: result, failure: null };
    return { finishedAtMs, durationMs, rows: null, failure: FAILURE_REASONS[-1 - result] ?? 'internal' };
  });
}

/** Oldest first. */
export function durationsOf(runs: RecentRuns): readonly number[] {
  return runs.filter((_, index) => index % FIELDS === 1);
}

/** Null: there are none. It is asked of all tasks together, so it makes no list. */
export function meanDurationMs(runs: RecentRuns): number | null {
  let sum = 0;
  for (let at = 1; at < runs.length; at += FIELDS) sum += runs[at] ?? 0;
  return runs.length === 0 ? null : (sum * FIELDS) / runs.length;
}
