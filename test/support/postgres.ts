import { chmod, copyFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { NameLookups } from '../../src/sql/pool/name-lookups.ts';
import { PostgresConnection } from '../../src/sql/postgres/postgres-connection.ts';
import { logIn } from '../../src/sql/postgres/postgres-login.ts';
import { createFolder, Daemon, removeFolder, startOnFreePort, untilReady } from './daemon.ts';
import { giveToServer, POSTGRES_OWNER, postgresData } from './postgres-data.ts';
import { run } from './processes.ts';
import type { TlsFiles } from './tls.ts';
import { requireTool, type Tool } from './tools.ts';

export interface PostgresOptions {
  /** Such as `max_connections: '5'`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Lines of `pg_hba.conf` before those that let everybody in by password. */
  readonly hba?: readonly string[];
  readonly tls?: Pick<TlsFiles, 'ca' | 'serverCert' | 'serverKey'> | null;
  /** Databases to create. */
  readonly databases?: readonly string[];
  /** Default: the one that this machine has. */
  readonly server?: Tool;
  /** It is a standby that waits for a primary, until it is promoted. */
  readonly isStandby?: boolean;
}

/** A connection as `pg_stat_activity` shows it. */
export interface Backend {
  readonly pid: number;
  readonly state: string | null;
  readonly sql: string;
}

/** Small, and without care for a power failure. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1, ::1',
  fsync: 'off',
  shared_buffers: '16MB',
  // Else it leaves files elsewhere when it is killed.
  dynamic_shared_memory_type: 'mmap',
  autovacuum: 'off',
  jit: 'off',
};

/**
 * Starts a PostgreSQL of its own on 127.0.0.1 and a unix socket. The user is `test` with the password `test123`, without
 * special rights; the test itself works as the superuser `postgres` over the socket.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  const server = options.server ?? (await requireTool('postgres'));
  const folder = await createFolder('postgres');
  try {
    await giveToServer(folder);
    const data = join(folder, 'data');
    const copy = await run('cp', ['-a', '--reflink=auto', await postgresData(server), data]);
    if (!copy.ok) throw new Error(copy.output);
    const settings = { ...SETTINGS, ...(await tlsSettings(folder, options)), ...options.settings };
    await writeHba(folder, options.hba ?? []);
    if (options.isStandby) await writeFile(join(data, 'standby.signal'), '');
    const start = (port: number): Daemon => startServer(server, folder, port, settings);
    const { port, daemon, ready } = await startOnFreePort(start, (free) => openAdmin(folder, free));
    const postgres = new Postgres(folder, port, start, daemon, ready);
    try {
      for (const database of options.databases ?? []) await postgres.query(`CREATE DATABASE "${database}"`);
    } catch (error) {
      await postgres.stop('SIGQUIT');
      throw error;
    }
    return postgres;
  } catch (error) {
    await removeFolder(folder);
    throw error;
  }
}

export class Postgres implements AsyncDisposable {
  readonly port: number;
  readonly socketFolder: string;
  readonly user = 'test';
  readonly password = 'test123';
  readonly #start: (port: number) => Daemon;
  #daemon: Daemon;
  #admin: PostgresConnection;

  constructor(
    folder: string,
    port: number,
    start: (port: number) => Daemon,
    daemon: Daemon,
    admin: PostgresConnection,
  ) {
    this.socketFolder = folder;
    this.port = port;
    this.#start = start;
    this.#daemon = daemon;
    this.#admin = admin;
  }

  /** Runs statements as the superuser and gives the rows, as text. All run in one session, one after the other. */
  query(sql: string): Promise<(string | null)[][]> {
    return this.#admin.ask(sql);
  }

  /** The same in another database, over a connection of its own. */
  async queryIn(database: string, sql: string): Promise<(string | null)[][]> {
    const connection = await openAdmin(this.socketFolder, this.port, database);
    if (connection === undefined) throw new Error(`no connection to the database ${database}`);
    try {
      return await connection.ask(sql);
    } finally {
      await connection.quit();
    }
  }

  /** Every connection of clients but ours. */
  async backends(): Promise<Backend[]> {
    const rows = await this.query(
      `SELECT pid, state, query FROM pg_stat_activity
       WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() ORDER BY pid`,
    );
    return rows.map(([pid, state = null, sql]) => ({ pid: Number(pid), state, sql: sql ?? '' }));
  }

  /** The server accepts connections and does not say a word; sessions that are open go on. */
  async pause(): Promise<void> {
    await this.#daemon.pause();
  }

  resume(): void {
    this.#daemon.signal('SIGCONT');
  }

  /** Writes `pg_hba.conf` anew and has the server read it. */
  async admit(hba: readonly string[]): Promise<void> {
    await writeHba(this.socketFolder, hba);
    await this.query('SELECT pg_reload_conf()');
  }

  /** SIGINT: every connection is ended at once and in order; SIGQUIT: without. */
  async stop(request: 'SIGINT' | 'SIGQUIT' = 'SIGINT'): Promise<void> {
    await this.#daemon.stop(request);
    this.#admin.destroy();
  }

  /** Starts it again on the same port with the same data. */
  async restart(): Promise<void> {
    await this.stop();
    this.#daemon = this.#start(this.port);
    this.#admin = await untilReady(this.#daemon, () => openAdmin(this.socketFolder, this.port));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGQUIT');
    await removeFolder(this.socketFolder);
  }
}

