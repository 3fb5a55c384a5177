import { type Build, loadBuild, type Memory } from './sqlite-build.ts';

/** Result codes, https://www.sqlite.org/rescode.html; the low byte of an extended code. */
export const RESULT = {
  READONLY: 8,
  NOMEM: 7,
  IOERR: 10,
  CANTOPEN: 14,
  TOOBIG: 18,
  ROW: 100,
  DONE: 101,
} as const;

export const OPEN_READ_ONLY = 0x01;
/** A database in memory takes what `init_sql` writes. */
export const OPEN_IN_MEMORY = 0x02 | 0x04 | 0x80;
/** Gives extended result codes. */
const OPEN_EXTENDED_CODES = 0x0200_0000;

const TYPE_BLOB = 4;
const TYPE_NULL = 5;
/** A cell that is NULL has this length. */
export const NULL_LENGTH = -1;

/** Memory of WebAssembly never shrinks: beyond this the thread is given up after the run. */
const WORN_MEMORY_BYTES = 64 << 20;

export class SqliteError extends Error {
  override readonly name = 'SqliteError';
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }

  /** The code without its extension. */
  get primary(): number {
    return this.code & 0xff;
  }
}

/**
 * SQLite compiled to WebAssembly, at the level of its C interface: the package's own classes give doubles instead of
 * the text that SQLite prints, one column of those that share a name, no result codes, and drop what follows the first
 * statement. `files` stands in for `node:fs`.
 */
export class SqliteLibrary {
  readonly build: Build;
  readonly #memory: Memory;
  readonly #encoder = new TextEncoder();
  readonly #decoder = new TextDecoder();

  constructor(files: object) {
    const { build, memory } = loadBuild(files);
    this.build = build;
    this.#memory = memory;
  }

