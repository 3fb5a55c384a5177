import type { Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { createConnection } from 'mysql2';
import { formatAddress } from '../../language/address.ts';
import type { Connection } from '../../model/plan.ts';
import type { OpenConnection } from '../pool/open-connection.ts';
import { signEd25519 } from './ed25519.ts';
import { greeting } from './greeting.ts';
import type { Handshake, Library } from './mysql-library.ts';
import { guardPackets } from './packet-guard.ts';

/** What the server said when it greeted, and the library over its socket, logged in. */
export interface LoggedIn {
  readonly library: Library;
  readonly handshake: Handshake;
}

export async function logIn(connection: Connection, open: OpenConnection): Promise<LoggedIn> {
  const { socket, reached, password, tls, signal } = open;
  await greeting(socket, formatAddress(reached), signal);
  const library = createLibrary(connection, socket, password, tls);
  signal.addEventListener('abort', () => library.stream.destroy(), { once: true });
  try {
    return { library, handshake: await handshakeOf(library) };
  } catch (error) {
    library.stream.destroy();
    throw error;
  }
}

function createLibrary(
  { address, user, database }: Connection,
  socket: Socket,
  password: string,
  tls: ConnectionOptions | null,
): Library {
  const library = createConnection({
    stream: socket,
    // Only tells the library that the way is safe enough for a password that goes over it.
    ...(address.kind === 'socket' ? { socketPath: address.path } : {}),
    user,
    password,
    database,
    connectTimeout: 0,
    authPlugins: { client_ed25519: () => (nonce) => signEd25519(password, nonce) },
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
  guardPackets(library);
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

function handshakeOf(library: Library): Promise<Handshake> {
  return new Promise((resolve, reject) => {
    library.once('connect', resolve);
    library.once('error', reject);
  });
}
