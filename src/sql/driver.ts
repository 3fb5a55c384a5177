import type { Target } from '../model/plan.ts';
import type { RowSink } from '../model/rows.ts';

/**
 * One target as a refresh sees it. An engine has one factory `(target, …) => Driver` in a file of its own; vendor types,
 * vendor errors and connections stay behind it.
 *
 * Concurrency: `run` and `ping` may be called at any time and in any number; the driver keeps to the target's budget of
 * connections and makes callers wait. Every promise settles soon after its signal aborts, whatever the server does.
 * Every rejection is a `RefreshError`, or what the sink threw.
 */
export interface Driver extends AsyncDisposable {
  readonly target: Target;
  /**
   * Runs one statement in a clean, read-only session and streams its only result into the sink. The session is reset
   * before and after. When the signal aborts, the deadline passes, a cap is reached or the sink throws, the statement is
   * stopped on the server and its connection is closed for good.
   *
   * Rejects with the reason `busy` where the deadline passed while waiting for a connection, or so soon after that most
   * of the time was spent waiting; `connect` while connecting; `timeout` after that.
   */
  run(request: RunRequest, sink: RowSink, signal: AbortSignal): Promise<void>;
  /** Resolves when the server answers on a connection of ours; rejects with `connect`, `auth`, `busy` or `lost`. */
  ping(signal: AbortSignal): Promise<void>;
  /** Stops a statement that an earlier poller thread left running, if it is still the same one. Never rejects. */
  stopLeftover(mark: RunMark, signal: AbortSignal): Promise<void>;
  /** Stops what is running and closes every connection; waits at most for the graceful end that the engine needs. */
  [Symbol.asyncDispose](): Promise<void>;
}

export interface RunRequest {
  readonly sql: string;
  /** The name of the query, for the comment by which the server's administrator recognises the statement. */
  readonly query: string;
  /** By `performance.now()`: the moment by which everything must be over. The signal aborts at about the same time. */
  readonly deadlineMs: number;
  /** How long the refresh was given in all. Part of it may be gone when `run` is called, since the refresh has waited. */
  readonly timeoutMs: number;
  /** True: may take long, and so may hold all connections of a server but one. */
  readonly slow: boolean;
  readonly maxRows: number;
  /** Of the result's text, as it comes from the server. */
  readonly maxBytes: number;
  /** Called when a statement is about to be sent, with what finds it again on the server; at most once. */
  readonly onStart: (mark: RunMark) => void;
}

/** Finds a statement on its server again: plain data that outlives the thread that sent it. */
export interface RunMark {
  /** The server's id of the connection; empty for engines that need none. */
  readonly connectionId: string;
  /** The address that the connection reached: a host name may stand for several servers. */
  readonly address: string;
  /** A text that stands in the statement as the server shows it. */
  readonly marker: string;
}

/** The drivers of one plan: targets that share a server share its budget. */
export interface Drivers extends AsyncDisposable {
  /** The driver of a target; the same one for the same target. */
  driverFor(target: Target): Driver;
  /** Takes over new targets. Drivers of unchanged targets stay, with their connections; others are closed. */
  replaceTargets(targets: readonly Target[]): void;
}
