import { formatDuration } from '../../language/duration.ts';
import { errorText } from '../../language/error-text.ts';
import { type FailureReason, RefreshError } from '../../model/failure.ts';
import type { OwnLimit } from './session-setup.ts';

/** What was being done when it failed: the same error number may mean different things. */
export type Step = 'connecting' | 'preparing' | 'init_sql' | 'running';

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
const OTHER_METHOD = meaning('auth', 'give the user caching_sha2_password, mysql_native_password or ed25519');
const WRITES = meaning('read_only', 'queries may only read');
const UNGRANTED = meaning('query', 'grant the user the privilege');

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
  [1251, OTHER_METHOD],
  [1524, meaning('auth', 'load the plugin on the server, or give the user another authentication method')],
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
  // Of MySQL 5.7 before it was released, and of what was made after it. MariaDB gives it to tables that are made.
  [1907, TOO_SLOW],
  [1969, TOO_SLOW],
  [3024, TOO_SLOW],
  [1290, WRITES],
  [1792, WRITES],
  [1836, WRITES],
  [1317, meaning('query', 'somebody killed the statement on the server')],
  [1142, UNGRANTED],
  [1143, UNGRANTED],
  [1227, UNGRANTED],
  // Such a user may log in, but do nothing.
  [1820, EXPIRED],
]);

/**
 * The failure that an error of the driver's library or of a socket stands for. `ownLimit`: the administrator's, where that
 * ends a statement before its deadline does.
 */
export function toFailure(error: unknown, step: Step, ownLimit: OwnLimit | null = null): RefreshError {
  if (error instanceof RefreshError) return error;
  const errno = errnoOf(error);
  const means = meaningOf(error, errno, step);
  const { reason, advice } = means === TOO_SLOW && ownLimit !== null ? overOwnLimit(ownLimit) : means;
  const where = step === 'init_sql' ? ' in init_sql' : step === 'preparing' ? ' while setting up the session' : '';
  // The server may quote values, and those of init_sql may be substituted secrets.
  const text = step === 'init_sql' && errno !== null ? 'the server refused a statement' : serverText(error);
  const hint = advice === '' || text.includes(advice) ? '' : `; ${advice}`;
  const number = errno === null ? '' : ` (${errno})`;
  // Not given as the cause: the library puts the whole statement on its errors.
  return new RefreshError(reason, `${text}${number}${where}${hint}`, {
    errno,
    sqlState: sqlStateOf(error),
    endedBy: errno === null ? null : 'server',
    lacksPrivilege: means === UNGRANTED,
  });
}

function meaningOf(error: unknown, errno: number | null, step: Step): Meaning {
  if (step === 'connecting') {
    if (errno !== null) return CONNECTING.get(errno) ?? meaning('connect');
    return isAuthRefusal(error) ? OTHER_METHOD : meaning('connect');
  }
  const found = errno === null ? LOST : (IN_SESSION.get(errno) ?? meaning('query'));
  return found === UNGRANTED && needsWriter(errorText(error)) ? WRITES : found;
}

/** Of `INSERT, DELETE command denied to user …`: what only somebody who writes needs. */
function needsWriter(text: string): boolean {
  const commands = /^([A-Z ,]+) command denied/.exec(text)?.[1];
  return commands !== undefined && !commands.split(', ').every((command) => READING.has(command));
}

const READING: ReadonlySet<string> = new Set(['SELECT', 'SHOW', 'SHOW VIEW', 'SHOW CREATE ROUTINE', 'EXECUTE']);

function overOwnLimit({ variable, ms }: OwnLimit): Meaning {
  const limit = `the server gives this user a ${variable} of ${formatDuration(ms)}`;
  return meaning('timeout', `${limit}, which is less than the timeout: make the query cheaper or raise that`);
}

/** The library gives up by itself where it does not know the server's authentication method, or thinks it unsafe. */
function isAuthRefusal(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'AUTH_SWITCH_PLUGIN_ERROR' || code === 'MYSQL_CLEAR_PASSWORD_NOT_ENABLED';
}

/** The server, or the user, has all the connections that are allowed: a matter of moments. */
export function isServerFull(error: unknown): boolean {
  return field(error, 'errno') === 1_040 || field(error, 'errno') === 1_203 || field(error, 'errno') === 1_226;
}

/** Numbers with which a server also says goodbye: it shuts down, or somebody or its own rules closed the connection. */
export function maybeLost(errno: number | null): boolean {
  return errno === 1_053 || errno === 1_927 || errno === 4_031;
}

/** The server admits the user, or this many of them, no longer; it may say so only at the first statement. */
export function isRefusedConnection(errno: number): boolean {
  return CONNECTING.has(errno);
}

/** A variable or a value that this server does not have, or does not let this user set in a session. */
export function isUnknownToServer(errno: number | null): boolean {
  return errno !== null && UNKNOWN.has(errno);
}

const UNKNOWN: ReadonlySet<number> = new Set([1_064, 1_193, 1_227, 1_228, 1_229, 1_231, 1_232, 1_235, 1_238]);

/** The number of an error that the server sent; null for one of a socket or of the library. */
export function errnoOf(error: unknown): number | null {
  const errno = field(error, 'errno');
  // Only what was read from an error packet has the server's own text beside it: any number may stand in one.
  return typeof errno === 'number' && typeof field(error, 'sqlMessage') === 'string' ? errno : null;
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
  const text = errorText(error);
  const plugin = /unknown plugin (\w+)/.exec(text)?.[1];
  if (plugin !== undefined) return `the server asks for the authentication method ${plugin}, which is not supported`;
  return withoutStatement(text);
}

/** The server quotes the statement from the place that it could not read; its literals are nobody's business. */
function withoutStatement(text: string): string {
  return text.replace(/ near '([\s\S]*)' at line (\d+)/, (_, rest: string, line: string) => {
    const word = /^[\w.$]{1,64}/.exec(rest)?.[0];
    const shown = word === undefined && rest !== '' ? hidden(rest) : `'${word ?? ''}'`;
    return ` near ${shown} at line ${line}`;
  });
}

/** Servers quote no more than this. */
const QUOTED = 80;

function hidden({ length }: string): string {
  if (length === 1) return 'a character that is not shown';
  return `${length < QUOTED ? length : 'many'} characters that are not shown`;
}

function field(error: unknown, name: string): unknown {
  return typeof error === 'object' && error !== null ? (error as Record<string, unknown>)[name] : undefined;
}
