import type { Protection } from '../../model/server-facts.ts';
import { isMariadb, type ServerVersion } from './server-version.ts';

/** What a session is set up for. */
export interface SetupTerms {
  /** After this the server is to end a statement by itself. */
  readonly limitMs: number;
  readonly slowLog: boolean;
  /** Whether it takes a lock, which must not stay with a client that is gone without a word. */
  readonly takesLock: boolean;
}

/** One thing that a session is told. Servers know it by one of several forms, or not at all. */
export interface SetupPart {
  readonly name: string;
  /** What is missing without it. */
  readonly protection: Protection | null;
  /** The likely one first. */
  readonly forms: readonly string[];
}

/** The variables that hold the longest time of a statement: MariaDB's in seconds, MySQL's in milliseconds. */
const LIMITS = [
  { variable: 'max_statement_time', unitMs: 1_000 },
  { variable: 'max_execution_time', unitMs: 1 },
] as const;
export type LimitVariable = (typeof LIMITS)[number];

/** How long a user's statements may take by the rules of the server. */
export interface OwnLimit {
  readonly variable: string;
  readonly ms: number;
}

/** The likely one first: MariaDB's covers every statement, MySQL's only SELECT, and old servers have none. */
export function limitVariables(server: ServerVersion): readonly LimitVariable[] {
  return isMariadb(server) ? LIMITS : LIMITS.toReversed();
}

/**
 * What makes a session safe, in the order in which it is told: its limits, so that the server ends what we cannot end, and
 * read-only transactions, so that neither DML nor DDL runs whatever the user may do; `beginReadOnly` adds one that is open.
 */
export function setupParts(server: ServerVersion, { limitMs, slowLog, takesLock }: SetupTerms): SetupPart[] {
  // Locks are waited for in whole seconds, at least one.
  const lockSeconds = Math.max(1, Math.ceil(limitMs / 1_000));
  const limits = limitVariables(server).map(({ variable, unitMs }) => `SESSION ${variable}=${limitMs / unitMs}`);
  const parts: SetupPart[] = [
    // A reset takes the character set of the connection back to the server's own.
    { name: 'character set', protection: null, forms: ['NAMES utf8mb4'] },
    { name: 'read-only', protection: 'read_only', forms: READ_ONLY },
    { name: 'lock wait', protection: 'lock_wait', forms: [`SESSION lock_wait_timeout=${lockSeconds}`] },
    { name: 'row lock wait', protection: 'lock_wait', forms: [`SESSION innodb_lock_wait_timeout=${lockSeconds}`] },
    { name: 'limit', protection: 'deadline', forms: limits },
  ];
  if (takesLock) parts.push({ name: 'idle', protection: null, forms: [`SESSION wait_timeout=${lockSeconds + 1}`] });
  if (!slowLog) parts.push({ name: 'slow log', protection: null, forms: SLOW_LOG_OFF });
  return parts;
}

/** The second is what MariaDB before 11.1 and MySQL before 5.7.20 have. */
const READ_ONLY = ['SESSION transaction_read_only=1', 'SESSION tx_read_only=1'];
/** MySQL's log cannot be switched off for a session; this is the longest time that it can be told to wait. */
const SLOW_LOG_OFF = ['SESSION slow_query_log=0', 'SESSION long_query_time=31536000'];

/** A little before the deadline: a statement that the server ends by itself costs neither a KILL nor the connection. */
export function serverLimitMs(leftMs: number): number {
  return Math.max(1, Math.floor(leftMs - Math.min(50, leftMs / 10)));
}
