import type { Failure, FailureReason, RejectionReason, SkipReason } from './failure.ts';
import type { EngineName, QueryName, TargetName, TaskKey } from './words.ts';

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
}

export interface ProcessStatus {
  readonly cpuSeconds: number;
  /** Null, both: the system does not tell. */
  readonly residentBytes: number | null;
  readonly heapBytes: number | null;
}

/**
 * waiting: no outcome yet. running: under way for the first time. fresh: the last refresh succeeded. failing: it did
 * not. stale: the last success is older than `max_age`, so its samples have left the exposition. suspended: not run
 * until a reload.
 */
export type TaskState = 'waiting' | 'running' | 'fresh' | 'failing' | 'stale' | 'suspended';

export interface TaskStatus {
  readonly key: TaskKey;
  readonly query: QueryName;
  readonly target: TargetName;
  readonly groups: readonly string[];
  readonly collector: string | null;
  readonly state: TaskState;
  /** In words: `every 30s`, or the cron expression and its zone. */
  readonly schedule: string;
  readonly periodMs: number;
  /** Since when a refresh is under way; null: none is. */
  readonly runningSinceMs: number | null;
  readonly lastRefreshAtMs: number | null;
  readonly lastSuccessAtMs: number | null;
  readonly nextAtMs: number | null;
  readonly lastDurationMs: number | null;
  /** Of the latest refreshes, oldest first, at most 20. */
  readonly recentDurationsMs: readonly number[];
  /** Of the last successful refresh. */
  readonly rows: number | null;
  /** In the exposition now. */
  readonly series: number;
  readonly refreshes: number;
  readonly failures: Readonly<Partial<Record<FailureReason, number>>>;
  readonly skips: Readonly<Partial<Record<SkipReason, number>>>;
  readonly rejected: Readonly<Partial<Record<RejectionReason, number>>>;
  /** The last failure; stays after a success, with its time. */
  readonly lastFailure: (Failure & { readonly atMs: number }) | null;
}

export interface TargetStatus {
  readonly name: TargetName;
  readonly engine: EngineName;
  /** `10.0.0.1:3306` or a path; never a secret. */
  readonly address: string;
  readonly groups: readonly string[];
  /** Null: not known yet. */
  readonly up: boolean | null;
  readonly checkedAtMs: number | null;
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
}
