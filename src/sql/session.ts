import type { Deadline } from '../model/deadline.ts';
import type { Target } from '../model/plan.ts';
import type { RowSink } from '../model/rows.ts';
import type { RunMark } from '../model/run-mark.ts';
import type { NameLookups } from './pool/name-lookups.ts';
import type { ServerKnowledge } from './pool/server-knowledge.ts';

/** What the session half of an engine offers: the only part that knows a driver. Loaded when it is first used. */
export interface EngineSessions {
  /**
   * Opens a session on a target. Password and certificates are read anew. Rejects with a `RefreshError` (`connect` or
   * `auth`) within the target's connect timeout or when the deadline ends, and then leaves no connection behind.
   */
  open(target: Target, means: ConnectMeans, deadline: Deadline): Promise<Session>;
  /**
   * Opens a second way to the server that a mark names, over which a statement is looked for and stopped. Rejects as
   * `open` does; null where the mark is none of this engine's.
   */
  openStopper(target: Target, mark: RunMark, means: ConnectMeans, deadline: Deadline): Promise<Stopper | null>;
}

/** What the connections to one server share. */
export interface ConnectMeans {
  readonly lookups: NameLookups;
  readonly knowledge: ServerKnowledge;
}

/**
 * One connection to a database. One thing is done at a time; what is under way rejects when the connection ends, for
 * whatever reason, and then the session is dead for good. Every rejection is a `RefreshError` whose message does not name
 * the target, or what the sink threw.
 */
export interface Session {
  /** By which the server knows the connection. */
  readonly id: string;
  /** What was reached: of a name with several addresses, the one that answered. */
  readonly address: string;
  /** See {@link RunMark}. */
  readonly cancelKey: string | null;
  /** By `performance.now()`. */
  readonly openedMs: number;
  readonly isDead: boolean;
  /** Resolves when the connection is gone; never rejects. */
  readonly closed: Promise<void>;
  /**
   * Runs one statement, read-only, under the limits of the request, and streams its only result into the sink. When the
   * deadline ends, `destroy` is called from outside. A cap that is reached or a sink that throws destroys the session.
   *
   * Resolves with null, or else with who holds the lock of the request; then the statement was not sent.
   */
  run(request: SessionRun, sink: RowSink, deadline: Deadline): Promise<LockHolder | null>;
  /** Asks the server to end the connection of a holder; whether it has, only the lock tells. Rejects where the session is dead. */
  endHolder(holder: LockHolder): Promise<void>;
  /** Takes the session back to the state in which it was opened: nothing of a run is seen by the next. */
  reset(): Promise<void>;
  ping(): Promise<void>;
  /** Ends the connection politely. Resolves when it is gone, within about a second. */
  quit(): Promise<void>;
  /** Ends the connection at once. */
  destroy(): void;
}

export interface SessionRun {
  /** With the marker in front. */
  readonly sql: string;
  /** Run before it, each with the marker in front; their results are dropped. */
  readonly initSql: readonly string[];
  /**
   * Taken before all of them, without waiting, and held until the next reset at the latest; null: none. Where a server has no
   * locks, that is known as a protection that is missing.
   */
  readonly lock: string | null;
  readonly maxRows: number;
  /** Of the result's text, as it comes from the server. */
  readonly maxBytes: number;
  /** To be called when the statement itself is about to be sent. */
  readonly onStart: () => void;
}

/** A connection that holds a lock. */
export interface LockHolder {
  /** By which the server knows it; empty where it has just gone. */
  readonly connectionId: string;
  /** Of its statement; null: it shows none of ours. */
  readonly marker: string | null;
  /** For how long at least it has been at that statement, or idle behind one; null: nobody knows what it does. */
  readonly ageMs: number | null;
}

/**
 * What a server shows of a run: its statement, or only its connection, at work or idle. gone: whatever this user runs there is shown, and it
 * is not among it. hidden: it is not shown, but it may run where this connection cannot see it.
 */
export type Sight = 'statement' | 'connection' | 'idle' | 'gone' | 'hidden';

/** A connection that looks for statements of other connections and stops them. */
export interface Stopper {
  look(mark: RunMark): Promise<Sight>;
  /** Asks the server to end the statement; whether it has, only `look` tells. */
  stop(mark: RunMark): Promise<void>;
  /** As of a session. */
  quit(): Promise<void>;
  destroy(): void;
}
