import type { FailureReason, RejectionReason, SkipReason } from '../model/failure.ts';
import type { Outcome } from '../model/outcome.ts';
import type { Query } from '../model/plan.ts';
import { NO_RUNS, type Run, withRun } from '../model/recent-runs.ts';
import type { MissedReason, TaskState } from '../model/status.ts';
import type { TaskHistory } from '../model/task-history.ts';
import type { RunResult } from '../model/task-result.ts';

/** What is known about one task, without its samples. A plain value: whatever happens makes a new one. */
export interface TaskRecord extends TaskHistory {
  /** Since when a refresh is under way; null: none is. */
  readonly runningSinceMs: number | null;
  /** When its schedule next comes round; null: not known, or never again. See {@link nextRunAtMs}. */
  readonly nextAtMs: number | null;
  /** Up to when this is true; null: nothing has come of it yet. */
  readonly asOfMs: number | null;
  readonly lastDurationMs: number | null;
  /** The samples became older than `max_age` and were dropped; nothing has renewed them since. */
  readonly expired: boolean;
  readonly refreshes: number;
  readonly failures: Counts<FailureReason>;
  readonly skips: Counts<SkipReason>;
  readonly rejected: Counts<RejectionReason>;
  readonly suspended: boolean;
  /** There is something to show for the run that was due at start: an outcome, restored samples, or why it did not run. */
  readonly settled: boolean;
}

export type Counts<Reason extends string> = Readonly<Partial<Record<Reason, number>>>;

/** What an outcome means for the samples held: the new ones stand, the old ones stay, or there are none. */
export type SamplesFate = 'replace' | 'keep' | 'drop';

export const NEW_RECORD: TaskRecord = {
  runningSinceMs: null,
  nextAtMs: null,
  succeeded: null,
  missed: null,
  failingSinceMs: null,
  asOfMs: null,
  lastRefreshAtMs: null,
  lastSuccessAtMs: null,
  lastDurationMs: null,
  recentRuns: NO_RUNS,
  rows: null,
  renewedAtMs: null,
  expired: false,
  refreshes: 0,
  failures: {},
  skips: {},
  rejected: {},
  rejections: [],
  rejecting: [],
  lastFailure: null,
  suspended: false,
  notApplicable: null,
  settled: false,
};

/** What of a record outlives the process and goes to other replicas. */
export function toHistory(record: TaskRecord): TaskHistory {
  const { succeeded, missed, failingSinceMs, notApplicable, lastRefreshAtMs, lastSuccessAtMs } = record;
  const { recentRuns, rows, renewedAtMs, rejections, rejecting, lastFailure } = record;
  const ofRuns = { succeeded, missed, failingSinceMs, notApplicable, lastRefreshAtMs, lastSuccessAtMs, recentRuns };
  return { ...ofRuns, rows, renewedAtMs, rejections, rejecting, lastFailure };
}

export function afterStart(record: TaskRecord, atMs: number): TaskRecord {
  return { ...record, runningSinceMs: atMs };
}

/** The thread that ran it is gone. */
export function afterAbort(record: TaskRecord): TaskRecord {
  return { ...record, runningSinceMs: null };
}

export function afterSkip(record: TaskRecord, reason: SkipReason, atMs: number): TaskRecord {
  // Nobody knows when a silent target will answer, so a run that is put off for it counts as dealt with.
  const settled = record.settled || reason !== 'overlap';
  const skipped = { ...record, skips: count(record.skips, reason, 1), settled };
  return reason === 'backoff' || reason === 'suspended' ? afterMiss(skipped, reason, atMs) : skipped;
}

/** What was in flight died with its thread. */
export function afterSuspension(record: TaskRecord, atMs: number): TaskRecord {
  return afterMiss({ ...record, runningSinceMs: null, suspended: true, settled: true }, 'suspended', atMs);
}

function afterMiss(record: TaskRecord, missed: MissedReason, atMs: number): TaskRecord {
  return { ...record, missed, failingSinceMs: record.failingSinceMs ?? atMs, asOfMs: atMs };
}

/** Whether the newest run that was due succeeded; null: that is not known, or the query is not applicable. */
export function isUp({ succeeded, missed, notApplicable }: TaskRecord): boolean | null {
  if (notApplicable !== null) return null;
  return missed === null ? succeeded : false;
}

/** When it runs next; null: not known, or not as things are. The schedule of a suspended task goes on, its runs do not. */
export function nextRunAtMs({ nextAtMs, suspended }: TaskRecord): number | null {
  return suspended ? null : nextAtMs;
}

