import type { Deadline } from '../model/deadline.ts';
import type { Guard } from '../model/guard.ts';
import type { Target, When } from '../model/plan.ts';
import type { RowSink } from '../model/rows.ts';
import type { RunMark } from '../model/run-mark.ts';
import type { ServerFacts } from '../model/server-facts.ts';

/**
 * One target as a refresh sees it, whatever its engine.
 *
 * Concurrency: `run` and `ping` may be called at any time and in any number; they wait in the queue of the target's server
 * until it is their turn. Every promise settles soon after its deadline ends, whatever the server does. Every rejection is
 * a `RefreshError`, or what `onTurn` or the sink threw.
 */
export interface Driver extends AsyncDisposable {
  readonly target: Target;
  /** What is known of its server by now. */
  readonly facts: ServerFacts;
  /** Learns anew what is missing: whoever reloads may have mended what was missing. */
  forget(): void;
  /**
   * Waits for a connection, then runs one statement in a clean, read-only session and streams its only result into the
   * sink. When the deadline ends, a cap is reached or the sink throws, the statement is stopped on the server and its
   * connection is closed for good.
   *
   * Resolves with null, or else with why the statement was not sent; then the sink has heard nothing.
   *
   * Rejects with the reason `busy` where the deadline passed while waiting for a connection, or so soon after that most
   * of the time was spent waiting; `connect` while connecting; `timeout` after that.
   */
  run(request: RunRequest, sink: RowSink, deadline: Deadline): Promise<NotSent | null>;
  /** Resolves when the server answers on a connection of ours; rejects with `connect`, `auth`, `busy` or `lost`. */
  ping(deadline: Deadline): Promise<void>;
  /** Stops a statement that an earlier poller thread left running, if it is still the same one. Never rejects. */
  stopLeftover(mark: RunMark, deadline: Deadline): Promise<void>;
  /** Stops what is running and closes every connection; waits at most for the graceful end that the engine needs. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * not_applicable: the request's `when` does not hold on the server now. guarded: another exporter's run holds the lock of its
 * guard, or an earlier statement of the same guest was not seen to end there.
 */
export interface NotSent {
  readonly kind: 'not_applicable' | 'guarded';
  /** In words. */
  readonly why: string;
}

export interface RunRequest {
  readonly sql: string;
  /** What must hold for the statement to be sent; its own statement runs in the same session, under the same limits. */
  readonly when: When | null;
  /** Null: nobody else runs the same. */
  readonly guard: Guard | null;
  /** The name of the query, for the comment by which the server's administrator recognises the statement. */
  readonly query: string;
  /** Who asks: the same object each time for the same guest, so that those who were served longest ago come first. */
  readonly guest: object;
  readonly maxRows: number;
  /** Of the result's text, as it comes from the server. */
  readonly maxBytes: number;
  /** Called once, when it is the run's turn. What it throws ends the run, which then does not count as served. */
  readonly onTurn: () => void;
  /** Called when a statement is about to be sent, with what finds it again on the server; at most once. */
  readonly onStart: (mark: RunMark) => void;
}

/** The drivers of one plan: targets that share a server share its queue and its connections. */
export interface Drivers extends AsyncDisposable {
  /** The driver of a target of the plan; the same one for the same target. */
  driverFor(target: Target): Driver;
  /** Takes over a plan. Drivers of unchanged targets stay, with their connections; others are closed. */
  replaceTargets(targets: readonly Target[], maxRunning: number): void;
  /** Closes the drivers of targets that somebody else asks from now on; who asks again for one gets a new one. */
  close(targets: readonly Target[]): Promise<void>;
}
