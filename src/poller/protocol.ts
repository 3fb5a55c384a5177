import type { LogRecord } from '../logger.ts';
import type { SkipReason } from '../model/failure.ts';
import type { Plan, Target } from '../model/plan.ts';
import type { Update } from '../model/update.ts';
import type { TargetName, TaskKey } from '../model/words.ts';
import type { RestoredTask } from '../refresh/polling.ts';
import type { RunMark } from '../sql/session.ts';

/** What a poller thread is born with. */
export interface PollerStart {
  readonly generation: number;
  readonly plan: Plan;
  readonly restored: readonly RestoredTask[];
  readonly suspended: readonly TaskKey[];
  /** Statements that the last poller may have left running. */
  readonly leftovers: readonly Leftover[];
  /** One counter that the thread raises every `HEARTBEAT_MS`. */
  readonly heartbeat: Int32Array<SharedArrayBuffer>;
}

/** A statement that was in flight when its thread died. */
export interface Leftover {
  readonly target: Target;
  readonly mark: RunMark;
}

export type ToPoller =
  | { readonly kind: 'plan'; readonly plan: Plan; readonly restored: readonly RestoredTask[] }
  /** Main has taken over the task's last update; the task may run again. */
  | { readonly kind: 'acknowledge'; readonly task: TaskKey }
  | { readonly kind: 'stop' };

export type FromPoller =
  | { readonly kind: 'started'; readonly task: TaskKey; readonly atMs: number; readonly mark: RunMark | null }
  | { readonly kind: 'finished'; readonly update: Update }
  /** A started run was ended on purpose and gives no update. */
  | { readonly kind: 'aborted'; readonly task: TaskKey }
  | { readonly kind: 'skipped'; readonly task: TaskKey; readonly reason: SkipReason }
  | { readonly kind: 'planned'; readonly task: TaskKey; readonly nextAtMs: number | null }
  | { readonly kind: 'target'; readonly target: TargetName; readonly up: boolean; readonly atMs: number }
  | { readonly kind: 'log'; readonly record: LogRecord }
  /** The schedule runs. */
  | { readonly kind: 'running' }
  /** Nothing is left running on any server. */
  | { readonly kind: 'stopped' };

/** Often enough for a watchdog of ten seconds, seldom enough to cost nothing. */
export const HEARTBEAT_MS = 1_000;
