import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectCrowd } from '../end-to-end/crowd.ts';
import type { Program } from '../end-to-end/program.ts';
import type { Mariadb } from '../support/mariadb.ts';
import { PASSWORD, setPace, setResultSize, USER } from './bench.ts';

/** Goes wrong on a server, or with those who ask the exporter, for a while, and is over when it resolves. */
export type Fault = (server: Mariadb, program: Program) => Promise<void>;

const WHILE_MS = 4_000;

/** As many as there may be at one time; the scraper is one more. */
const DEAF_CLIENTS = 511;

/** What happens to a production server, and to an exporter, in the order of the soak. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  'stands still': async (server) => {
    await server.pause();
    await sleep(WHILE_MS);
    server.resume();
  },
  'kill -9 and restart': async (server) => {
    await server.kill();
    await sleep(WHILE_MS / 2);
    await server.restart();
  },
  'KILL CONNECTION': async (server) => {
    for (const session of await own(server)) await kill(server, `CONNECTION ${session.id}`);
  },
  'KILL QUERY': async (server) => {
    for (let round = 0; round < 20; round += 1) {
      for (const session of await own(server)) if (session.sql !== null) await kill(server, `QUERY ${session.id}`);
      await sleep(50);
    }
  },
  'max_connections reached': async (server) => {
    await server.query('SET GLOBAL max_connections = 10');
    {
      await using _crowd = await connectCrowd(server);
      await sleep(WHILE_MS);
    }
    await server.query('SET GLOBAL max_connections = 31');
  },
  'graceful restart': (server) => server.restart(),
  'LOCK TABLES': async (server) => {
    await server.query('LOCK TABLES shop.orders WRITE, stock.orders WRITE');
    await sleep(WHILE_MS);
    await server.query('UNLOCK TABLES');
  },
  'password changed and back': async (server) => {
    await server.query(`ALTER USER ${USER}@'%' IDENTIFIED BY 'another'`);
    // One that is about to log in is not in the list yet.
    for (let round = 0; round < 4; round += 1) {
      for (const session of await own(server)) await kill(server, `CONNECTION ${session.id}`);
      await sleep(WHILE_MS / 4);
    }
    await server.query(`ALTER USER ${USER}@'%' IDENTIFIED BY '${PASSWORD}'`);
  },
  'wait_timeout 1 s': async (server) => {
    await server.query('SET GLOBAL wait_timeout = 1');
    await sleep(WHILE_MS);
    await server.query('SET GLOBAL wait_timeout = DEFAULT');
  },
  'a slow query': async (server) => {
    await setPace(server, 30);
    await sleep(WHILE_MS);
    await setPace(server, 0);
  },
  'a huge result': async (server) => {
    await setResultSize(server, 3_000_000);
    await sleep(WHILE_MS);
    await setResultSize(server, 300);
  },
  'clients that never read': async (_server, program) => {
    const { port } = new URL(program.url);
    const clients = Array.from({ length: DEAF_CLIENTS }, () => connect(Number(port), '127.0.0.1'));
    for (const client of clients) client.on('error', () => undefined).write('GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n');
    // One that is cut off before the last is there has had its time as well.
    const arrived = (client: Socket) => once(client, 'connect').catch(() => undefined);
    await Promise.all(clients.map((client) => (client.connecting ? arrived(client) : null)));
    await sleep(WHILE_MS);
    for (const client of clients) client.destroy();
  },
};

async function own(server: Mariadb) {
  return (await server.processlist()).filter(({ user }) => user === USER);
}

/** It may be gone meanwhile. */
async function kill(server: Mariadb, what: string): Promise<void> {
  await server.query(`KILL ${what}`).catch(() => undefined);
}
