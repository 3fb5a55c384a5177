import { formatDuration } from '../../language/duration.ts';
import { errorText } from '../../language/error-text.ts';
import { type FailureReason, RefreshError } from '../../model/failure.ts';
import { ConnectionEnded, ServerError } from './postgres-connection.ts';
import type { StatementLimit } from './postgres-setup.ts';

/** A text of the server goes into logs and pages; a procedure may raise one of megabytes. */
const MAX_TEXT = 1_000;

interface Meaning {
  readonly reason: FailureReason;
  /** What to do about it; empty where the server's text says it all. */
  readonly advice: string;
}

const meaning = (reason: FailureReason, advice = ''): Meaning => ({ reason, advice });

const WRITES = meaning('read_only', 'queries may only read');
const SHORT_OF = meaning('query', 'the server lacks disk or memory');
const RECOVERY = meaning('query', 'raise max_standby_streaming_delay or set hot_standby_feedback on the standby');

/** While a connection is being made. Everything else is `connect`. */
const CONNECTING: ReadonlyMap<string, Meaning> = new Map([
  ['28P01', meaning('auth', 'check user and password, and whether the password has expired')],
  ['28000', meaning('auth', 'check the user and pg_hba.conf on the server; where that wants encryption, set "tls"')],
  ['3D000', meaning('auth', 'check the name of the database')],
  ['42501', meaning('auth', 'grant the user CONNECT on the database')],
  ['53300', meaning('connect', 'the server admits no more connections')],
  ['57P03', meaning('connect', 'the server does not admit anybody yet, or any more')],
]);

/** In a session that goes on. Everything else is `query`. */
const IN_SESSION: ReadonlyMap<string, Meaning> = new Map([
  ['25006', WRITES],
  ['2D000', WRITES],
  ['25001', WRITES],
  ['55P03', meaning('timeout', 'another session holds a lock that the query needs')],
  ['40001', RECOVERY],
  ['40P01', RECOVERY],
  ['42501', meaning('query', 'grant the user SELECT, or pg_monitor for what the server shows about itself')],
  ['53100', SHORT_OF],
  ['53200', SHORT_OF],
  ['53400', SHORT_OF],
]);

/** By what PgBouncer says about a login: it has one code for everything and speaks one language. */
const POOLER_AUTH = /^(?:no such|password|sasl|auth|not allowed)|does not exist$/i;

/** What stands for a failure to connect. */
export function connectFailure(thrown: unknown): RefreshError {
  const error = thrown instanceof ConnectionEnded ? (thrown.cause ?? thrown) : thrown;
  if (error instanceof RefreshError) return error;
  if (!(error instanceof ServerError)) return new RefreshError('connect', plainText(error), { endedBy: null });
  const isAuth = error.sqlState === '08P01' && POOLER_AUTH.test(error.message);
  return refused(error, CONNECTING.get(error.sqlState) ?? meaning(isAuth ? 'auth' : 'connect'), '');
}

/** The server, the database or the role has all the connections that are allowed: a matter of moments. */
export function isServerFull(error: unknown): boolean {
  return error instanceof RefreshError && error.sqlState === '53300';
}

/** What was being done in a session. */
export interface Moment {
  readonly where: 'setup' | 'init_sql' | 'statement' | 'other';
  readonly elapsedMs: number;
  readonly limit: StatementLimit | null;
}

const OTHER: Moment = { where: 'other', elapsedMs: 0, limit: null };

/** What stands for a failure in a session. */
export function sessionFailure(error: unknown, moment = OTHER): RefreshError {
  if (error instanceof RefreshError) return error;
  if (error instanceof ServerError) return refused(error, refusal(error, moment), moment.where);
  if (error instanceof ConnectionEnded) {
    const { cause } = error;
    if (!(cause instanceof ServerError)) return lost(error.message);
    // The transaction's own limit ends the connection, too.
    if (cause.sqlState === '25P04') return refused(cause, tooSlow(moment.limit), moment.where);
    return lost(cause.message, cause.sqlState);
  }
  return lost(plainText(error));
}

function refusal({ sqlState }: ServerError, { elapsedMs, limit }: Moment): Meaning {
  if (sqlState !== '57014') return IN_SESSION.get(sqlState) ?? meaning('query');
  // The same code whoever it was, and the text is translated. Timers of the two sides may differ in the last digit.
  const isLimit = limit !== null && elapsedMs >= limit.ms - 1;
  return isLimit ? tooSlow(limit) : meaning('query', 'somebody cancelled the statement on the server');
}

function tooSlow(limit: StatementLimit | null): Meaning {
  if (limit === null || limit.isOurs) return meaning('timeout', 'make the query cheaper or raise its timeout');
  const theirs = `statement_timeout of the user or the database is ${formatDuration(limit.ms)}`;
  return meaning('timeout', `${theirs}: make the query cheaper or raise that`);
}

function refused(error: ServerError, { reason, advice }: Meaning, where: Moment['where'] | ''): RefreshError {
  const place = where === 'init_sql' ? ' in init_sql' : where === 'setup' ? ' while setting up the session' : '';
  // The server quotes values, and those of init_sql may be substituted secrets.
  const text = where === 'init_sql' ? 'the server refused a statement' : plainText(error);
  const hint = advice === '' ? '' : `; ${advice}`;
  return new RefreshError(reason, `${text} (${error.sqlState})${place}${hint}`, {
    sqlState: error.sqlState,
    endedBy: 'server',
    lacksPrivilege: error.sqlState === '42501',
  });
}

function lost(text: string, sqlState: string | null = null): RefreshError {
  const code = sqlState === null ? '' : ` (${sqlState})`;
  return new RefreshError('lost', `${text}${code}; the next run connects again`, { sqlState, endedBy: null });
}

function plainText(error: unknown): string {
  const text = errorText(error);
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}
