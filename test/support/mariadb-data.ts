import { createHash } from 'node:crypto';
import { existsSync, realpathSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { moveIntoPlace } from './apt.ts';
import { run } from './processes.ts';
import { type Tool, toolFolder } from './tools.ts';

/** What bootstrap and every later start must agree on, small and without care for a power failure. */
export function mariadbFlags(server: Tool): string[] {
  const flags = [
    '--no-defaults',
    `--basedir=${installation(server)}`,
    `--lc-messages-dir=${shareFolder(server)}`,
    '--skip-log-bin',
    '--performance-schema=OFF',
    '--innodb-buffer-pool-size=8M',
    '--innodb-log-file-size=4M',
    '--innodb-data-file-path=ibdata1:3M:autoextend',
    '--innodb-temp-data-file-path=ibtmp1:3M:autoextend',
    '--innodb-autoextend-increment=1',
    '--innodb-undo-tablespaces=0',
    '--innodb-flush-method=nosync',
    // The kernel has few queues for it, and containers often forbid it.
    '--skip-innodb-use-native-aio',
  ];
  // The server refuses to run as root unless told so.
  return process.getuid?.() === 0 ? [...flags, '--user=root'] : flags;
}

/**
 * A data folder to copy, made once for each server binary: root without password for the machine itself, and the user
 * test with the password test123.
 */
export async function mariadbData(server: Tool): Promise<string> {
  const { size, mtimeMs } = statSync(server.path);
  const key = createHash('sha256')
    .update(JSON.stringify([server.path, size, mtimeMs, mariadbFlags(server), PREPARATION, USERS]))
    .digest('hex');
  const folder = join(toolFolder(), `mariadb-data-${key.slice(0, 12)}`);
  if (!existsSync(folder)) await bootstrap(server, folder);
  return folder;
}

// The server reads one statement a line until the first file of its own.
const PREPARATION = [
  'CREATE DATABASE mysql;',
  'USE mysql;',
  'SET @auth_root_socket=NULL;',
  'SET @skip_auth_anonymous=1;',
];

const USERS = [
  // Grants are not loaded in bootstrap mode before this.
  'FLUSH PRIVILEGES;',
  "CREATE USER test@'%' IDENTIFIED BY 'test123';",
  "GRANT ALL PRIVILEGES ON *.* TO test@'%';",
  // With either the user would be let in where others are told that there are too many connections.
  "REVOKE SUPER, CONNECTION ADMIN ON *.* FROM test@'%';",
  '',
];

async function bootstrap(server: Tool, folder: string): Promise<void> {
  await mkdir(toolFolder(), { recursive: true });
  const aside = await mkdtemp(join(toolFolder(), '.data-'));
  try {
    const tables = await Promise.all(systemTableFiles(server).map((file) => readFile(file, 'utf8')));
    const input = [...PREPARATION, ...tables, ...USERS].join('\n');
    const { ok, output } = await run(server.path, [...mariadbFlags(server), `--datadir=${aside}`, '--bootstrap'], {
      env: server.env,
      input,
    });
    if (!ok) throw new Error(`mariadbd cannot make a data folder:\n${output}`);
    await moveIntoPlace(aside, folder);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

function systemTableFiles(server: Tool): string[] {
  const share = shareFolder(server);
  const prefix = existsSync(join(share, 'mariadb_system_tables.sql')) ? 'mariadb' : 'mysql';
  return ['system_tables', 'performance_tables', 'system_tables_data'].map((name) =>
    join(share, `${prefix}_${name}.sql`),
  );
}

/** `share/mariadb` since 11, `share/mysql` before, `share` itself in the archives of mariadb.org. */
function shareFolder(server: Tool): string {
  const folders = ['share/mariadb', 'share/mysql', 'share'].map((name) => join(installation(server), name));
  const folder = folders.find((name) => existsSync(join(name, 'english', 'errmsg.sys')));
  if (folder === undefined) throw new Error(`${server.path}: no share/mariadb or share/mysql beside it`);
  return folder;
}

/** The folder that holds `sbin` or `bin` and `share`. */
export function installation(server: Tool): string {
  return dirname(dirname(realpathSync(server.path)));
}
