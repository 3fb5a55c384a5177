import type { FailureReason, RejectionReason, SkipReason } from './failure.ts';
import type { FleetStatus } from './fleet-terms.ts';
import type { Rejection } from './outcome.ts';
import type { RecentRuns } from './recent-runs.ts';
import type { ServerFacts } from './server-facts.ts';
import type { ServerLoad } from './server-load.ts';
import type { DatedFailure, TargetHealth } from './standing.ts';
import type { EngineName, MetricName, QueryName, TargetName, TaskKey } from './words.ts';

/** Everything that the status page and its JSON show. */
export interface Status {
  readonly nowMs: number;
  readonly startedAtMs: number;
  readonly version: string;
  readonly revision: number;
  readonly tasks: readonly TaskStatus[];
  readonly targets: readonly TargetStatus[];
  readonly reload: ReloadStatus;
  readonly poller: PollerStatus;
  readonly exposition: { readonly series: number; readonly bytes: number; readonly gzipBytes: number };
  readonly process: ProcessStatus;
  /** Null: it polls alone, or nothing is known of the others yet. */
  readonly fleet: FleetStatus | null;
}

export interface ProcessStatus {
  readonly cpuSeconds: number;
  /** Null, both: the system does not tell. */
  readonly residentBytes: number | null;
  readonly heapBytes: number | null;
}

/**
 * Of the newest run that was due. waiting: no outcome yet. running: under way for the first time. fresh: it succeeded.
 * rejecting: it succeeded, and one of several metrics lost all its samples. failing: it failed, or was not made while its
 * target was down. target_down: the same, and its target is still down. stale: the last success is older than `max_age`,
 * so its samples have left the exposition. suspended: not run until a reload. not_applicable: the query's `when` does not
 * hold on the target.
 */
export type TaskState =
  | 'waiting'
  | 'running'
  | 'fresh'
  | 'rejecting'
  | 'failing'
  | 'target_down'
  | 'stale'
  | 'suspended'
  | 'not_applicable';

/** Skips after which the query counts as not up. */
export type MissedReason = Extract<SkipReason, 'backoff' | 'suspended'>;

export interface TaskStatus {
  readonly key: TaskKey;
  readonly query: QueryName;
  readonly target: TargetName;
  readonly groups: readonly string[];
  readonly collector: string | null;
  readonly state: TaskState;
  /** See {@link TargetStatus.owner}. */
  readonly owner: string | null;
  /** In words: `every 30s`, or the cron expression and its zone. */
  readonly schedule: string;
  readonly periodMs: number;
  readonly timeoutMs: number;
  /** Since when runs that were due fail or are not made; null: the newest one did not. */
  readonly failingSinceMs: number | null;
  /** Why the newest run that was due was not made; null: it was. */
  readonly missed: MissedReason | null;
  /** Why the query's `when` does not hold; null: it does, or it has none. */
  readonly notApplicable: string | null;
  /** Since when a refresh is under way; null: none is. */
  readonly runningSinceMs: number | null;
  readonly lastRefreshAtMs: number | null;
  readonly lastSuccessAtMs: number | null;
  readonly nextAtMs: number | null;
  readonly lastDurationMs: number | null;
  readonly recentRuns: RecentRuns;
  /** Which part of the time it is under way. Null: it has not run, or is not run now: suspended or not applicable. */
  readonly load: number | null;
  /** Of the last successful refresh. */
  readonly rows: number | null;
  /** In the exposition now. */
  readonly series: number;
  readonly refreshes: number;
  readonly failures: Readonly<Partial<Record<FailureReason, number>>>;
  readonly skips: Readonly<Partial<Record<SkipReason, number>>>;
  readonly rejected: Readonly<Partial<Record<RejectionReason, number>>>;
  /** Of the last result. */
  readonly rejections: readonly Rejection[];
  /** Metrics that lost all their samples of the last result, while another one has some. */
  readonly rejecting: readonly MetricName[];
  /** The last failure; stays after a success, with its time. */
  readonly lastFailure: DatedFailure | null;
}

export interface TargetStatus {
  readonly name: TargetName;
  readonly engine: EngineName;
  /** `10.0.0.1:3306` or a path; never a secret. */
  readonly address: string;
  readonly groups: readonly string[];
  readonly health: TargetHealth;
  /** How many tasks are in the state `target_down` for it. */
  readonly tasksWaiting: number;
  /** Null: no connection has told anything yet. */
  readonly facts: ServerFacts | null;
  readonly serverLoad: ServerLoad;
  /** Statements that were to be stopped and that nobody saw end. */
  readonly unconfirmedStops: number;
  /** The exporter of the fleet that polls it; null: none does now, or this one polls alone. */
  readonly owner: string | null;
}

export interface ReloadStatus {
  readonly successful: boolean;
  readonly lastAtMs: number;
  readonly lastSuccessAtMs: number;
  /** Why the last reload was refused; empty after a success. */
  readonly problems: readonly string[];
}

export interface PollerStatus {
  readonly state: 'starting' | 'running' | 'restarting' | 'stopped';
  readonly restarts: number;
  /** The longest that its thread was late by in the last minute; null: not known yet. */
  readonly lagMs: number | null;
}
