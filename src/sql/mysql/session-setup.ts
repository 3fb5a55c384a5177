/**
 * The one statement that makes a session safe: its limits, so that the server ends what we cannot end, and read-only
 * transactions, so that no DML or DDL runs whatever the user may do.
 */
export interface SessionTerms {
  /** What is left until the deadline. */
  readonly leftMs: number;
  readonly slowLog: boolean;
}

/** Which variables a server has. */
export interface Dialect {
  /** The limit of a statement: MariaDB's covers every statement, MySQL's only SELECT, and old servers have none. */
  readonly limit: 'max_statement_time' | 'max_execution_time' | null;
  readonly readOnly: 'transaction_read_only' | 'tx_read_only';
  /** What keeps a session's statements out of the slow log. */
  readonly slowLogOff: string;
}

/**
 * Reads the version that a server greets with, such as `8.4.2` or `5.5.5-10.11.6-MariaDB-log`. The variables came with
 * MariaDB 10.1 and 11.1, and with MySQL 5.7.8 and 5.7.20.
 */
export function dialectOf(version: string): Dialect {
  // MariaDB puts 5.5.5 in front so that old replicas do not stumble over a two-digit number.
  const [major = 0, minor = 0, patch = 0] = version
    .replace(/^5\.5\.5-(?=\d)/, '')
    .split(/[.-]/, 3)
    .map(Number);
  const since = (...wanted: readonly [number, number, number]): boolean =>
    (major - wanted[0] || minor - wanted[1] || patch - wanted[2]) >= 0;
  if (/mariadb/i.test(version)) {
    return {
      limit: since(10, 1, 1) ? 'max_statement_time' : null,
      readOnly: since(11, 1, 1) ? 'transaction_read_only' : 'tx_read_only',
      slowLogOff: 'slow_query_log=0',
    };
  }
  return {
    limit: since(5, 7, 8) ? 'max_execution_time' : null,
    readOnly: since(5, 7, 20) ? 'transaction_read_only' : 'tx_read_only',
    // The log cannot be switched off for a session; this is the longest time it can be told to wait.
    slowLogOff: 'long_query_time=31536000',
  };
}

export function sessionSetup(dialect: Dialect, terms: SessionTerms): string {
  const limitMs = serverLimitMs(terms.leftMs);
  // Locks are waited for in whole seconds, at least one.
  const lockSeconds = Math.max(1, Math.ceil(terms.leftMs / 1_000));
  const assignments = [
    // A reset takes the character set of the connection back to the server's own.
    'NAMES utf8mb4',
    `SESSION ${dialect.readOnly}=1`,
    `SESSION lock_wait_timeout=${lockSeconds}`,
    `SESSION innodb_lock_wait_timeout=${lockSeconds}`,
  ];
  if (dialect.limit === 'max_statement_time') assignments.push(`SESSION max_statement_time=${limitMs / 1_000}`);
  if (dialect.limit === 'max_execution_time') assignments.push(`SESSION max_execution_time=${limitMs}`);
  if (!terms.slowLog) assignments.push(`SESSION ${dialect.slowLogOff}`);
  return `SET ${assignments.join(', ')}`;
}

/** A little before the deadline: a statement that the server ends by itself costs neither a KILL nor the connection. */
function serverLimitMs(leftMs: number): number {
  return Math.max(1, Math.floor(leftMs - Math.min(50, leftMs / 10)));
}