/** The record after an outcome, and what becomes of the samples by the query's policies. */
export function afterOutcome(
  record: TaskRecord,
  { onError, onEmpty }: Pick<Query, 'onError' | 'onEmpty'>,
  { outcome, times }: RunResult,
): { readonly record: TaskRecord; readonly samples: SamplesFate } {
  const { asOfMs: finishedAtMs, durationMs, nextAtMs } = times;
  if (outcome.kind === 'not_applicable')
    return { record: afterNotApplicable(record, outcome.why, finishedAtMs, nextAtMs), samples: 'drop' };
  const refreshed: TaskRecord = {
    ...record,
    notApplicable: null,
    missed: null,
    runningSinceMs: null,
    nextAtMs,
    succeeded: outcome.kind === 'result',
    asOfMs: finishedAtMs,
    lastRefreshAtMs: finishedAtMs,
    lastDurationMs: durationMs,
    recentRuns: withRun(record.recentRuns, { finishedAtMs, durationMs, ...resultOf(outcome) }),
    refreshes: record.refreshes + 1,
    settled: true,
  };
  if (outcome.kind === 'failure') {
    const { failure } = outcome;
    const failures = count(record.failures, failure.reason, 1);
    const failed: TaskRecord = {
      ...refreshed,
      failures,
      failingSinceMs: record.failingSinceMs ?? finishedAtMs,
      lastFailure: { ...failure, atMs: finishedAtMs },
    };
    if (onError === 'keep') return { record: failed, samples: 'keep' };
    return { record: { ...failed, renewedAtMs: null, expired: false }, samples: 'drop' };
  }
  const rejected = outcome.rejections.reduce((sum, { reason, count: n }) => count(sum, reason, n), record.rejected);
  const { rows, rejections, rejecting } = outcome;
  const newest = { rows, rejections, rejecting, failingSinceMs: null, lastSuccessAtMs: finishedAtMs };
  const succeeded: TaskRecord = { ...refreshed, rejected, ...newest };
  if (outcome.rows === 0 && onEmpty === 'keep') return { record: succeeded, samples: 'keep' };
  return { record: { ...succeeded, renewedAtMs: finishedAtMs, expired: false }, samples: 'replace' };
}

function resultOf(outcome: Exclude<Outcome, { readonly kind: 'not_applicable' }>): Pick<Run, 'rows' | 'failure'> {
  if (outcome.kind === 'failure') return { rows: null, failure: outcome.failure.reason };
  return { rows: outcome.rows, failure: null };
}

/** It is a skip and no refresh: there is neither success nor failure, and nothing to become old. */
function afterNotApplicable(record: TaskRecord, why: string, asOfMs: number, nextAtMs: number | null): TaskRecord {
  const skips = count(record.skips, 'not_applicable', 1);
  const { succeeded, missed, failingSinceMs, rejections, rejecting, renewedAtMs, expired } = NEW_RECORD;
  const nothing = { succeeded, missed, failingSinceMs, rejections, rejecting, renewedAtMs, expired };
  return { ...record, ...nothing, runningSinceMs: null, settled: true, notApplicable: why, skips, asOfMs, nextAtMs };
}

/** A query has samples there now whose `when` excludes this one's. */
export function afterRival(record: TaskRecord, query: string): TaskRecord {
  const why = `the query ${JSON.stringify(query)} applies, which excludes it`;
  return { ...record, succeeded: null, renewedAtMs: null, expired: false, notApplicable: why };
}

/** When the samples become too old; null: never, or there is nothing to become old. */
export function expiresAtMs(
  { renewedAtMs, expired }: TaskRecord,
  { maxAgeMs }: Pick<Query, 'maxAgeMs'>,
): number | null {
  return renewedAtMs === null || expired || maxAgeMs === null ? null : renewedAtMs + maxAgeMs;
}

export function afterExpiry(record: TaskRecord): TaskRecord {
  return { ...record, expired: true };
}

/** A clock that was ahead when the samples came does not let them live longer. */
export function afterSetback(record: TaskRecord, nowMs: number): TaskRecord {
  return record.renewedAtMs !== null && record.renewedAtMs > nowMs ? { ...record, renewedAtMs: nowMs } : record;
}

/**
 * The record of a task whose query, or whose target's address, was changed by a reload. What is counted goes on under
 * the same names; what was known about the old samples stays exactly as long as they do.
 */
export function afterChange(record: TaskRecord, keepsSamples: boolean): TaskRecord {
  const revived = afterReload(record);
  if (keepsSamples) return revived;
  const { refreshes, failures, skips, rejected, lastFailure, settled, runningSinceMs } = revived;
  return { ...NEW_RECORD, refreshes, failures, skips, rejected, lastFailure, settled, runningSinceMs };
}

/** A reload gives a suspended task another chance. */
export function afterReload(record: TaskRecord): TaskRecord {
  return record.suspended ? { ...record, suspended: false } : record;
}

/** `isTargetDown`: by the last that was heard of it. */
export function stateOf(record: TaskRecord, isTargetDown: boolean): TaskState {
  if (record.suspended) return 'suspended';
  if (record.notApplicable !== null) return 'not_applicable';
  const up = isUp(record);
  // A suspension that has ended is made up for at once.
  if (up === null || record.missed === 'suspended') return record.runningSinceMs === null ? 'waiting' : 'running';
  if (!up && isTargetDown && isForTarget(record)) return 'target_down';
  if (record.expired) return 'stale';
  if (!up) return 'failing';
  return record.rejecting.length > 0 ? 'rejecting' : 'fresh';
}

/** Whether the newest run that was due came to nothing because no connection was to be had. */
function isForTarget({ missed, lastFailure }: TaskRecord): boolean {
  if (missed !== null) return missed === 'backoff';
  return lastFailure?.reason === 'connect' || lastFailure?.reason === 'auth';
}

function count<Reason extends string>(counts: Counts<Reason>, reason: Reason, n: number): Counts<Reason> {
  return { ...counts, [reason]: (counts[reason] ?? 0) + n };
}
