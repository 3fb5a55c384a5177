import type { Failure, FailureReason, RejectionReason, SkipReason } from '../model/failure.ts';
import type { Query } from '../model/plan.ts';
import type { TaskState } from '../model/status.ts';
import type { Update } from '../model/update.ts';

/** What is known about one task, without its samples. A plain value: whatever happens makes a new one. */
export interface TaskRecord {
  /** Since when a refresh is under way; null: none is. */
  readonly runningSinceMs: number | null;
  /** When its schedule next comes round; null: not known, or never again. See {@link nextRunAtMs}. */
  readonly nextAtMs: number | null;
  /** Whether the last refresh succeeded; null before the first. */
  readonly succeeded: boolean | null;
  readonly lastRefreshAtMs: number | null;
  readonly lastSuccessAtMs: number | null;
  readonly lastDurationMs: number | null;
  /** Of the latest refreshes, oldest first. */
  readonly recentDurationsMs: readonly number[];
  /** Of the last success. */
  readonly rows: number | null;
  /** When a success last renewed the samples: from here their age counts. An empty result that is kept renews nothing. */
  readonly renewedAtMs: number | null;
  /** The samples became older than `max_age` and were dropped; nothing has renewed them since. */
  readonly expired: boolean;
  readonly refreshes: number;
  readonly failures: Counts<FailureReason>;
  readonly skips: Counts<SkipReason>;
  readonly rejected: Counts<RejectionReason>;
  /** Stays after a success. */
  readonly lastFailure: (Failure & { readonly atMs: number }) | null;
  readonly suspended: boolean;
  /** Why the query's `when` did not hold at the newest run; null: it did, or it has none. */
  readonly notApplicable: string | null;
  /** There is something to show for the run that was due at start: an outcome, restored samples, or why it did not run. */
  readonly settled: boolean;
}

export type Counts<Reason extends string> = Readonly<Partial<Record<Reason, number>>>;

/** What an outcome means for the samples held: the new ones stand, the old ones stay, or there are none. */
export type SamplesFate = 'replace' | 'keep' | 'drop';

const RECENT_DURATIONS = 20;

export const NEW_RECORD: TaskRecord = {
  runningSinceMs: null,
  nextAtMs: null,
  succeeded: null,
  lastRefreshAtMs: null,
  lastSuccessAtMs: null,
  lastDurationMs: null,
  recentDurationsMs: [],
  rows: null,
  renewedAtMs: null,
  expired: false,
  refreshes: 0,
  failures: {},
  skips: {},
  rejected: {},
  lastFailure: null,
  suspended: false,
  notApplicable: null,
  settled: false,
};

export function afterStart(record: TaskRecord, atMs: number): TaskRecord {
  return { ...record, runningSinceMs: atMs };
}

/** The thread that ran it is gone. */
export function afterAbort(record: TaskRecord): TaskRecord {
  return { ...record, runningSinceMs: null };
}

export function afterSkip(record: TaskRecord, reason: SkipReason): TaskRecord {
  // Nobody knows when a silent target will answer, so a run that is put off for it counts as dealt with.
  const settled = record.settled || reason !== 'overlap';
  return { ...record, skips: count(record.skips, reason, 1), settled };
}

export function afterSuspension(record: TaskRecord): TaskRecord {
  return { ...record, runningSinceMs: null, suspended: true, settled: true };
}

/** When it runs next; null: not known, or not as things are. The schedule of a suspended task goes on, its runs do not. */
export function nextRunAtMs({ nextAtMs, suspended }: TaskRecord): number | null {
  return suspended ? null : nextAtMs;
}

/** The record after an outcome, and what becomes of the samples by the query's policies. */
export function afterOutcome(
  record: TaskRecord,
  { onError, onEmpty }: Pick<Query, 'onError' | 'onEmpty'>,
  { outcome, finishedAtMs, durationMs, nextAtMs }: Update,
): { readonly record: TaskRecord; readonly samples: SamplesFate } {
  if (outcome.kind === 'not_applicable')
    return { record: afterNotApplicable(record, outcome.why, nextAtMs), samples: 'drop' };
  const refreshed: TaskRecord = {
    ...record,
    notApplicable: null,
    runningSinceMs: null,
    nextAtMs,
    succeeded: outcome.kind === 'result',
    lastRefreshAtMs: finishedAtMs,
    lastDurationMs: durationMs,
    recentDurationsMs: [...record.recentDurationsMs, durationMs].slice(-RECENT_DURATIONS),
    refreshes: record.refreshes + 1,
    settled: true,
  };
  if (outcome.kind === 'failure') {
    const { failure } = outcome;
    const failures = count(record.failures, failure.reason, 1);
    const failed: TaskRecord = { ...refreshed, failures, lastFailure: { ...failure, atMs: finishedAtMs } };
    if (onError === 'keep') return { record: failed, samples: 'keep' };
    return { record: { ...failed, renewedAtMs: null, expired: false }, samples: 'drop' };
  }
  const rejected = outcome.rejections.reduce((sum, { reason, count: n }) => count(sum, reason, n), record.rejected);
  const succeeded: TaskRecord = { ...refreshed, rejected, lastSuccessAtMs: finishedAtMs, rows: outcome.rows };
  if (outcome.rows === 0 && onEmpty === 'keep') return { record: succeeded, samples: 'keep' };
  return { record: { ...succeeded, renewedAtMs: finishedAtMs, expired: false }, samples: 'replace' };
}

/** It is a skip and no refresh: there is neither success nor failure, and nothing to become old. */
function afterNotApplicable(record: TaskRecord, why: string, nextAtMs: number | null): TaskRecord {
  const skips = count(record.skips, 'not_applicable', 1);
  const nothing = { runningSinceMs: null, succeeded: null, renewedAtMs: null, expired: false, settled: true };
  return { ...record, ...nothing, notApplicable: why, skips, nextAtMs };
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

export function stateOf({ suspended, succeeded, expired, runningSinceMs }: TaskRecord): TaskState {
  if (suspended) return 'suspended';
  if (succeeded === null) return runningSinceMs === null ? 'waiting' : 'running';
  if (expired) return 'stale';
  return succeeded ? 'fresh' : 'failing';
}

function count<Reason extends string>(counts: Counts<Reason>, reason: Reason, n: number): Counts<Reason> {
  return { ...counts, [reason]: (counts[reason] ?? 0) + n };
}
