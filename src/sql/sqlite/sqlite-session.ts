import { type FailureReason, RefreshError } from '../../model/failure.ts';
import { BatchWriter } from './batch-writer.ts';
import { Disturbed } from './database-mark.ts';
import { DatabaseView } from './database-view.ts';
import type { Batch, Job } from './messages.ts';
import { ReadOnlyFiles } from './read-only-files.ts';
import {
  Connection,
  OPEN_IN_MEMORY,
  OPEN_READ_ONLY,
  RESULT,
  SqliteError,
  SqliteLibrary,
  type Statement,
} from './sqlite-library.ts';

export interface Output {
  columns(names: readonly string[]): void;
  /** May block until there is room. */
  batch(batch: Batch): void;
}

const IN_MEMORY = ':memory:';

/**
 * SQLite in this thread over one database. Every job gets a view of the file and a connection of its own, which takes
 * less than a millisecond, so no pragma and no temporary table outlives it.
 */
export class SqliteSession {
  readonly #path: string;
  readonly #files = new ReadOnlyFiles();
  readonly #library: SqliteLibrary;

  constructor(path: string) {
    this.#path = path;
    this.#library = new SqliteLibrary(this.#files.module);
  }

  get isWorn(): boolean {
    return this.#library.isWorn;
  }

  /**
   * Throws `Disturbed` where a writer came between and nothing was put out yet, so that the job can be done again, and
   * a `RefreshError` for every other failure.
   */
  perform(job: Job, output: Output, disturbedBefore: boolean): void {
    using view = this.#path === IN_MEMORY ? null : openView(this.#path, disturbedBefore);
    const guarded = new GuardedOutput(output, view);
    this.#files.view = view;
    try {
      using connection = this.#connect(view);
      if (job.kind === 'run') run(connection, job, guarded);
    } catch (error) {
      // What SQLite says of a mixture of two states is no news of the database.
      const isOurs = error instanceof RefreshError && !(error.cause instanceof SqliteError);
      if (!isOurs) guarded.check();
      throw error instanceof SqliteError ? toRefreshError(error) : error;
    } finally {
      this.#files.view = null;
    }
  }

  #connect(view: DatabaseView | null): Connection {
    let connection: Connection | null = null;
    try {
      const flags = view === null ? OPEN_IN_MEMORY : OPEN_READ_ONLY;
      connection = new Connection(this.#library, view?.path ?? IN_MEMORY, flags);
      // Opening reads nothing; this reads the header and refuses what is no database.
      connection.execute('PRAGMA schema_version');
      return connection;
    } catch (error) {
      connection?.[Symbol.dispose]();
      throw error instanceof SqliteError ? toRefreshError(error, 'connect') : error;
    }
  }
}

/** Puts nothing out that may be a mixture of two states of the database. */
class GuardedOutput {
  readonly #output: Output;
  readonly #view: DatabaseView | null;
  #isAnnounced = false;

  constructor(output: Output, view: DatabaseView | null) {
    this.#output = output;
    this.#view = view;
  }

  /** Null: no row came. */
  put(names: readonly string[], batch: Batch | null): void {
    this.check();
    if (!this.#isAnnounced) this.#output.columns(names);
    this.#isAnnounced = true;
    if (batch !== null) this.#output.batch(batch);
  }

  get isAnnounced(): boolean {
    return this.#isAnnounced;
  }

  check(): void {
    if (this.#view === null || !this.#view.isChanged()) return;
    const why = 'it was written to while it was read';
    if (!this.#isAnnounced) throw new Disturbed(why);
    throw new RefreshError('lost', `the database is too large to be copied, and ${why}`);
  }
}

function openView(path: string, disturbedBefore: boolean): DatabaseView {
  try {
    return new DatabaseView(path, disturbedBefore);
  } catch (error) {
    if (error instanceof Disturbed) throw error;
    throw new RefreshError('connect', `cannot read ${path}: ${errorText(error)}`, { cause: error });
  }
}

function run(connection: Connection, job: Job & { kind: 'run' }, output: GuardedOutput): void {
  for (const sql of job.initSql) {
    try {
      connection.execute(sql);
    } catch (error) {
      if (error instanceof SqliteError) throw toRefreshError(error, 'query', 'init_sql: ');
      throw error;
    }
  }
  // The file cannot be written anyway; this also covers what is in memory, and gives a write its proper name.
  connection.execute('PRAGMA query_only = 1');
  using statement = connection.prepare(job.sql);
  if (statement !== null && statement.columns.length === 0) statement.step();
  if (statement === null || statement.columns.length === 0) {
    throw new RefreshError('no_result', 'the statement gives no result set');
  }
  readRows(statement, job, output);
}

function readRows(statement: Statement, job: Job & { kind: 'run' }, output: GuardedOutput): void {
  const writer = new BatchWriter((batch) => output.put(statement.columns, batch));
  const refuse = (limit: string): never => {
    // What came so far belongs to the caller, as with every engine.
    writer.flush();
    throw new RefreshError('too_large', `the result has more than ${limit}`);
  };
  let rows = 0;
  let bytes = 0;
  while (statement.step()) {
    if (++rows > job.maxRows) refuse(`${job.maxRows} rows`);
    const rowBytes = statement.measure(job.maxBytes - bytes);
    bytes += rowBytes;
    if (bytes > job.maxBytes) refuse(`${job.maxBytes} bytes`);
    writer.add(statement, rowBytes);
  }
  writer.flush();
  if (!output.isAnnounced) output.put(statement.columns, null);
}

function toRefreshError(error: SqliteError, reason = reasonOf(error), prefix = ''): RefreshError {
  return new RefreshError(reason, `${prefix}${error.message}`, { errno: error.code, cause: error });
}

function reasonOf(error: SqliteError): FailureReason {
  switch (error.primary) {
    case RESULT.READONLY:
      return 'read_only';
    case RESULT.NOMEM:
    case RESULT.TOOBIG:
      return 'too_large';
    case RESULT.IOERR:
      return 'lost';
    default:
      return 'query';
  }
}

function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
