import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import { createFolder, Daemon, removeFolder, startOnFreePort, untilReady } from './daemon.ts';
import { mariadbData, mariadbFlags } from './mariadb-data.ts';
import { run } from './processes.ts';
import { requireTool, type Tool } from './tools.ts';

export interface MariadbOptions {
  /** More flags of mariadbd, such as `--max-connections=10` (its minimum) or `--ssl-cert=FILE`. */
  readonly flags?: readonly string[];
  /** Databases to create. */
  readonly databases?: readonly string[];
}

export type Row = Readonly<Record<string, unknown>>;

/** A connection as `information_schema.processlist` shows it. */
export interface Session {
  readonly id: number;
  readonly user: string;
  readonly host: string;
  readonly database: string | null;
  readonly command: string;
  readonly state: string | null;
  /** The statement under way. */
  readonly sql: string | null;
}

/**
 * Starts a MariaDB of its own on 127.0.0.1 and a unix socket. The user is `test` with the password `test123` and every
 * privilege but SUPER and CONNECTION ADMIN.
 */
export async function startMariadb(options: MariadbOptions = {}): Promise<Mariadb> {
  const server = await requireTool('mariadbd');
  const folder = await createFolder('mariadb');
  try {
    const copy = await run('cp', ['-r', '--reflink=auto', await mariadbData(server), join(folder, 'data')]);
    if (!copy.ok) throw new Error(copy.output);
    await mkdir(join(folder, 'tmp'));
    const start = (port: number): Daemon => startServer(server, folder, port, options.flags ?? []);
    const { port, daemon, ready } = await startOnFreePort(start, () => openSession(socketIn(folder)));
    const mariadb = new Mariadb(folder, port, start, daemon, ready);
    try {
      for (const database of options.databases ?? []) await mariadb.query(`CREATE DATABASE \`${database}\``);
    } catch (error) {
      await mariadb.kill();
      throw error;
    }
    return mariadb;
  } catch (error) {
    await removeFolder(folder);
    throw error;
  }
}

export class Mariadb implements AsyncDisposable {
  readonly port: number;
  readonly socketPath: string;
  readonly user = 'test';
  readonly password = 'test123';
  readonly #folder: string;
  readonly #start: (port: number) => Daemon;
  #daemon: Daemon;
  #session: mysql.Connection;
  #ownStatements = STATEMENTS_OF_OPENING;

  constructor(
    folder: string,
    port: number,
    start: (port: number) => Daemon,
    daemon: Daemon,
    session: mysql.Connection,
  ) {
    this.#folder = folder;
    this.port = port;
    this.socketPath = socketIn(folder);
    this.#start = start;
    this.#daemon = daemon;
    this.#session = session;
  }

  /**
   * Runs one statement as root and gives its rows; none for a statement without a result set. All run in one session,
   * one after the other, so that `LOCK TABLES` holds until `UNLOCK TABLES`. The session lasts until the server ends.
   */
  async query(sql: string): Promise<Row[]> {
    this.#ownStatements += 1;
    const [rows] = await this.#session.query(sql);
    return Array.isArray(rows) ? (rows as Row[]) : [];
  }

  /** Every connection but ours and those of the server itself. */
  async processlist(): Promise<Session[]> {
    const rows = await this.query(
      `SELECT id, user, host, db AS \`database\`, command, state, info AS \`sql\` FROM information_schema.processlist
       WHERE id <> CONNECTION_ID() AND user NOT IN ('system user', 'event_scheduler') ORDER BY id`,
    );
    return rows as unknown as Session[];
  }

  /**
   * How many commands clients have sent since the server was started, ours not counted. The goodbye of a client
   * (COM_QUIT) counts as one; its pings and the connecting itself do not.
   */
  async statementCount(): Promise<number> {
    const [row] = await this.query(`SHOW GLOBAL STATUS LIKE 'Questions'`);
    const { Value: questions } = row ?? {};
    return Number(questions) - this.#ownStatements;
  }

  /** The server stands still: it accepts connections and does not say a word. */
  async pause(): Promise<void> {
    await this.#daemon.pause();
  }

  resume(): void {
    this.#daemon.signal('SIGCONT');
  }

  /** Ends it with kill -9. */
  async kill(): Promise<void> {
    await this.#daemon.kill();
    this.#session.destroy();
  }

  /** Ends it gracefully. */
  async stop(): Promise<void> {
    await this.#daemon.stop();
    this.#session.destroy();
  }

  /** Starts it again on the same port with the same data, after a graceful stop where it still runs. */
  async restart(): Promise<void> {
    await this.stop();
    const daemon = this.#start(this.port);
    this.#daemon = daemon;
    this.#session = await untilReady(daemon, () => openSession(this.socketPath));
    this.#ownStatements = STATEMENTS_OF_OPENING;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await removeFolder(this.#folder);
  }
}

function startServer(server: Tool, folder: string, port: number, flags: readonly string[]): Daemon {
  const own = [
    `--datadir=${join(folder, 'data')}`,
    `--tmpdir=${join(folder, 'tmp')}`,
    `--socket=${socketIn(folder)}`,
    `--pid-file=${join(folder, 'pid')}`,
    '--bind-address=127.0.0.1',
    `--port=${port}`,
    '--skip-name-resolve',
  ];
  return new Daemon(server, [...mariadbFlags(server), ...own, ...flags], folder);
}

function socketIn(folder: string): string {
  return join(folder, 'socket');
}

const STATEMENTS_OF_OPENING = 1;

/** Undefined while the server does not let anyone in. */
async function openSession(socketPath: string): Promise<mysql.Connection | undefined> {
  let session: mysql.Connection;
  try {
    session = await mysql.createConnection({ socketPath, user: 'root' });
  } catch {
    return undefined;
  }
  // Without a listener the end of the server would end the test process.
  session.on('error', () => undefined);
  // Our own connection takes none from those that the test may use.
  await session.query('SET GLOBAL max_connections = @@max_connections + 1');
  return session;
}
