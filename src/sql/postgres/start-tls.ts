import { once } from 'node:events';
import type { Socket } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { serialize } from 'pg-protocol';

const YES = 0x53;
const NO = 0x4e;

/** Encrypts a connection on which nothing was said yet. What ends the socket ends this, too. */
export async function startTls(socket: Socket, tls: ConnectionOptions, signal: AbortSignal): Promise<TLSSocket> {
  socket.write(serialize.requestSsl());
  // An end of the stream counts as readable, too; then there is nothing to read.
  await once(socket, 'readable', { signal });
  const answer = socket.read() as Buffer | null;
  if (answer === null) throw new Error('the server closed the connection when it was asked for TLS');
  // More than the byte would be somebody's words from before the encryption, taken for the server's.
  if (answer.length !== 1 || (answer[0] !== YES && answer[0] !== NO)) throw notPostgres();
  if (answer[0] === NO) throw new Error('the server offers no TLS, so nothing was sent; set up TLS on it');
  const secure = connect({ ...tls, socket });
  await once(secure, 'secureConnect', { signal });
  return secure;
}

export function notPostgres(): Error {
  return new Error('what listens there does not speak the PostgreSQL protocol');
}
