import { setTimeout as sleep } from 'node:timers/promises';
import { parseAddress } from '../../language/address.ts';
import type { Deadline } from '../../model/deadline.ts';
import type { Address, Target } from '../../model/plan.ts';
import { openConnection } from '../pool/open-connection.ts';
import type { ConnectMeans, EngineSessions } from '../session.ts';
import { type Backend, readBackend } from './backend.ts';
import { PostgresConnection } from './postgres-connection.ts';
import { logIn } from './postgres-login.ts';
import { PostgresSession } from './postgres-session.ts';
import { PostgresStopper } from './postgres-stopper.ts';
import { parseRunKey } from './run-key.ts';
import { connectFailure, isServerFull } from './sqlstates.ts';
import { startTls } from './start-tls.ts';

/** Between two attempts to get into a server that is full. */
const AGAIN_MS = 100;

export const postgresSessions: EngineSessions = {
  async open(target, means, deadline) {
    const { connection, backend } = await open(target, target.connection.address, means, deadline);
    return new PostgresSession(connection, backend, means.knowledge);
  },

  async openStopper(target, mark, means, deadline) {
    const address = parseAddress(mark.address);
    if (address === null || parseRunKey(mark) === null) return null;
    for (;;) {
      try {
        const { connection, backend } = await open(target, address, means, deadline);
        return new PostgresStopper(connection, backend.place);
      } catch (error) {
        if (!isServerFull(error)) throw error;
        await sleep(AGAIN_MS, undefined, { signal: deadline.signal });
      }
    }
  },
};

interface Opened {
  readonly connection: PostgresConnection;
  readonly backend: Backend;
}

/** Connects, logs in and learns what answers. */
async function open(target: Target, address: Address, means: ConnectMeans, deadline: Deadline): Promise<Opened> {
  try {
    return await openConnection(
      target,
      address,
      means,
      deadline,
      async ({ socket, reached, password, tls, signal }) => {
        const stream = tls === null ? socket : await startTls(socket, tls, signal);
        const connection = new PostgresConnection(stream, { address: reached, tls, lookups: means.lookups });
        const { user, database } = target.connection;
        connection.onParameter = (name, value) => {
          if (name !== 'server_version' || !value.endsWith('/bouncer')) return;
          throw new Error(`the database "${database}" is PgBouncer's own console, which answers no queries of clients`);
        };
        await logIn(connection, { user, password, database, isPrivate: tls !== null || reached.kind !== 'tcp' });
        return { connection, backend: await readBackend(connection, means.knowledge) };
      },
    );
  } catch (error) {
    throw deadline.signal.aborted ? error : connectFailure(error);
  }
}
