import { type Connection, createConnection } from 'mysql2/promise';
import { until } from '../support/daemon.ts';
import type { Mariadb } from '../support/mariadb.ts';

/** ER_CON_COUNT_ERROR. */
const TOO_MANY = 1040;
/** What never happens is given up after this. It is no measure: on a busy machine everything may take long. */
const LIMIT_MS = 120_000;

/** Connections of other people to a server, who take every place: whoever else is there is thrown out, or just leaves. */
export async function connectCrowd(mariadb: Mariadb): Promise<AsyncDisposable> {
  const [row] = await mariadb.query('SELECT @@max_connections AS most');
  // The session of the test itself has one.
  const places = Number(row?.['most']) - 1;
  const guests: Connection[] = [];
  const crowd = {
    [Symbol.asyncDispose]: async () => {
      await Promise.allSettled(guests.map((guest) => guest.end()));
    },
  };
  await until('every place to be taken', LIMIT_MS, async () => {
    while (guests.length < places) {
      try {
        guests.push(await connect(mariadb));
      } catch (error) {
        if (!isRefusal(error)) throw error;
        await throwOut(mariadb, new Set(guests.map(({ threadId }) => threadId)));
        return undefined;
      }
    }
    return true;
  });
  return crowd;
}

async function connect({ socketPath, user, password }: Mariadb): Promise<Connection> {
  const guest = await createConnection({ socketPath, user, password });
  // The server may be killed while they are there.
  guest.on('error', () => undefined);
  return guest;
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && 'errno' in error && error.errno === TOO_MANY;
}

async function throwOut(mariadb: Mariadb, guests: ReadonlySet<number>): Promise<void> {
  for (const { id } of await mariadb.processlist()) {
    // It may be gone meanwhile.
    if (!guests.has(id)) await mariadb.query(`KILL ${id}`).catch(() => undefined);
  }
}
