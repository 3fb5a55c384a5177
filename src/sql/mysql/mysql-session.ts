import { formatDuration } from '../../language/duration.ts';
import type { Deadline } from '../../model/deadline.ts';
import { RefreshError } from '../../model/failure.ts';
import type { RowSink } from '../../model/rows.ts';
import type { LockHolder, Session, SessionRun } from '../session.ts';
import { askOne } from './ask-one.ts';
import { errnoOf, maybeLost, type Step, toFailure } from './mysql-failures.ts';
import type { Field, Library, Packet, Step as RowStep } from './mysql-library.ts';
import { endHolder, takeLock } from './named-lock.ts';
import { ResultReader } from './result-reader.ts';
import { type OwnLimit, serverLimitMs, setupParts } from './session-setup.ts';
import type { SessionTraits } from './session-traits.ts';
import { beginReadOnly, setUp } from './set-up.ts';
import type { StatementRunner } from './statement-runner.ts';

/** A server that does not end a connection at our goodbye loses it without one. */
const GOODBYE_MS = 1_000;

/** One connection to a MySQL or MariaDB server. */
export class MysqlSession implements Session, StatementRunner {
  readonly address: string;
  readonly openedMs = performance.now();
  readonly closed: Promise<void>;
  readonly #library: Library;
  readonly #readTimeoutMs: number | null;
  #traits: SessionTraits | null = null;
  /** The server's own limit, where it is shorter than the deadline. */
  #limitInForce: OwnLimit | null = null;
  /** False where a statement may have changed the default database, which a reset leaves as it is. */
  #isDatabaseKnown = true;
  #isInTransaction = false;
  #hasLock = false;
  #isDead = false;
  #underWay: UnderWay | null = null;

