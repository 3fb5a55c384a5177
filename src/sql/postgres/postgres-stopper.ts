import type { RunMark, Sight, Stopper } from '../session.ts';
import { sendCancel } from './cancel-request.ts';
import type { Way } from './open-socket.ts';
import type { PostgresConnection } from './postgres-connection.ts';
import { sessionFailure } from './sqlstates.ts';

/**
 * Code may catch a cancel and go on, and a backend that waits to be read takes no notice of one. Its connection is lost
 * to us anyway, so then its process is ended.
 */
const CANCELS_BEFORE_END = 5;

/**
 * Stops by cancel requests, which need no login and get into a full server; logs in, once, when it is asked to look or
 * when they have no effect.
 */
export class PostgresStopper implements Stopper {
  readonly #way: Way;
  readonly #logIn: () => Promise<PostgresConnection>;
  #connection: Promise<PostgresConnection> | null = null;
  #isDestroyed = false;
  #cancels = 0;

  constructor(way: Way, logIn: () => Promise<PostgresConnection>) {
    this.#way = way;
    this.#logIn = logIn;
  }

  async look(mark: RunMark): Promise<Sight> {
    const rows = await this.#ask(
      `SELECT CASE WHEN ${isMarked(mark)}
           THEN CASE WHEN state IN ('active', 'fastpath function call') THEN 'statement' ELSE 'connection' END
         WHEN query = '<insufficient privilege>' OR state = 'disabled' OR state IS NULL THEN 'unknown'
         ELSE 'connection' END
       FROM pg_stat_activity
       WHERE pid <> pg_backend_pid() AND coalesce(backend_type, 'client backend') = 'client backend'
         AND (${isMarked(mark)} OR ${isConnection(mark)})`,
    );
    const sights = new Set(rows.map(([sight]) => sight));
    return SIGHTS.find((sight) => sights.has(sight)) ?? 'nothing';
  }

  async stop(mark: RunMark): Promise<void> {
    this.#cancels += 1;
    if (this.#cancels <= CANCELS_BEFORE_END || mark.cancelKey === null) {
      return sendCancel(this.#way, mark.cancelKey ?? '');
    }
    await this.#ask(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND ${isMarked(mark)}`,
    );
  }

  async quit(): Promise<void> {
    const connection = await this.#connection?.catch(() => null);
    await connection?.quit();
  }

  destroy(): void {
    this.#isDestroyed = true;
    void this.#connection?.then(
      (connection) => connection.destroy(),
      () => undefined,
    );
  }

  async #ask(sql: string): Promise<(string | null)[][]> {
    this.#connection ??= this.#logIn();
    const connection = await this.#connection;
    if (this.#isDestroyed) connection.destroy();
    try {
      return await connection.ask(sql);
    } catch (error) {
      throw sessionFailure(error, { where: 'other', limit: null, elapsedMs: 0 });
    }
  }
}

/** What tells most comes first. */
const SIGHTS = ['statement', 'connection', 'unknown'] as const satisfies readonly Sight[];

/** The marker stands apart here, so that this statement is not itself taken for the one that it looks for. */
function isMarked({ marker }: RunMark): string {
  return `position('/' || '* ${marker} */' IN query) = 1`;
}

/**
 * Behind a pooler there is no id. Another's connection may have the process id of one that ended. What the server hides
 * from this user is null.
 */
function isConnection({ connectionId }: RunMark): string {
  return connectionId === ''
    ? 'false'
    : `(pid = ${connectionId} AND coalesce(application_name, 'query-exporter') = 'query-exporter')`;
}
