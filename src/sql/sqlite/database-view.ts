import { closeSync, fstatSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { Disturbed, isRecent, lookAtDatabase, openIfThere, readsLog } from './database-mark.ts';
import { type Commits, WriteAheadLog } from './write-ahead-log.ts';

/** Up to this size the file is copied before the statement runs (a few milliseconds), so no writer can disturb it. */
const COPY_FIRST_BYTES = 16 << 20;
/** Up to this size the file is copied once a writer has disturbed reading it page by page. */
const COPY_LATER_BYTES = 128 << 20;
/** How often a run that reads page by page looks whether it still makes sense. */
const LOOK_EVERY_MS = 50;

/**
 * One consistent state of a database file, read without touching anything: no lock is taken, no file is created, nothing
 * beside the database is written. So no writer ever waits for us, a folder may be read-only, and a reader that is killed
 * leaves nothing behind. The price: no writer waits for us either when we are slow, so what was read is checked to be of
 * one state, and thrown away if it is not.
 *
 * The committed pages of a write-ahead log are laid over the file. Later commits go on in the log and disturb nobody
 * before a checkpoint writes a page back that we read from the file.
 */
export class DatabaseView implements Disposable {
  readonly path: string;
  readonly bytes: number;
  readonly #fd: number;
  readonly #mark: string;
  readonly #log: OpenLog | null;
  readonly #hidesLog: boolean;
  readonly #copy: Buffer | null;
  /** For a database with a log: the pages that a checkpoint must not touch. */
  readonly #readFromFile = new Set<number>();
  #lookedAtMs = performance.now();
  #isChanged = false;

  /**
   * Throws `Disturbed` where a writer is at work, and what `node:fs` throws where there is no readable file.
   * `disturbedBefore`: an earlier attempt was disturbed, so that copying is worth more.
   */
  constructor(path: string, disturbedBefore: boolean) {
    // SQLite keeps its journals beside the real file, whatever link led there.
    this.path = realpathSync(path);
    // Opening a FIFO would wait for ever.
    if (!statSync(this.path).isFile()) throw new Error('it is not a regular file');
    this.#fd = openSync(this.path, 'r');
    let log: OpenLog | null = null;
    try {
      this.#mark = lookAtDatabase(this.#fd, this.path);
      this.#hidesLog = readsLog(this.#fd);
      const fileBytes = fstatSync(this.#fd).size;
      const isCopied = fileBytes <= (disturbedBefore ? COPY_LATER_BYTES : COPY_FIRST_BYTES);
      const copy = isCopied ? readWhole(this.#fd, fileBytes) : null;
      // After the copy: what a checkpoint wrote meanwhile stands in the log, and is laid over.
      if (this.#hidesLog) log = openLog(this.#fd, `${this.path}-wal`);
      this.#log = log;
      this.bytes = log?.bytes ?? fileBytes;
      this.#copy = copy === null || log === null ? copy : layOver(copy, log);
      if (this.#copy !== null) this.#hideLog(this.#copy, 0);
      if (lookAtDatabase(this.#fd, this.path) !== this.#mark) throw new Disturbed('it is being written to');
    } catch (error) {
      closeSync(this.#fd);
      if (log !== null) closeSync(log.fd);
      throw error;
    }
  }

  /** True where what was read since the beginning may be a mixture of two states. */
  isChanged(): boolean {
    if (this.#copy !== null || this.#isChanged) return this.#isChanged;
    this.#lookedAtMs = performance.now();
    try {
      this.#isChanged = lookAtDatabase(this.#fd, this.path) !== this.#mark || this.#wasOverwritten();
    } catch {
      this.#isChanged = true;
    }
    return this.#isChanged;
  }

  /** Fills `target` with what stands at `position`; returns how many bytes there were. */
  read(target: Uint8Array, position: number): number {
    const wanted = Math.max(0, Math.min(target.length, this.bytes - position));
    const into = target.subarray(0, wanted);
    if (this.#copy !== null) {
      this.#copy.copy(into, 0, position, position + wanted);
      return wanted;
    }
    // A mixture of two states may send SQLite round in circles, so this cannot wait for the end.
    if (performance.now() - this.#lookedAtMs > LOOK_EVERY_MS && this.isChanged())
      throw new Disturbed('it was written to');
    const got = this.#readPart(into, position);
    this.#hideLog(into, position);
    return got;
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
    if (this.#log !== null) closeSync(this.#log.fd);
  }

  /** SQLite reads whole pages and parts of the first one. */
  #readPart(into: Uint8Array, position: number): number {
    const log = this.#log;
    if (log === null) return readSync(this.#fd, into, 0, into.length, position);
    const page = Math.floor(position / log.reader.pageSize) + 1;
    const inLog = log.commits.pages.get(page);
    if (inLog !== undefined) {
      return readSync(log.fd, into, 0, into.length, inLog + (position % log.reader.pageSize));
    }
    this.#readFromFile.add(page);
    return readSync(this.#fd, into, 0, into.length, position);
  }

  /** Whether a checkpoint may have replaced a page that was read from the file by a later one. */
  #wasOverwritten(): boolean {
    const log = this.#log;
    if (log === null) return false;
    for (const page of log.reader.readCommits().pages.keys()) log.laterPages.add(page);
    if (writtenAtNs(this.#fd) === log.fileWrittenAtNs) return false;
    return [...log.laterPages].some((page) => this.#readFromFile.has(page));
  }

  /** SQLite needs shared memory to use a log; it is laid over already, so the header may say that there is none. */
  #hideLog(bytes: Uint8Array, position: number): void {
    if (!this.#hidesLog || position > 18 || position + bytes.length < 20) return;
    bytes[18 - position] = 1;
    bytes[19 - position] = 1;
  }
}

/** A log that holds commits. */
interface OpenLog {
  readonly fd: number;
  readonly reader: WriteAheadLog;
  readonly commits: Commits;
  /** Of the whole database. */
  readonly bytes: number;
  /** When the database file itself was written last; null where that was too recent to tell a next time from it. */
  readonly fileWrittenAtNs: bigint | null;
  /** Committed since. */
  readonly laterPages: Set<number>;
}

/** Null where nothing is committed in it: then the file has everything. */
function openLog(databaseFd: number, path: string): OpenLog | null {
  const writtenAt = writtenAtNs(databaseFd);
  const fd = openIfThere(path);
  if (fd === null) return null;
  try {
    const reader = new WriteAheadLog(fd);
    const commits = reader.readCommits();
    if (commits.pageCount > 0) {
      return {
        fd,
        reader,
        commits,
        bytes: commits.pageCount * reader.pageSize,
        fileWrittenAtNs: isRecent(writtenAt) ? null : writtenAt,
        laterPages: new Set(),
      };
    }
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  closeSync(fd);
  return null;
}

function readWhole(fd: number, bytes: number): Buffer {
  const whole = Buffer.alloc(bytes);
  for (let at = 0; at < bytes; ) {
    const got = readSync(fd, whole, at, bytes - at, at);
    if (got === 0) break;
    at += got;
  }
  return whole;
}

function layOver(file: Buffer, { fd, reader, commits, bytes }: OpenLog): Buffer {
  const whole = bytes <= file.length ? file.subarray(0, bytes) : Buffer.concat([file], bytes);
  for (const [page, position] of commits.pages) {
    // A database that shrank leaves pages in its log that are no longer part of it.
    if (page <= commits.pageCount) readSync(fd, whole, (page - 1) * reader.pageSize, reader.pageSize, position);
  }
  return whole;
}

function writtenAtNs(fd: number): bigint {
  return fstatSync(fd, { bigint: true }).mtimeNs;
}
