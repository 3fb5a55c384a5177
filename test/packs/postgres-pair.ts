import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFolder, Daemon, removeFolder, startOnFreePort } from '../support/daemon.ts';
import { type Postgres, startPostgres } from '../support/postgres.ts';
import { binaries, giveToServer, POSTGRES_OWNER } from '../support/postgres-data.ts';
import { run } from '../support/processes.ts';
import { requireTool } from '../support/tools.ts';
import { PASSWORD } from './exporters.ts';

/** The user has what the packs need and no more. */
const USERS = `CREATE ROLE monitor LOGIN PASSWORD '${PASSWORD}'; GRANT pg_monitor TO monitor`;

export interface PostgresPair extends AsyncDisposable {
  readonly primary: Postgres;
  readonly standbyPort: number;
}

/** A primary with a table and a replication slot, and a standby that streams through the slot. */
export async function startPostgresPair(): Promise<PostgresPair> {
  const primary = await startPostgres({
    hba: ['local replication postgres trust', 'host replication postgres 127.0.0.1/32 trust'],
  });
  await primary.query(USERS);
  await primary.query('CREATE TABLE fruit (id int PRIMARY KEY)');
  await primary.query(`SELECT pg_create_physical_replication_slot('standby1')`);
  const server = await requireTool('postgres');
  const folder = await createFolder('standby');
  await giveToServer(folder);
  const data = join(folder, 'data');
  const source = ['-h', '127.0.0.1', '-p', String(primary.port), '-U', 'postgres'];
  const backup = await run(
    join(binaries(server), 'pg_basebackup'),
    [...source, '-D', data, '-R', '-S', 'standby1', '--no-sync', '-c', 'fast'],
    { env: server.env, owner: POSTGRES_OWNER },
  );
  if (!backup.ok) throw new Error(backup.output);
  await appendFile(join(data, 'postgresql.conf'), "listen_addresses = '127.0.0.1'\nfsync = off\njit = off\n");
  const { port, daemon } = await startOnFreePort(
    (free) => new Daemon(server, ['-D', data, '-k', folder, '-p', String(free)], folder, POSTGRES_OWNER),
    async () => {
      const [row] = await primary.query(`SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'`);
      return row?.[0] === '1' || undefined;
    },
  );
  return {
    primary,
    standbyPort: port,
    [Symbol.asyncDispose]: async () => {
      await daemon.stop('SIGQUIT');
      await removeFolder(folder);
      await primary[Symbol.asyncDispose]();
    },
  };
}