  constructor(library: Library, address: string, readTimeoutMs: number | null) {
    this.#library = library;
    this.#readTimeoutMs = readTimeoutMs;
    this.address = address;
    this.closed = new Promise((resolve) => {
      library.stream.once('close', () => {
        this.#die(new Error('the connection was lost'));
        resolve();
      });
    });
    // Before the library's own listener, so that bytes are counted before they are parsed.
    library.stream.prependListener('data', (chunk: Buffer) => {
      this.#underWay?.silence?.refresh();
      const reader = this.#underWay?.reader;
      if (reader) this.#guard(reader, () => reader.arrived(chunk.length));
    });
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  get id(): string {
    return this.#traits?.id ?? String(this.#library.threadId);
  }

  /** Names the server behind the connection, so that whoever looks for the statement knows whether he looks at the same. */
  get cancelKey(): string | null {
    return this.#traits?.place ?? null;
  }

  /** What was learned on this connection; to be given once, before the first run. */
  set traits(traits: SessionTraits) {
    this.#traits = traits;
  }

  async run(request: SessionRun, sink: RowSink, deadline: Deadline): Promise<LockHolder | null> {
    const reader = new ResultReader(request, sink);
    let step: Step = 'preparing';
    try {
      // The statement of a `when` ran before; init_sql may set what cannot be set inside of a transaction.
      if (this.#isInTransaction) await this.execute('COMMIT');
      await this.#setUp(deadline, request.lock !== null);
      const holder = await this.#lock(request.lock);
      if (holder !== null) return holder;
      // It stays unknown until the next reset, whatever else is run before that.
      const wasDatabaseKnown = this.#isDatabaseKnown;
      this.#isDatabaseKnown = false;
      step = 'init_sql';
      for (const statement of request.initSql) await this.execute(statement);
      step = 'preparing';
      this.#isInTransaction = true;
      await beginReadOnly(this, this.#introduced.knowledge);
      step = 'running';
      request.onStart();
      await this.stream(request.sql, reader);
      this.#isDatabaseKnown = wasDatabaseKnown && reader.isPlain && request.initSql.length === 0;
    } catch (error) {
      if (reader.thrown !== null) throw reader.thrown.error;
      throw await this.#failure(error, step);
    }
    if (reader.sets === 1) return null;
    if (reader.sets === 0) throw noResult(request.sql);
    throw new RefreshError(
      'query',
      `the statement gives ${reader.sets} result sets, and only one can be used: make a query of each`,
    );
  }

  async reset(): Promise<void> {
    await this.#perform(null, (done) => this.#library.reset(done));
    this.#isInTransaction = false;
    this.#hasLock = false;
    if (this.#isDatabaseKnown) return;
    const database = this.#traits?.database ?? '';
    if (database !== '') await this.execute(`USE \`${database.replaceAll('`', '``')}\``);
    // There is no way back to no database at all.
    else if ((await askOne(this, 'SELECT DATABASE()'))?.[0] !== null) throw new Error('it has a default database now');
    this.#isDatabaseKnown = true;
  }

  async endHolder(holder: LockHolder): Promise<void> {
    await endHolder(this, holder).catch((error: unknown) => {
      throw toFailure(error, 'preparing');
    });
  }

  ping(): Promise<void> {
    return this.#perform(null, (done) => this.#library.ping(done)).catch((error: unknown) => {
      throw toFailure(error, 'running');
    });
  }

  execute(sql: string): Promise<void> {
    return this.#query(sql, null);
  }

  /** Runs a statement and hands its results over. What the reader throws destroys the session. */
  stream(sql: string, reader: ResultReader): Promise<void> {
    return this.#query(sql, reader);
  }

  async quit(): Promise<void> {
    if (this.#isDead) return this.closed;
    this.#isDead = true;
    this.#library.end();
    const late = setTimeout(() => this.#library.stream.destroy(), GOODBYE_MS);
    await this.closed;
    clearTimeout(late);
  }

  /** The library's own way waits for the server to agree. */
  destroy(reason = new Error('the connection was closed')): void {
    this.#die(reason);
    this.#library.stream.destroy();
  }

  get #introduced(): SessionTraits {
    if (this.#traits === null) throw new Error('the session was used before it was introduced');
    return this.#traits;
  }

  /** The statement of a `when` may have taken it before. */
  async #lock(name: string | null): Promise<LockHolder | null> {
    if (name === null || this.#hasLock) return null;
    const holder = await takeLock(this, name, this.#introduced);
    this.#hasLock = holder === null;
    return holder;
  }

  async #setUp(deadline: Deadline, takesLock: boolean): Promise<void> {
    const { server, ownLimit, slowLog, knowledge } = this.#introduced;
    const deadlineMs = serverLimitMs(deadline.leftMs);
    this.#limitInForce = ownLimit !== null && ownLimit.ms < deadlineMs ? ownLimit : null;
    const limitMs = this.#limitInForce?.ms ?? deadlineMs;
    await setUp(this, setupParts(server, { limitMs, slowLog, takesLock }), knowledge);
  }

  /** An error packet is no lost connection, whatever its number says; whether the server hung up behind it, a ping tells. */
  async #failure(error: unknown, step: Step): Promise<RefreshError> {
    const isLost =
      maybeLost(errnoOf(error)) &&
      (await this.ping().then(
        () => false,
        () => true,
      ));
    const failure = toFailure(error, step, this.#limitInForce);
    if (!isLost) return failure;
    const { message, errno, sqlState } = failure;
    return new RefreshError('lost', `${message}; the next run connects again`, { errno, sqlState, endedBy: null });
  }

  #die(reason: Error): void {
    this.#isDead = true;
    this.#underWay?.reject(reason);
  }

  #query(sql: string, reader: ResultReader | null): Promise<void> {
    return this.#perform(reader, (done) => {
      const command = this.#library.query({ sql, rowsAsArray: true, typeCast: false }, done);
      if (reader) {
        command.on('fields', (fields?: readonly Field[]) => this.#guard(reader, () => reader.fields(fields)));
      }
      const end = command.row;
      const row: RowStep = (packet, connection) => {
        if (packet.isEOF()) return end.call(command, packet, connection);
        if (reader) this.#takeRow(reader, packet);
        return row;
      };
      command.row = row;
    });
  }

  /** The one that is called for every row, so without a closure. */
  #takeRow(reader: ResultReader, packet: Packet): void {
    if (this.#isDead) return;
    try {
      reader.row(packet);
    } catch (error) {
      this.#stop(reader, error);
    }
  }

  #guard(reader: ResultReader, step: () => void): void {
    if (this.#isDead) return;
    try {
      step();
    } catch (error) {
      this.#stop(reader, error);
    }
  }

  #stop(reader: ResultReader, error: unknown): void {
    reader.thrown = { error };
    this.destroy();
  }

  #perform(reader: ResultReader | null, start: (done: (error?: Error | null) => void) => void): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      if (this.#isDead) return reject(new Error('the connection was lost'));
      this.#underWay = { reader, reject, silence: this.#silenceTimer() };
      start((error) => (error ? reject(error) : resolve()));
    }).finally(() => {
      clearTimeout(this.#underWay?.silence ?? undefined);
      this.#underWay = null;
    });
  }

  #silenceTimer(): NodeJS.Timeout | null {
    const limitMs = this.#readTimeoutMs;
    if (limitMs === null) return null;
    const text = `the server sent nothing for ${formatDuration(limitMs)}; raise readTimeout or find out what keeps it`;
    return setTimeout(() => this.destroy(new RefreshError('timeout', text)), limitMs);
  }
}

interface UnderWay {
  readonly reader: ResultReader | null;
  readonly reject: (error: Error) => void;
  readonly silence: NodeJS.Timeout | null;
}

function noResult(sql: string): RefreshError {
  const advice = /\/\*M?!\d/.test(sql)
    ? 'the server passes over what stands in a comment for other versions (/*! … */)'
    : 'what only sets something belongs into init_sql';
  return new RefreshError('no_result', `the statement gives no result set; ${advice}`);
}
