import { writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createFolder, Daemon, removeFolder, startOnFreePort } from './daemon.ts';
import type { Postgres } from './postgres.ts';
import { giveToServer, POSTGRES_OWNER } from './postgres-data.ts';
import { requireTool } from './tools.ts';

export interface Pgbouncer extends AsyncDisposable {
  readonly port: number;
}

/** A PgBouncer in transaction mode before a server, to which it keeps so many connections for the clients of a database. */
export async function startPgbouncer(server: Postgres, connections = 1): Promise<Pgbouncer> {
  const tool = await requireTool('pgbouncer');
  const folder = await createFolder('pgbouncer');
  try {
    await giveToServer(folder);
    const users = join(folder, 'users.txt');
    await writeFile(users, `"${server.user}" "${server.password}"\n`);
    const file = join(folder, 'pgbouncer.ini');
    const start = (port: number): Daemon => {
      const options = {
        listen_addr: '127.0.0.1',
        listen_port: port,
        unix_socket_dir: '',
        auth_type: 'scram-sha-256',
        auth_file: users,
        admin_users: server.user,
        pool_mode: 'transaction',
        default_pool_size: connections,
      };
      const lines = Object.entries(options).map(([name, value]) => `${name} = ${value}`);
      const text = ['[databases]', `* = host=127.0.0.1 port=${server.port}`, '[pgbouncer]', ...lines].join('\n');
      writeFileSync(file, `${text}\n`);
      return new Daemon(tool, [file], folder, POSTGRES_OWNER);
    };
    const { port, daemon } = await startOnFreePort(start, answers);
    return {
      port,
      [Symbol.asyncDispose]: async () => {
        await daemon.stop('SIGINT');
        await removeFolder(folder);
      },
    };
  } catch (error) {
    await removeFolder(folder);
    throw error;
  }
}

/** Undefined while nobody listens there. */
function answers(port: number): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (found: true | undefined): void => {
      socket.destroy();
      resolve(found);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(undefined));
  });
}