function startServer(server: Tool, folder: string, port: number, settings: Readonly<Record<string, string>>): Daemon {
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const own = ['-D', join(folder, 'data'), '-k', folder, '-p', String(port)];
  return new Daemon(server, [...own, ...flags], folder, POSTGRES_OWNER);
}

/** The server takes no key that others may read. */
async function tlsSettings(folder: string, { tls = null }: PostgresOptions): Promise<Readonly<Record<string, string>>> {
  if (tls === null) return {};
  const settings: Record<string, string> = { ssl: 'on' };
  const files = { ssl_ca_file: tls.ca, ssl_cert_file: tls.serverCert, ssl_key_file: tls.serverKey };
  for (const [name, path] of Object.entries(files)) {
    const copy = join(folder, `${name}.pem`);
    await copyFile(path, copy);
    await chmod(copy, 0o600);
    await giveToServer(copy);
    settings[name] = copy;
  }
  return settings;
}

async function writeHba(folder: string, lines: readonly string[]): Promise<void> {
  const own = ['local all postgres trust', ...lines, 'local all all scram-sha-256', 'host all all all scram-sha-256'];
  await writeFile(join(folder, 'data', 'pg_hba.conf'), `${own.join('\n')}\n`);
}

/** Undefined while the server does not let anyone in. */
async function openAdmin(folder: string, port: number, database = 'postgres'): Promise<PostgresConnection | undefined> {
  const path = join(folder, `.s.PGSQL.${port}`);
  const way = { address: { kind: 'socket', path }, tls: null, lookups: new NameLookups() } as const;
  const connection = new PostgresConnection(connect({ path }), way);
  try {
    await logIn(connection, { user: 'postgres', password: '', database, isPrivate: true });
    return connection;
  } catch {
    connection.destroy();
    return undefined;
  }
}

/** A bare connection of the user `test`, as another program may have it. */
export async function openPostgresConnection({
  port,
  database,
}: {
  port: number;
  database: string;
}): Promise<PostgresConnection> {
  const socket = connect({ host: '127.0.0.1', port });
  const way = { address: { kind: 'tcp', host: '127.0.0.1', port }, tls: null, lookups: new NameLookups() } as const;
  const connection = new PostgresConnection(socket, way);
  await logIn(connection, { user: 'test', password: 'test123', database, isPrivate: false });
  return connection;
}
