import { formatAddress } from '../../language/address.ts';
import { formatDuration } from '../../language/duration.ts';
import type { Deadline } from '../../model/deadline.ts';
import { RefreshError } from '../../model/failure.ts';
import type { Address, Target } from '../../model/plan.ts';
import type { ConnectMeans } from '../session.ts';
import { readPassword, tlsOptions } from './borrowed.ts';
import { openSocket, type Way } from './open-socket.ts';
import { PostgresConnection } from './postgres-connection.ts';
import { logIn } from './postgres-login.ts';
import { type Defaults, PROBE, readProbe } from './postgres-setup.ts';
import { exactAddress } from './socket-file.ts';
import { connectFailure } from './sqlstates.ts';

export interface Connected {
  readonly connection: PostgresConnection;
  readonly defaults: Defaults;
}

/** The way to an address of a target, with its certificates read anew. */
export async function wayTo(target: Target, address: Address, { lookups }: ConnectMeans): Promise<Way> {
  const { tls, address: named } = target.connection;
  const isEncrypted = tls !== null && address.kind === 'tcp';
  // The name to check is the one that the target gives, whichever of its addresses is meant.
  return { address: exactAddress(address), tls: isEncrypted ? await tlsOptions(tls, named) : null, lookups };
}

/** Connects, logs in and learns what the server does by itself. Leaves no connection behind where that fails. */
export async function connect(target: Target, way: Way, signal: AbortSignal): Promise<Connected> {
  const { user, database, address } = target.connection;
  const password = await readPassword(target.connection.password);
  const { socket, reached } = await openSocket(way, signal);
  const connection = new PostgresConnection(socket, { ...way, address: reached });
  const destroy = (): void => connection.destroy();
  signal.addEventListener('abort', destroy, { once: true });
  try {
    signal.throwIfAborted();
    await logIn(connection, { user, password, database, isPrivate: way.tls !== null || address.kind !== 'tcp' });
    if (connection.parameters.get('server_version')?.endsWith('/bouncer')) {
      throw new Error(`the database "${database}" is PgBouncer's own console, which answers no queries of clients`);
    }
    const [row = []] = await connection.ask(PROBE);
    const { processId, defaults } = readProbe(row);
    connection.isPooled = processId !== connection.processId;
    return { connection, defaults };
  } catch (error) {
    destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', destroy);
  }
}

/** Gives the steps of connecting the time that a target allows, and one kind of error. */
export async function withinConnectTimeout<T>(
  target: Target,
  deadline: Deadline,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  using limit = deadline.within(target.connectTimeoutMs);
  const { signal } = limit;
  try {
    return await abortable(work(signal), signal);
  } catch (error) {
    if (!signal.aborted) throw connectFailure(error);
    const place = formatAddress(target.connection.address);
    const time = deadline.signal.aborted ? 'its timeout' : formatDuration(target.connectTimeoutMs);
    throw new RefreshError('connect', `no connection to ${place} within ${time}`, { endedBy: null });
  }
}

/** Gives up waiting when the signal aborts; what is waited for ends by itself. */
function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
