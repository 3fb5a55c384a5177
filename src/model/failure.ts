/**
 * Why a refresh failed. One word each, the same in the log, on the status page and as a label. New ones stand at the end:
 * what is kept of recent runs counts by their place.
 */
export const FAILURE_REASONS = [
  /** No connection could be made. */
  'connect',
  /** The server refused the user, the password or the database. */
  'auth',
  /** The deadline passed, or the server's own limit ended the statement. */
  'timeout',
  /** The server refused the statement. */
  'query',
  /** The statement tried to write. */
  'read_only',
  /** The statement gives no result set. */
  'no_result',
  'missing_column',
  /** More rows or bytes than allowed. */
  'too_large',
  /** No row came, and the query says `on_empty: fail`. */
  'empty',
  /** The connection was lost in mid-run. */
  'lost',
  /** The deadline was spent waiting for a connection. */
  'busy',
  'too_many_series',
  /** Rows came, and none made a sample, though not because every cell was NULL or filtered. */
  'no_samples',
  /** A fault of ours. */
  'internal',
] as const;
export type FailureReason = (typeof FAILURE_REASONS)[number];

/** Why one sample was left out while the others of its result stand. */
export const REJECTION_REASONS = [
  'not_a_number',
  'negative_counter',
  /** Its counts are negative, do not ascend from bound to bound or are above the count of all. */
  'not_a_histogram',
  'duplicate',
  'label_too_long',
] as const;
export type RejectionReason = (typeof REJECTION_REASONS)[number];

/**
 * Why a due run did not happen. overlap: the last one was still going on; backoff: the target does not answer and
 * is asked more rarely; suspended: the task was in flight at two deaths of the poller; not_applicable: the query's `when`
 * does not hold; guarded: a statement of the task, of this exporter or another, is or may be running on the server.
 */
export const SKIP_REASONS = ['overlap', 'backoff', 'suspended', 'not_applicable', 'guarded'] as const;
export type SkipReason = (typeof SKIP_REASONS)[number];

/**
 * Who ended a run that failed: the server, by an answer; the exporter, at its deadline, a cap or a missing column; null:
 * nobody, the connection was not there or was lost.
 */
export type EndedBy = 'server' | 'exporter' | null;

/** A failure as a value. */
export interface Failure {
  readonly reason: FailureReason;
  /** Names target and query and says what to do. May hold text of the server; it never holds a secret of ours. */
  readonly message: string;
  /** The server's error number, null where the failure is not the server's. */
  readonly errno: number | null;
  readonly sqlState: string | null;
  readonly endedBy: EndedBy;
}

/** The one error that a driver or a renderer throws on purpose; its reason says what a caller can do about it. */
export class RefreshError extends Error {
  override readonly name = 'RefreshError';
  readonly reason: FailureReason;
  readonly errno: number | null;
  readonly sqlState: string | null;
  readonly endedBy: EndedBy;
  /** Whether the server refused it because the user lacks a privilege. */
  readonly lacksPrivilege: boolean;

  constructor(reason: FailureReason, message: string, details: FailureDetails = {}) {
    super(message, { cause: details.cause });
    this.reason = reason;
    this.errno = details.errno ?? null;
    this.sqlState = details.sqlState ?? null;
    this.endedBy = details.endedBy === undefined ? 'exporter' : details.endedBy;
    this.lacksPrivilege = details.lacksPrivilege ?? false;
  }
}

export interface FailureDetails {
  readonly errno?: number | null;
  readonly sqlState?: string | null;
  /** Default: the exporter. */
  readonly endedBy?: EndedBy;
  /** Default: false. */
  readonly lacksPrivilege?: boolean;
  readonly cause?: unknown;
}
