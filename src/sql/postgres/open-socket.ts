import { once } from 'node:events';
import type { Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { serialize } from 'pg-protocol';
import { formatAddress } from '../../language/address.ts';
import type { Address } from '../../model/plan.ts';
import type { NameLookups } from '../pool/name-lookups.ts';
import { dial } from './borrowed.ts';

/** How a server is reached, for a login as for a cancel request. */
export interface Way {
  readonly address: Address;
  /** Null: without encryption. */
  readonly tls: ConnectionOptions | null;
  readonly lookups: NameLookups;
}

/** Whatever listens there, it is no PostgreSQL server. */
export class NotPostgres extends Error {
  override readonly name = 'NotPostgres';

  constructor(place: string) {
    super(`what listens on ${place} does not speak the PostgreSQL protocol`);
  }
}

const YES = 0x53;
const NO = 0x4e;

/** Gives an open socket, encrypted where that is wanted. It is destroyed when the signal aborts meanwhile. */
export async function openSocket(
  { address, tls, lookups }: Way,
  signal: AbortSignal,
): Promise<{ readonly socket: Socket; readonly reached: Address }> {
  const { socket, reached } = await dial(address, lookups, signal);
  if (tls === null) return { socket, reached };
  const destroy = (): unknown => socket.destroy();
  signal.addEventListener('abort', destroy, { once: true });
  try {
    await requestTls(socket, formatAddress(reached), signal);
    const secure = connectTls({ ...tls, socket });
    await once(secure, 'secureConnect', { signal });
    return { socket: secure, reached };
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', destroy);
  }
}

/** Throws unless the server agrees, in the one byte that it answers with before encryption begins. */
async function requestTls(socket: Socket, place: string, signal: AbortSignal): Promise<void> {
  socket.write(serialize.requestSsl());
  // An end of the stream counts as readable, too; then there is nothing to read.
  await once(socket, 'readable', { signal });
  const answer = socket.read() as Buffer | null;
  if (answer === null) throw new Error(`${place} closed the connection when it was asked for TLS`);
  // More than the byte would be somebody's words from before the encryption, taken for the server's.
  if (answer.length !== 1 || (answer[0] !== YES && answer[0] !== NO)) throw new NotPostgres(place);
  if (answer[0] === NO) throw new Error('the server offers no TLS, so nothing was sent; set up TLS on it');
}
