import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { createConnection } from 'mysql2';
import { formatDuration } from '../../language/duration.ts';
import type { Address, Password, Target } from '../../model/plan.ts';
import { formatAddress } from '../../language/address.ts';
import { dial } from './dial.ts';
import type { Handshake, Library } from './library.ts';
import type { NameLookups } from '../pool/name-lookups.ts';
import { MysqlSession } from './session.ts';
import { dialectOf } from './session-setup.ts';
import { tlsOptions } from './tls.ts';

/**
 * Opens a session on a target, or on one address of it. Password and certificates are read anew. Rejects within the
 * target's connect timeout or when the signal aborts, and then leaves no socket behind.
 */
export async function connectSession(
  target: Target,
  address: Address,
  lookups: NameLookups,
  signal: AbortSignal,
): Promise<MysqlSession> {
  const stopping = new AbortController();
  const stop = (): void => stopping.abort(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  const late = setTimeout(
    () => stopping.abort(new ConnectTimeout(formatAddress(address), target.connectTimeoutMs)),
    target.connectTimeoutMs,
  );
  try {
    if (signal.aborted) stop();
    return await open(target, address, lookups, stopping.signal);
  } catch (error) {
    throw stopping.signal.aborted ? stopping.signal.reason : error;
  } finally {
    clearTimeout(late);
    signal.removeEventListener('abort', stop);
  }
}

class ConnectTimeout extends Error {
  override readonly name = 'ConnectTimeout';

  constructor(place: string, limitMs: number) {
    super(`no connection to ${place} within ${formatDuration(limitMs)}`);
  }
}

async function open(
  target: Target,
  address: Address,
  lookups: NameLookups,
  signal: AbortSignal,
): Promise<MysqlSession> {
  // Before the server is there: it gives a client only so long to log in.
  const [password, tls] = await abortable(
    Promise.all([readPassword(target.password), target.tls && tlsOptions(target.tls, target.address)]),
    signal,
  );
  const { socket, reached } = await dial(address, lookups, signal);
  const library = createLibrary(target, socket, password, tls);
  const destroy = (): void => {
    library.stream.destroy();
    socket.destroy();
  };
  signal.addEventListener('abort', destroy, { once: true });
  try {
    const { serverVersion } = await abortable(loggedIn(library), signal);
    const { readTimeoutMs } = target;
    return new MysqlSession(library, { address: reached, dialect: dialectOf(serverVersion), readTimeoutMs });
  } catch (error) {
    destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', destroy);
  }
}

function createLibrary(target: Target, socket: Socket, password: string, tls: ConnectionOptions | null): Library {
  const library = createConnection({
    stream: socket,
    // Only tells the library that the way is safe enough for a password that goes over it.
    ...(target.address.kind === 'socket' ? { socketPath: target.address.path } : {}),
    user: target.user,
    password,
    database: target.database,
    connectTimeout: 0,
    // None are ever prepared, and every reset clears room for all of them.
    maxPreparedStatements: 1,
    // IGNORE_SPACE would make every name of a function a reserved word, until the first reset.
    flags: ['-LOCAL_FILES', '-IGNORE_SPACE', '-ODBC', '-FOUND_ROWS'],
    // Generated code would stumble over a column called __proto__.
    disableEval: true,
    connectAttributes: { program_name: 'query-exporter' },
    ...(tls === null ? {} : { ssl: { rejectUnauthorized: true, verifyIdentity: true } }),
  }) as unknown as Library;
  // What is under way rejects by itself; without a listener an error of the connection would end the process.
  library.on('error', () => undefined);
  if (tls !== null) library.startTLS = (onSecure) => startTls(library, socket, tls, onSecure);
  return library;
}

function startTls(
  library: Library,
  socket: Socket,
  options: ConnectionOptions,
  onSecure: (error?: Error) => void,
): void {
  let isSecure = false;
  socket.removeAllListeners('data');
  const secure = connectTls({ ...options, socket }, () => {
    isSecure = true;
    onSecure();
  });
  secure.on('error', (error) => (isSecure ? socket.destroy(error) : onSecure(error)));
  secure.on('data', (chunk: Buffer) => library.packetParser.execute(chunk));
  library.stream = secure;
}

function loggedIn(library: Library): Promise<Handshake> {
  return new Promise((resolve, reject) => {
    library.once('connect', resolve);
    library.once('error', reject);
  });
}

async function readPassword(password: Password): Promise<string> {
  switch (password.kind) {
    case 'none':
      return '';
    case 'text':
      return password.text;
    case 'file':
      return readPasswordFile(password.path);
    default:
      return password satisfies never;
  }
}

async function readPasswordFile(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).replace(/\r?\n$/, '');
  } catch (error) {
    throw new Error(`password_file cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Gives up waiting when the signal aborts; what is waited for goes on by itself. */
function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
