import type { SkipReason } from './failure.ts';
import type { RunMark } from './run-mark.ts';
import type { ServerFacts } from './server-facts.ts';
import type { TargetHealth } from './standing.ts';
import type { RunResult } from './task-result.ts';
import type { TargetName, TaskKey } from './words.ts';

/**
 * What happens to tasks and targets. Plain data: made where it happens, posted to the main thread as it is and taken by
 * the snapshot.
 */
export type PollerEvent =
  /**
   * A run has its place and is about to ask its driver; said again when the driver gives the mark of its statement.
   * `finished` or `aborted` follows.
   */
  | { readonly kind: 'started'; readonly task: TaskKey; readonly atMs: number; readonly mark: RunMark | null }
  /** The task does not run again before this is acknowledged. */
  | { readonly kind: 'finished'; readonly result: RunResult }
  /** A started run was ended on purpose and gives no result. */
  | { readonly kind: 'aborted'; readonly task: TaskKey }
  | { readonly kind: 'skipped'; readonly task: TaskKey; readonly reason: SkipReason }
  /** The next run, where no result says it: of a new task, after a skip, after a step of the clock. Null: never again. */
  | { readonly kind: 'planned'; readonly task: TaskKey; readonly nextAtMs: number | null }
  /** A target was asked. Said every few seconds at most while it answers, and at once where anything else changes. */
  | { readonly kind: 'health'; readonly target: TargetName; readonly health: TargetHealth }
  /** Something new is known of the target's server. */
  | { readonly kind: 'facts'; readonly target: TargetName; readonly facts: ServerFacts }
  /** A statement was to be stopped, and nobody saw it end. */
  | { readonly kind: 'unconfirmed_stop'; readonly target: TargetName }
  /** The longest that the poller's own thread was late by in the last minute, where that changes. */
  | { readonly kind: 'lag'; readonly lagMs: number };
