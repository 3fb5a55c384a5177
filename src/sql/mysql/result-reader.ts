import type { RowSink } from '../../model/rows.ts';
import { type Caps, ResultCaps } from '../pool/result-caps.ts';
import type { Field, Packet } from './mysql-library.ts';
import { RowReader } from './row-reader.ts';

/** What arrives may be ahead of the last complete row by this much before it counts: one read from the socket. */
const SLACK_BYTES = 65_536;

/**
 * Hands one result to a sink and keeps it within its caps. Anything that it throws, or that the sink throws, ends the
 * run; it is kept in `thrown`.
 */
export class ResultReader {
  readonly #caps: ResultCaps;
  readonly #sink: RowSink;
  #rowReader: RowReader | null = null;
  #sets = 0;
  #isPlain = true;
  /** Bytes of the result that arrived and belong to no complete row. */
  #unread = 0;
  thrown: { readonly error: unknown } | null = null;

  constructor(caps: Caps, sink: RowSink) {
    this.#caps = new ResultCaps(caps);
    this.#sink = sink;
  }

  /** Result sets so far; a statement that gives none has zero. */
  get sets(): number {
    return this.#sets;
  }

  /** One result and nothing beside it, as of every SELECT: such a statement has told the session nothing. */
  get isPlain(): boolean {
    return this.#isPlain && this.#sets === 1;
  }

  /** A result set begins; without fields it is the mere success that ends a statement. */
  fields(fields: readonly Field[] | undefined): void {
    if (fields === undefined) {
      this.#isPlain = false;
      return;
    }
    this.#sets += 1;
    if (this.#sets > 1) return;
    this.#unread = 0;
    this.#rowReader = new RowReader(fields);
    this.#sink.columns(fields.map((field) => field.name));
  }

  row({ buffer, offset, end }: Packet): void {
    // A second result is a failure in any case, but it is read to its end so that the connection can be kept.
    if (this.#rowReader === null || this.#sets > 1) return;
    this.#caps.countRow();
    this.#caps.countBytes(this.#rowReader.read(buffer, offset, end));
    this.#unread = 0;
    this.#sink.row(this.#rowReader.row);
  }

  /** Bytes came from the server and are about to be read. A value is thereby stopped while it is still arriving. */
  arrived(bytes: number): void {
    if (this.#sets !== 1) return;
    this.#caps.checkAhead(this.#unread - SLACK_BYTES);
    this.#unread += bytes;
  }
}
