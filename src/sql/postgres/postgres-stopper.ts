import type { RunMark, Sight, Stopper } from '../session.ts';
import { sendCancel } from './cancel-request.ts';
import type { PostgresConnection } from './postgres-connection.ts';
import { parseRunKey } from './run-key.ts';
import { sessionFailure } from './sqlstates.ts';

/**
 * Code may catch a cancel and go on, and a backend that waits to be read takes no notice of one. Its connection is lost
 * to us anyway, so then its process is ended.
 */
const CANCELS_BEFORE_END = 5;

/** Looks for a statement in the server's list of activities, and stops it by cancel requests. */
export class PostgresStopper implements Stopper {
  readonly #connection: PostgresConnection;
  /** Of the server behind our own connection. */
  readonly #place: string | null;
  readonly #cancels = new Map<string, number>();

  constructor(connection: PostgresConnection, place: string | null) {
    this.#connection = connection;
    this.#place = place;
  }

  async look(mark: RunMark): Promise<Sight> {
    const key = parseRunKey(mark);
    if (key === null) return 'hidden';
    // Another's connection may have the process id of one that ended.
    const isOurs = `pid = ${key.processId} AND coalesce(application_name, 'query-exporter') = 'query-exporter'`;
    const isConnection = key.place === null || key.place !== this.#place ? 'false' : `(${isOurs})`;
    const rows = await this.#ask(
      `SELECT CASE
         WHEN state IS NULL OR state = 'disabled' THEN 'hidden'
         WHEN state NOT IN ('active', 'fastpath function call') THEN 'idle'
         WHEN ${isMarked(mark)} THEN 'statement' ELSE 'connection' END
       FROM pg_stat_activity
       WHERE pid <> pg_backend_pid() AND coalesce(backend_type, 'client backend') = 'client backend'
         AND (${isMarked(mark)} OR ${isConnection})`,
    );
    const sights = new Set(rows.map(([sight]) => sight));
    const isSamePlace = key.place !== null && key.place === this.#place;
    return SIGHTS.find((sight) => sights.has(sight)) ?? (isSamePlace ? 'gone' : 'hidden');
  }

  async stop(mark: RunMark): Promise<void> {
    const key = parseRunKey(mark);
    const cancels = (this.#cancels.get(mark.marker) ?? 0) + 1;
    this.#cancels.set(mark.marker, cancels);
    if (key !== null && cancels <= CANCELS_BEFORE_END) return sendCancel(this.#connection.way, key);
    await this.#ask(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND ${isMarked(mark)}`,
    );
  }

  quit(): Promise<void> {
    return this.#connection.quit();
  }

  destroy(): void {
    this.#connection.destroy();
  }

  async #ask(sql: string): Promise<(string | null)[][]> {
    try {
      return await this.#connection.ask(sql);
    } catch (error) {
      throw sessionFailure(error);
    }
  }
}

/** What tells most comes first. */
const SIGHTS = ['statement', 'connection', 'hidden', 'idle'] as const satisfies readonly Sight[];

/** The marker stands apart here, so that this statement is not itself taken for the one that it looks for. */
function isMarked({ marker }: RunMark): string {
  return `position('/' || '* ${marker} */' IN query) = 1`;
}