  /** The whole memory; not valid any more once SQLite has been called. */
  get bytes(): Uint8Array {
    return new Uint8Array(this.#memory.buffer);
  }

  get isWorn(): boolean {
    return this.#memory.buffer.byteLength > WORN_MEMORY_BYTES;
  }

  /** Copies a text into memory, with a zero at its end. To be freed. */
  write(text: string): number {
    const bytes = this.#encoder.encode(`${text}\0`);
    const pointer = this.build._malloc(bytes.length);
    if (pointer === 0) throw new SqliteError(RESULT.NOMEM, 'out of memory');
    this.bytes.set(bytes, pointer);
    return pointer;
  }

  /** Reads a text that ends with a zero. */
  text(pointer: number): string {
    const bytes = this.bytes;
    return this.#decoder.decode(bytes.subarray(pointer, bytes.indexOf(0, pointer)));
  }

  word(pointer: number): number {
    return new Uint32Array(this.#memory.buffer, pointer, 1)[0] ?? 0;
  }
}

export class Connection implements Disposable {
  readonly #library: SqliteLibrary;
  readonly #pointer: number;

  /** Throws an `SqliteError`. */
  constructor(library: SqliteLibrary, path: string, flags: number) {
    this.#library = library;
    const { build } = library;
    const name = library.write(path);
    const out = library.write('1234');
    const code = build._sqlite3_open_v2(name, out, flags | OPEN_EXTENDED_CODES, 0);
    this.#pointer = library.word(out);
    build._free(name);
    build._free(out);
    if (code === 0) return;
    const error = this.error(code);
    this[Symbol.dispose]();
    throw error;
  }

  /** Runs one statement to its end; its rows are not read. */
  execute(sql: string): void {
    using statement = this.prepare(sql);
    while (statement?.step()) {}
  }

  /** Null where the text holds no statement at all. Throws an `SqliteError`, also for a second statement. */
  prepare(sql: string): Statement | null {
    const { build } = this.#library;
    const text = this.#library.write(sql);
    const out = this.#library.write('12345678');
    try {
      const first = this.#prepareAt(text, out);
      if (first === 0) return null;
      const statement = new Statement(this.#library, this, first);
      if (this.#holdsMore(this.#library.word(out + 4), out)) {
        statement[Symbol.dispose]();
        throw new SqliteError(1, 'only one statement can be run at a time');
      }
      return statement;
    } finally {
      build._free(text);
      build._free(out);
    }
  }

  error(code: number): SqliteError {
    return new SqliteError(code, this.#library.text(this.#library.build._sqlite3_errmsg(this.#pointer)));
  }

  [Symbol.dispose](): void {
    this.#library.build._sqlite3_close_v2(this.#pointer);
  }

  #prepareAt(text: number, out: number): number {
    const code = this.#library.build._sqlite3_prepare_v2(this.#pointer, text, -1, out, out + 4);
    if (code !== 0) throw this.error(code);
    return this.#library.word(out);
  }

  /** Semicolons, spaces and comments may follow; anything else, even what is no statement, may not. */
  #holdsMore(tail: number, out: number): boolean {
    try {
      const second = this.#prepareAt(tail, out);
      this.#library.build._sqlite3_finalize(second);
      return second !== 0;
    } catch {
      return true;
    }
  }
}

export class Statement implements Disposable {
  readonly columns: readonly string[];
  /** Of the cells of the present row, once `measure` was called. */
  readonly lengths: Int32Array;
  readonly #pointers: Uint32Array;
  readonly #library: SqliteLibrary;
  readonly #connection: Connection;
  readonly #pointer: number;

  constructor(library: SqliteLibrary, connection: Connection, pointer: number) {
    this.#library = library;
    this.#connection = connection;
    this.#pointer = pointer;
    const { build } = library;
    const count = build._sqlite3_column_count(pointer);
    this.columns = Array.from({ length: count }, (_, at) => library.text(build._sqlite3_column_name(pointer, at)));
    this.lengths = new Int32Array(count);
    this.#pointers = new Uint32Array(count);
  }

  /** Goes to the next row; false after the last. Throws an `SqliteError`. */
  step(): boolean {
    const code = this.#library.build._sqlite3_step(this.#pointer);
    if (code === RESULT.ROW) return true;
    if (code === RESULT.DONE) return false;
    throw this.#connection.error(code);
  }

  /**
   * Finds the cells of the present row: as SQLite prints them, blobs as they are. Returns the sum of their lengths.
   * Ends early where it is over `limit`, before a huge blob takes memory.
   */
  measure(limit: number): number {
    const { build } = this.#library;
    let sum = 0;
    for (let column = 0; column < this.lengths.length; column++) {
      const type = build._sqlite3_column_type(this.#pointer, column);
      if (type === TYPE_NULL) {
        this.lengths[column] = NULL_LENGTH;
        continue;
      }
      if (type === TYPE_BLOB && sum + build._sqlite3_column_bytes(this.#pointer, column) > limit) return limit + 1;
      const pointer =
        type === TYPE_BLOB
          ? build._sqlite3_column_blob(this.#pointer, column)
          : build._sqlite3_column_text(this.#pointer, column);
      const length = build._sqlite3_column_bytes(this.#pointer, column);
      // An empty blob has no address; anything else without one did not fit into memory.
      if (pointer === 0 && (type !== TYPE_BLOB || length > 0)) throw new SqliteError(RESULT.NOMEM, 'out of memory');
      this.#pointers[column] = pointer;
      this.lengths[column] = length;
      sum += length;
    }
    return sum;
  }

  /** Copies the measured cells, one after the other. */
  copyTo(target: Uint8Array, position: number): void {
    const memory = this.#library.bytes;
    let at = position;
    for (let column = 0; column < this.lengths.length; column++) {
      const length = this.lengths[column] ?? NULL_LENGTH;
      if (length <= 0) continue;
      const start = this.#pointers[column] ?? 0;
      target.set(memory.subarray(start, start + length), at);
      at += length;
    }
  }

  [Symbol.dispose](): void {
    this.#library.build._sqlite3_finalize(this.#pointer);
  }
}
