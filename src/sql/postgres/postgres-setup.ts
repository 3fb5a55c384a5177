/**
 * The settings of one transaction. They end with it, so that no other client of a pooler between us and the server ever
 * sees one of them.
 */
export interface Setting {
  readonly name: string;
  readonly value: string;
}

/** What the role, the database or the server says by itself, in milliseconds; 0: nothing. */
export interface Defaults {
  readonly statement_timeout: number;
  readonly lock_timeout: number;
  readonly idle_in_transaction_session_timeout: number;
  readonly transaction_timeout: number;
}

/** When the server itself ends a statement, and whether that is its own wish or what we told it. */
export interface StatementLimit {
  readonly ms: number;
  readonly isOurs: boolean;
}

/** How soon a server notices that the client of a working statement is gone. */
const CHECK_MS = 500;
/** The longest time that a setting takes. */
const MAX_MS = 2 ** 31 - 1;

const LIMITS = [
  'statement_timeout',
  'lock_timeout',
  'idle_in_transaction_session_timeout',
  'transaction_timeout',
] as const satisfies readonly (keyof Defaults)[];

/** Gives the process that answers and the defaults, in one round trip and without a trace. */
export const PROBE = [
  'BEGIN READ ONLY',
  `SELECT pg_backend_pid(), ${LIMITS.map(
    // 0 for a setting that the server does not have; others come with their unit, as 1500ms or 2min.
    (name) => `coalesce(round(extract(epoch FROM current_setting('${name}', true)::interval) * 1000), 0)`,
  ).join(', ')}`,
  'ROLLBACK',
].join('; ');

/** Reads the row that {@link PROBE} gives. */
export function readProbe(row: readonly (string | null)[]): {
  readonly processId: number;
  readonly defaults: Defaults;
} {
  const [processId = Number.NaN, ...limits] = row.map(Number);
  const [statement = 0, lock = 0, idle = 0, transaction = 0] = limits;
  return {
    processId,
    defaults: {
      statement_timeout: statement,
      lock_timeout: lock,
      idle_in_transaction_session_timeout: idle,
      transaction_timeout: transaction,
    },
  };
}

/** Of what is left until the deadline; a smaller limit of the role's holds. */
export function statementLimit(defaults: Defaults, leftMs: number): StatementLimit {
  const ours = serverLimitMs(leftMs);
  const theirs = defaults.statement_timeout;
  return theirs > 0 && theirs < ours ? { ms: theirs, isOurs: false } : { ms: ours, isOurs: true };
}

/** What a transaction sets, by the major version of the server. */
export function transactionSettings(version: number, defaults: Defaults, leftMs: number): Setting[] {
  const limitMs = serverLimitMs(leftMs);
  const endMs = Math.min(MAX_MS, Math.ceil(leftMs) + 1);
  const limits: Readonly<Record<keyof Defaults, number>> = {
    statement_timeout: limitMs,
    // A little sooner, so that the server says what it waited for.
    lock_timeout: Math.max(1, limitMs - 10),
    idle_in_transaction_session_timeout: endMs,
    transaction_timeout: endMs,
  };
  const settings: Setting[] = [
    { name: 'client_min_messages', value: 'error' },
    { name: 'datestyle', value: 'ISO' },
    { name: 'intervalstyle', value: 'postgres' },
    { name: 'extra_float_digits', value: '1' },
  ];
  for (const name of LIMITS) {
    if (name === 'transaction_timeout' && version < 17) continue;
    if (defaults[name] === 0 || defaults[name] > limits[name]) settings.push({ name, value: String(limits[name]) });
  }
  if (version >= 14) settings.push({ name: 'client_connection_check_interval', value: String(CHECK_MS) });
  return settings;
}

export function beginText(settings: readonly Setting[]): string {
  return ['BEGIN READ ONLY', ...settings.map(({ name, value }) => `SET LOCAL ${name} = '${value}'`)].join('; ');
}

/** After statements of others: one of them may have taken the promise back, and all of them took time. */
export function againText(limit: StatementLimit): string {
  return `SET TRANSACTION READ ONLY; SET LOCAL statement_timeout = '${limit.ms}'`;
}

/** Reads `15.18 (Debian …)`, `18beta1` or whatever else a server calls its version. */
export function majorVersion(serverVersion: string): number {
  return Number.parseInt(serverVersion, 10) || 0;
}

/** A little before the deadline: a statement that the server ends by itself costs neither a cancel nor the connection. */
function serverLimitMs(leftMs: number): number {
  return Math.min(MAX_MS, Math.max(1, Math.floor(leftMs - Math.min(50, leftMs / 10))));
}
