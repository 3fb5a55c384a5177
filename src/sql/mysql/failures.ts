import { formatDuration } from '../../language/duration.ts';
import { type FailureReason, RefreshError } from '../../model/failure.ts';
import type { Target } from '../../model/plan.ts';

/** What was being done when it failed: the same error number may mean different things. */
export type Phase = 'waiting' | 'connecting' | 'preparing' | 'init_sql' | 'running';

/** What a failure is about. */
export interface Subject {
  readonly target: Target;
  /** Null: a ping. */
  readonly query: string | null;
}

interface Meaning {
  readonly reason: FailureReason;
  /** What to do about it; empty where the server's text says it all. */
  readonly advice: string;
}

const meaning = (reason: FailureReason, advice = ''): Meaning => ({ reason, advice });

const LOST = meaning('lost', 'the next run connects again');
const FULL = meaning('connect', 'the server admits no more connections');
const LOCKED = meaning('auth', 'unlock the account or wait until the server does');
const EXPIRED = meaning('auth', "renew the user's password");
const LOCK_WAIT = meaning('timeout', 'another session holds a lock that the query needs');
const TOO_SLOW = meaning('timeout', 'make the query cheaper or raise its timeout');
const WRITES = meaning('read_only', 'queries may only read');

/** By error number, while a connection is being made. Everything else is `connect`. */
const CONNECTING: ReadonlyMap<number, Meaning> = new Map([
  [1040, FULL],
  [1203, FULL],
  [1226, meaning('connect', "the user's own limit on the server is reached")],
  [1129, meaning('connect', 'run FLUSH HOSTS on the server')],
  [1044, meaning('auth', 'grant the user access to the database')],
  [1045, meaning('auth', 'check user and password')],
  [1049, meaning('auth', 'check the name of the database')],
  [1130, meaning('auth', 'allow the user to come from this host')],
  [1251, meaning('auth', 'give the user another authentication method')],
  [1524, meaning('auth', 'give the user another authentication method')],
  [1698, meaning('auth', 'give the user an authentication method with a password')],
  [1820, EXPIRED],
  [1862, EXPIRED],
  [3118, LOCKED],
  [3159, meaning('auth', 'the server wants TLS: set "tls"')],
  [3955, LOCKED],
  [4151, LOCKED],
]);

/** By error number, in a session. Everything else is `query`. */
const IN_SESSION: ReadonlyMap<number, Meaning> = new Map([
  [1065, meaning('no_result', 'the statement is empty')],
  [1205, LOCK_WAIT],
  [1969, TOO_SLOW],
  [3024, TOO_SLOW],
  [1290, WRITES],
  [1792, WRITES],
  [1836, WRITES],
  [1317, meaning('query', 'somebody killed the statement on the server')],
  [1142, meaning('query', 'grant the user the privilege')],
  [1143, meaning('query', 'grant the user the privilege')],
  [1227, meaning('query', 'grant the user the privilege')],
  // Such a user may log in, but do nothing.
  [1820, EXPIRED],
  [1053, LOST],
  [1927, LOST],
  [2006, LOST],
  [2013, LOST],
  [4031, LOST],
]);

/** The server sent nothing for longer than the target's read timeout. */
export class ServerSilent extends Error {
  override readonly name = 'ServerSilent';

  constructor(limitMs: number) {
    super(`the server sent nothing for ${formatDuration(limitMs)}`);
  }
}

/** The result passes one of its caps. */
export class TooLarge extends Error {
  override readonly name = 'TooLarge';
}

/** What came is no result as the protocol has them. */
export class BrokenResult extends Error {
  override readonly name = 'BrokenResult';
}

/** The failure that an error of the driver's library or of a socket stands for. */
export function toFailure(error: unknown, phase: Phase, subject: Subject): RefreshError {
  if (error instanceof RefreshError) return error;
  const errno = errnoOf(error);
  const { reason, advice } = meaningOf(error, errno, phase);
  const where = phase === 'init_sql' ? ' in init_sql' : phase === 'preparing' ? ' while setting up the session' : '';
  // The server may quote values, and those of init_sql may be substituted secrets.
  const text = phase === 'init_sql' && errno !== null ? 'the server refused a statement' : serverText(error);
  const hint = advice === '' || text.includes(advice) ? '' : `; ${advice}`;
  const number = errno === null ? '' : ` (${errno})`;
  // Not given as the cause: the library puts the whole statement on its errors.
  return failure(subject, reason, `${text}${number}${where}${hint}`, { errno, sqlState: sqlStateOf(error) });
}

/** A failure whose message names target and query. */
export function failure(
  { target, query }: Subject,
  reason: FailureReason,
  text: string,
  details: { readonly errno?: number | null; readonly sqlState?: string | null } = {},
): RefreshError {
  const who = query === null ? `target "${target.name}"` : `query "${query}" on target "${target.name}"`;
  return new RefreshError(reason, `${who}: ${text}`, details);
}

function meaningOf(error: unknown, errno: number | null, phase: Phase): Meaning {
  if (phase === 'connecting') {
    if (errno !== null) return CONNECTING.get(errno) ?? meaning('connect');
    return isAuthRefusal(error) ? meaning('auth', 'give the user another authentication method') : meaning('connect');
  }
  if (error instanceof TooLarge) return meaning('too_large', 'let the query give less or raise the limit');
  if (error instanceof ServerSilent) return meaning('timeout', 'raise readTimeout or find out what keeps the server');
  if (errno === null) return LOST;
  return IN_SESSION.get(errno) ?? meaning('query');
}

/** The library gives up by itself where it does not know the server's authentication method, or thinks it unsafe. */
function isAuthRefusal(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'AUTH_SWITCH_PLUGIN_ERROR' || code === 'MYSQL_CLEAR_PASSWORD_NOT_ENABLED';
}

/** The server, or the user, has all the connections that are allowed: a matter of moments. */
export function isServerFull(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === 1_040 || errno === 1_203 || errno === 1_226;
}

/** The number of an error that the server sent; a socket's errors have negative ones or none. */
export function errnoOf(error: unknown): number | null {
  const errno = field(error, 'errno');
  return typeof errno === 'number' && errno >= 1_000 ? errno : null;
}

function sqlStateOf(error: unknown): string | null {
  const state = field(error, 'sqlState');
  return typeof state === 'string' && state !== '' ? state : null;
}

function codeOf(error: unknown): string | null {
  const code = field(error, 'code');
  return typeof code === 'string' ? code : null;
}

function serverText(error: unknown): string {
  const code = codeOf(error);
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT') return 'the server offers no TLS, so nothing was sent; set up TLS on it';
  if (code === 'MYSQL_CLEAR_PASSWORD_NOT_ENABLED') return 'the server asks for the password in clear text';
  if (code === 'PROTOCOL_CONNECTION_LOST') return 'the server closed the connection';
  // Several addresses of one name were tried: such an error has no text of its own.
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(serverText).join(', ');
  const text = error instanceof Error ? error.message : String(error);
  const plugin = /unknown plugin (\w+)/.exec(text)?.[1];
  if (plugin !== undefined) return `the server asks for the authentication method ${plugin}, which is not supported`;
  return withoutStatement(text);
}

/** The server quotes the statement from the place that it could not read; its literals are nobody's business. */
function withoutStatement(text: string): string {
  return text.replace(/ near '([\w.$]{0,64})[\s\S]*' at line (\d+)/, ` near '$1' at line $2`);
}

function field(error: unknown, name: string): unknown {
  return typeof error === 'object' && error !== null ? (error as Record<string, unknown>)[name] : undefined;
}
