/**
 * The settings of one transaction. They end with it, so that no other client of a pooler between us and the server ever
 * sees one of them.
 */
export interface Setting {
  readonly name: string;
  readonly value: string;
}

export const LIMITS = [
  'statement_timeout',
  'lock_timeout',
  'idle_in_transaction_session_timeout',
  'transaction_timeout',
] as const;

/** What the role, the database or the server says by itself, in milliseconds; 0: nothing. */
export type Defaults = Readonly<Record<(typeof LIMITS)[number], number>>;

/** When the server itself ends a statement, and whether that is its own wish or what we told it. */
export interface StatementLimit {
  readonly ms: number;
  readonly isOurs: boolean;
}

/** How soon a server notices that the client of a working statement is gone. */
const CHECK_MS = 500;
/** The longest time that a setting takes. */
const MAX_MS = 2 ** 31 - 1;

/** Of what is left until the deadline; a smaller limit of the role's holds. */
export function statementLimit({ statement_timeout: theirs }: Defaults, leftMs: number): StatementLimit {
  const ours = serverLimitMs(leftMs);
  return theirs > 0 && theirs < ours ? { ms: theirs, isOurs: false } : { ms: ours, isOurs: true };
}

/** What a transaction sets, by the major version of the server. */
export function transactionSettings(version: number, defaults: Defaults, leftMs: number): Setting[] {
  const limitMs = serverLimitMs(leftMs);
  const endMs = Math.min(MAX_MS, Math.ceil(leftMs) + 1);
  const limits: Defaults = {
    statement_timeout: limitMs,
    // A little sooner, so that the server says what it waited for.
    lock_timeout: Math.max(1, limitMs - 10),
    idle_in_transaction_session_timeout: endMs,
    transaction_timeout: endMs,
  };
  const wanted = LIMITS.filter((name) => {
    return (name !== 'transaction_timeout' || version >= 17) && !(defaults[name] > 0 && defaults[name] <= limits[name]);
  });
  return [
    { name: 'client_min_messages', value: 'error' },
    { name: 'datestyle', value: 'ISO' },
    { name: 'intervalstyle', value: 'postgres' },
    { name: 'extra_float_digits', value: '1' },
    ...wanted.map((name) => ({ name, value: String(limits[name]) })),
    ...(version < 14 ? [] : [{ name: 'client_connection_check_interval', value: String(CHECK_MS) }]),
  ];
}

/** After statements of others: one of them may have taken the promise back, and all of them took time. */
export function againText({ ms }: StatementLimit): string {
  return `SET TRANSACTION READ ONLY; SET LOCAL statement_timeout = '${ms}'`;
}

/** A little before the deadline: a statement that the server ends by itself costs neither a cancel nor the connection. */
function serverLimitMs(leftMs: number): number {
  return Math.min(MAX_MS, Math.max(1, Math.floor(leftMs - Math.min(50, leftMs / 10))));
}
