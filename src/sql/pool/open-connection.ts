import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { formatAddress } from '../../language/address.ts';
import { formatDuration } from '../../language/duration.ts';
import type { Deadline } from '../../model/deadline.ts';
import { RefreshError } from '../../model/failure.ts';
import type { Address, Target } from '../../model/plan.ts';
import type { ConnectMeans } from '../session.ts';
import { dial } from './dial.ts';
import { readPassword } from './password.ts';
import { tlsOptions } from './tls-files.ts';

/** A socket on which nothing was said yet, and what is needed to log in over it. */
export interface OpenConnection {
  readonly socket: Socket;
  /** Of a name with several addresses, the one that answered. */
  readonly reached: Address;
  readonly password: string;
  readonly tls: ConnectionOptions | null;
  /** Aborts when the log-in must be over. */
  readonly signal: AbortSignal;
}

/**
 * Connects to an address of a target's server and hands the socket to `logIn`. Password and certificates are read anew.
 * Rejects within the target's connect timeout, with a `connect` that says so, or when the deadline ends, and then leaves no
 * socket behind.
 */
export async function openConnection<T>(
  { connection, connectTimeoutMs }: Target,
  address: Address,
  { lookups }: ConnectMeans,
  deadline: Deadline,
  logIn: (open: OpenConnection) => Promise<T>,
): Promise<T> {
  using limit = deadline.within(connectTimeoutMs);
  const { signal } = limit;
  let socket: Socket | null = null;
  try {
    // Before the server is there: it gives a client only so long to log in.
    const [password, tls] = await orAborted(
      Promise.all([
        readPassword(connection.password),
        connection.tls && tlsOptions(connection.tls, connection.address),
      ]),
      signal,
    );
    const dialed = await dial(address, lookups, signal);
    socket = dialed.socket;
    return await orAborted(logIn({ ...dialed, password, tls, signal }), signal);
  } catch (error) {
    socket?.destroy();
    if (deadline.signal.aborted) throw deadline.signal.reason;
    if (!limit.hasPassed) throw error;
    const text = `no connection to ${formatAddress(address)} within ${formatDuration(connectTimeoutMs)}`;
    throw new RefreshError('connect', text, { endedBy: null });
  }
}

/** Gives up waiting when the signal aborts; what is waited for goes on by itself. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
