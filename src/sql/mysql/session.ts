import type { Address } from '../../model/plan.ts';
import { ServerSilent } from './failures.ts';
import type { Field, Library, Packet, Step } from './library.ts';
import type { ResultReader } from './result-reader.ts';
import type { Dialect } from './session-setup.ts';

/** A server that does not end a connection at our goodbye loses it without one. */
const GOODBYE_MS = 1_000;

export interface SessionOptions {
  /** What was reached: of a name with several addresses, the one that answered. */
  readonly address: Address;
  readonly dialect: Dialect;
  readonly readTimeoutMs: number | null;
}

/**
 * One connection to a server. One thing is done at a time; what is under way rejects when the connection ends, for
 * whatever reason, and then the session is dead for good.
 */
export class MysqlSession {
  /** By which the server knows it. */
  readonly id: string;
  readonly address: Address;
  readonly dialect: Dialect;
  readonly openedMs = performance.now();
  /** Resolves when the connection is gone; never rejects. */
  readonly closed: Promise<void>;
  readonly #library: Library;
  readonly #readTimeoutMs: number | null;
  #dead = false;
  #underWay: UnderWay | null = null;

  constructor(library: Library, { address, dialect, readTimeoutMs }: SessionOptions) {
    this.#library = library;
    this.#readTimeoutMs = readTimeoutMs;
    this.id = String(library.threadId);
    this.address = address;
    this.dialect = dialect;
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

  get dead(): boolean {
    return this.#dead;
  }

  /** Takes the session back to the state in which it was opened. */
  reset(): Promise<void> {
    return this.#perform(null, (done) => this.#library.reset(done));
  }

  ping(): Promise<void> {
    return this.#perform(null, (done) => this.#library.ping(done));
  }

  /** Runs a statement and takes no notice of what it gives. */
  execute(sql: string): Promise<void> {
    return this.#query(sql, null);
  }

  /** Runs a statement and hands its results over. What the reader throws destroys the session. */
  stream(sql: string, reader: ResultReader): Promise<void> {
    return this.#query(sql, reader);
  }

  /** Ends the connection politely. Resolves when it is gone, within about a second. */
  async quit(): Promise<void> {
    if (this.#dead) return this.closed;
    this.#dead = true;
    this.#library.end();
    const late = setTimeout(() => this.#library.stream.destroy(), GOODBYE_MS);
    await this.closed;
    clearTimeout(late);
  }

  /** Ends the connection at once, which the library's own way does not: it waits for the server to agree. */
  destroy(reason = new Error('the connection was closed')): void {
    this.#die(reason);
    this.#library.stream.destroy();
  }

  #die(reason: Error): void {
    this.#dead = true;
    this.#underWay?.reject(reason);
  }

  #query(sql: string, reader: ResultReader | null): Promise<void> {
    return this.#perform(reader, (done) => {
      const command = this.#library.query({ sql, rowsAsArray: true, typeCast: false }, done);
      if (reader) {
        command.on('fields', (fields?: readonly Field[]) => this.#guard(reader, () => reader.fields(fields)));
      }
      const end = command.row;
      const row: Step = (packet, connection) => {
        if (packet.isEOF()) return end.call(command, packet, connection);
        if (reader) this.#takeRow(reader, packet);
        return row;
      };
      command.row = row;
    });
  }

  /** The one that is called for every row, so without a closure. */
  #takeRow(reader: ResultReader, packet: Packet): void {
    if (this.#dead) return;
    try {
      reader.row(packet);
    } catch (error) {
      this.#stop(reader, error);
    }
  }

  #guard(reader: ResultReader, step: () => void): void {
    if (this.#dead) return;
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
      if (this.#dead) return reject(new Error('the connection was lost'));
      this.#underWay = { reader, reject, silence: this.#silenceTimer() };
      start((error) => (error ? reject(error) : resolve()));
    }).finally(() => {
      clearTimeout(this.#underWay?.silence ?? undefined);
      this.#underWay = null;
    });
  }

  #silenceTimer(): NodeJS.Timeout | null {
    const limitMs = this.#readTimeoutMs;
    return limitMs === null ? null : setTimeout(() => this.destroy(new ServerSilent(limitMs)), limitMs);
  }
}

interface UnderWay {
  readonly reader: ResultReader | null;
  readonly reject: (error: Error) => void;
  readonly silence: NodeJS.Timeout | null;
}
