import { serialize } from 'pg-protocol';
import { formatAddress } from '../../language/address.ts';
import type { Deadline } from '../../model/deadline.ts';
import { RefreshError } from '../../model/failure.ts';
import type { RowSink } from '../../model/rows.ts';
import type { Session, SessionRun } from '../session.ts';
import { NOTHING, type PostgresConnection, ServerError } from './postgres-connection.ts';
import { PostgresResult } from './postgres-result.ts';
import {
  againText,
  beginText,
  type Defaults,
  majorVersion,
  type StatementLimit,
  statementLimit,
  transactionSettings,
} from './postgres-setup.ts';
import { type Moment, sessionFailure } from './sqlstates.ts';

/** Why a server refuses a setting: it has none of that name, not with that value, not for this user, not at all. */
const REFUSED_SETTING = new Set(['42704', '22023', '42501', '55P02', '0A000', '42601']);

const NO_SINK: RowSink = { columns: () => undefined, row: () => undefined };

/** A statement runs in a transaction of its own that can only read, with settings that end with it. */
export class PostgresSession implements Session {
  readonly #connection: PostgresConnection;
  readonly #defaults: Defaults;
  /** Names of settings that the server does not take; shared by all sessions to it. */
  readonly #refused: Set<string>;

  constructor(connection: PostgresConnection, defaults: Defaults, refused: Set<string>) {
    this.#connection = connection;
    this.#defaults = defaults;
    this.#refused = refused;
  }

  /** Empty behind a pooler: what that calls it says nothing on the server. */
  get id(): string {
    return this.#connection.isPooled ? '' : String(this.#connection.processId);
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

  get cancelKey(): string {
    return this.#connection.cancelKey;
  }

  /** Such as `15.18 (Debian 15.18-0+deb12u1)`. */
  get serverVersion(): string {
    return this.#connection.parameters.get('server_version') ?? '';
  }

  /** As of now: the server says so when it is promoted. Null before PostgreSQL 14, which does not. */
  get isStandby(): boolean | null {
    return this.#flag('in_hot_standby');
  }

  get isSuperuser(): boolean | null {
    return this.#flag('is_superuser');
  }

  get isPooled(): boolean {
    return this.#connection.isPooled;
  }

  /** Settings that protect the server or the result and that this server does not have. */
  get missingSettings(): readonly string[] {
    const tooOld = majorVersion(this.serverVersion) < 14 ? ['client_connection_check_interval'] : [];
    return [...new Set([...tooOld, ...this.#refused])];
  }

  async run(request: SessionRun, sink: RowSink, deadline: Deadline): Promise<void> {
    if ([request.sql, ...request.initSql].some((sql) => sql.includes('\0'))) {
      throw new RefreshError('query', 'the statement holds a NUL character, which no statement can');
    }
    await this.#step('setup', null, () => this.#begin(deadline.leftMs));
    const caps = { maxRows: Number.POSITIVE_INFINITY, maxBytes: request.maxBytes };
    for (const sql of request.initSql) {
      const limit = statementLimit(this.#defaults, deadline.leftMs);
      await this.#step('init_sql', limit, () => this.#statement(sql, new PostgresResult(caps, NO_SINK)));
      if (this.#connection.transaction === 'T') continue;
      throw new RefreshError('query', 'a statement of init_sql ended the transaction that it was to prepare');
    }
    const limit = statementLimit(this.#defaults, deadline.leftMs);
    if (request.initSql.length > 0) await this.#step('setup', limit, () => this.#simple(againText(limit)));
    request.onStart();
    const result = new PostgresResult(request, sink);
    try {
      await this.#step('statement', limit, () => this.#statement(request.sql, result));
    } catch (error) {
      throw result.thrown === null ? error : result.thrown.error;
    }
    if (!result.hasColumns) throw new RefreshError('no_result', 'the statement gives no result set');
  }

  /** Behind a pooler a reset would reach whichever server is free, and perhaps another client's work. */
  reset(): Promise<void> {
    const inTransaction = this.#connection.transaction !== 'I';
    const texts = [...(inTransaction ? ['ROLLBACK'] : []), ...(this.isPooled ? [] : ['DISCARD ALL'])];
    if (texts.length === 0) return this.ping();
    // Each a message of its own, since DISCARD ALL stands beside nothing.
    const messages = Buffer.concat(texts.map((text) => serialize.query(text)));
    return this.#step('other', null, () => this.#connection.exchange(messages, NOTHING, texts.length));
  }

  ping(): Promise<void> {
    return this.#step('other', null, () => this.#connection.exchange(serialize.sync(), NOTHING));
  }

  quit(): Promise<void> {
    return this.#connection.quit();
  }

  destroy(): void {
    this.#connection.destroy();
  }

  #flag(name: string): boolean | null {
    const value = this.#connection.parameters.get(name);
    return value === undefined ? null : value === 'on';
  }

  async #begin(leftMs: number): Promise<void> {
    if (this.#connection.transaction !== 'I') await this.#simple('ROLLBACK');
    const settings = transactionSettings(majorVersion(this.serverVersion), this.#defaults, leftMs);
    for (;;) {
      const taken = settings.filter(({ name }) => !this.#refused.has(name));
      try {
        // The statement waits until this is answered: behind a BEGIN that was refused it would run all the same.
        await this.#simple(beginText(taken));
        break;
      } catch (error) {
        const refused = error instanceof ServerError ? taken[error.completed - 1] : undefined;
        if (refused === undefined || !REFUSED_SETTING.has((error as ServerError).sqlState)) throw error;
        this.#refused.add(refused.name);
        await this.#simple('ROLLBACK');
      }
    }
    if (this.#connection.transaction !== 'T') throw new RefreshError('query', 'the server begins no transaction');
  }

  #simple(sql: string): Promise<void> {
    return this.#connection.exchange(serialize.query(sql), NOTHING);
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

  async #step(where: Moment['where'], limit: StatementLimit | null, work: () => Promise<void>): Promise<void> {
    const startedMs = performance.now();
    try {
      await work();
    } catch (error) {
      throw sessionFailure(error, { where, limit, elapsedMs: performance.now() - startedMs });
    }
  }
}
