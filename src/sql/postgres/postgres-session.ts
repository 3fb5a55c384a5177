import { serialize } from 'pg-protocol';
import { formatAddress } from '../../language/address.ts';
import type { Deadline } from '../../model/deadline.ts';
import { RefreshError } from '../../model/failure.ts';
import type { RowSink } from '../../model/rows.ts';
import type { ServerKnowledge } from '../pool/server-knowledge.ts';
import type { LockHolder, Session, SessionRun } from '../session.ts';
import { endHolder, readHolder } from './advisory-lock.ts';
import { type Backend, refreshRole } from './backend.ts';
import { begin } from './begin.ts';
import { NOTHING, type PostgresConnection } from './postgres-connection.ts';
import { PostgresResult } from './postgres-result.ts';
import { againText, type StatementLimit, statementLimit } from './postgres-setup.ts';
import { formatRunKey } from './run-key.ts';
import { type Moment, sessionFailure } from './sqlstates.ts';

const NO_SINK: RowSink = { columns: () => undefined, row: () => undefined };

/** A statement runs in a transaction of its own that can only read, with settings that end with it. */
export class PostgresSession implements Session {
  readonly #connection: PostgresConnection;
  readonly #backend: Backend;
  readonly #knowledge: ServerKnowledge;

  constructor(connection: PostgresConnection, backend: Backend, knowledge: ServerKnowledge) {
    this.#connection = connection;
    this.#backend = backend;
    this.#knowledge = knowledge;
  }

  get id(): string {
    return String(this.#connection.cancelKey.processId);
  }

  get address(): string {
    return formatAddress(this.#connection.way.address);
  }

  get openedMs(): number {
    return this.#connection.openedMs;
  }

  get isDead(): boolean {
    return this.#connection.isDead;
  }

  get closed(): Promise<void> {
    return this.#connection.closed;
  }

  /** With what it takes to cancel a statement, and where it runs. */
  get cancelKey(): string {
    return formatRunKey({ ...this.#connection.cancelKey, place: this.#backend.place });
  }

  async run(request: SessionRun, sink: RowSink, deadline: Deadline): Promise<LockHolder | null> {
    if ([request.sql, ...request.initSql].some((sql) => sql.includes('\0'))) {
      throw new RefreshError('query', 'the statement holds a NUL character, which no statement can');
    }
    const { lock } = request;
    const isFree = await this.#step('setup', null, () =>
      begin(this.#connection, this.#backend, deadline.leftMs, lock, this.#knowledge),
    );
    if (lock !== null && !isFree) return this.#step('setup', null, () => readHolder(this.#connection, lock));
    const caps = { maxRows: Number.POSITIVE_INFINITY, maxBytes: request.maxBytes };
    for (const sql of request.initSql) {
      const limit = statementLimit(this.#backend.defaults, deadline.leftMs);
      await this.#step('init_sql', limit, () => this.#statement(sql, new PostgresResult(caps, NO_SINK)));
      if (this.#connection.transaction === 'T') continue;
      throw new RefreshError('query', 'a statement of init_sql ended the transaction that it was to prepare');
    }
    const limit = statementLimit(this.#backend.defaults, deadline.leftMs);
    if (request.initSql.length > 0) await this.#step('setup', limit, () => this.#connection.tell(againText(limit)));
    request.onStart();
    const result = new PostgresResult(request, sink);
    try {
      await this.#step('statement', limit, () => this.#statement(request.sql, result));
    } catch (error) {
      throw result.thrown === null ? error : result.thrown.error;
    }
    if (!result.hasColumns) throw new RefreshError('no_result', 'the statement gives no result set');
    return null;
  }

  endHolder(holder: LockHolder): Promise<void> {
    return this.#step('other', null, () => endHolder(this.#connection, holder));
  }

  /** Behind a pooler a reset would reach whichever server is free, and perhaps another client's work. */
  reset(): Promise<void> {
    const inTransaction = this.#connection.transaction !== 'I';
    const texts = [...(inTransaction ? ['ROLLBACK'] : []), ...(this.#connection.isPooled ? [] : ['DISCARD ALL'])];
    if (texts.length === 0) return this.ping();
    // Each a message of its own, since DISCARD ALL stands beside nothing.
    const messages = Buffer.concat(texts.map((text) => serialize.query(text)));
    return this.#alive(messages, texts.length);
  }

  ping(): Promise<void> {
    return this.#alive(serialize.sync(), 1);
  }

  quit(): Promise<void> {
    return this.#connection.quit();
  }

  destroy(): void {
    this.#connection.destroy();
  }

  /**
   * By the extended protocol: it takes one statement only, and tells no result from an empty one. No limit of rows is
   * given, since the server plans a statement with one without parallel workers.
   */
  #statement(sql: string, result: PostgresResult): Promise<void> {
    const messages = [
      serialize.parse({ text: sql }),
      serialize.bind(),
      serialize.describe({ type: 'P' }),
      serialize.execute(),
      serialize.sync(),
    ];
    return this.#connection.exchange(Buffer.concat(messages), result);
  }

  /** What every use of an idle session begins with. */
  #alive(messages: Buffer, ends: number): Promise<void> {
    return this.#step('other', null, async () => {
      await this.#connection.exchange(messages, NOTHING, ends);
      await refreshRole(this.#connection, this.#backend, this.#knowledge);
    });
  }

  async #step<T>(where: Moment['where'], limit: StatementLimit | null, work: () => Promise<T>): Promise<T> {
    const startedMs = performance.now();
    try {
      return await work();
    } catch (error) {
      throw sessionFailure(error, { where, limit, elapsedMs: performance.now() - startedMs });
    }
  }
}
