import { createConnection } from 'mysql2/promise';
import type { Mariadb } from '../support/mariadb.ts';

/** Connections of other people to a server, as many as it lets in but at most `most`. */
export async function connectCrowd(mariadb: Mariadb, most: number): Promise<AsyncDisposable> {
  const { socketPath, user, password } = mariadb;
  const guests = await Promise.allSettled(
    Array.from({ length: most }, async () => {
      const guest = await createConnection({ socketPath, user, password });
      // The server may be killed while they are there.
      guest.on('error', () => undefined);
      return guest;
    }),
  );
  const inside = guests.flatMap((guest) => (guest.status === 'fulfilled' ? [guest.value] : []));
  return {
    [Symbol.asyncDispose]: async () => {
      await Promise.allSettled(inside.map((guest) => guest.end()));
    },
  };
}
