import { RefreshError } from '../../model/failure.ts';
import type { RowSink } from '../../model/rows.ts';
import { BrokenResult, DataRows } from './data-rows.ts';
import type { ServerMessage } from './library-messages.ts';
import { type Intake, MESSAGE } from './message-reader.ts';

/** Of a message that is neither row nor notice: the description of 1,664 columns takes less than 200 kB. */
const MAX_MESSAGE_BYTES = 1024 * 1024;

export interface Caps {
  readonly maxRows: number;
  /** Of the cells' text, and of whatever else the server sends meanwhile. */
  readonly maxBytes: number;
}

/**
 * Hands the rows of a statement to a sink and keeps them within their caps, which act before a message has come. What
 * it throws ends the connection; what the sink threw is kept in `thrown`.
 */
export class PostgresResult implements Intake {
  readonly #caps: Caps;
  readonly #sink: RowSink;
  #rows: DataRows | null = null;
  #seen = 0;
  #bytes = 0;
  thrown: { readonly error: unknown } | null = null;

  constructor(caps: Caps, sink: RowSink) {
    this.#caps = caps;
    this.#sink = sink;
  }

  /** Whether the statement gives rows at all, be it none. */
  get hasColumns(): boolean {
    return this.#rows !== null;
  }

  header(type: number, bodyBytes: number): void {
    switch (type) {
      case MESSAGE.dataRow:
        if (this.#rows === null) throw new BrokenResult('the server sent a row before its columns');
        if (this.#seen === this.#caps.maxRows) throw this.#tooLarge();
        this.#count(this.#rows.textBytes(bodyBytes));
        return;
      case MESSAGE.notice:
      case MESSAGE.notification:
      case MESSAGE.copyData:
        this.#count(bodyBytes);
        return;
      default:
        if (bodyBytes > MAX_MESSAGE_BYTES) throw this.#tooLarge();
    }
  }

  row(buffer: Buffer, start: number, end: number): void {
    if (this.#rows === null) return;
    this.#seen += 1;
    this.#rows.read(buffer, start, end);
    try {
      this.#sink.row(this.#rows.cells);
    } catch (error) {
      this.thrown = { error };
      throw error;
    }
  }

  message(message: ServerMessage): void {
    switch (message.name) {
      case 'rowDescription':
        this.#rows = new DataRows(message.fields.map((field) => field.dataTypeID));
        this.#columns(message.fields.map((field) => field.name));
        return;
      case 'copyInResponse':
      case 'copyOutResponse':
        throw new RefreshError('no_result', 'COPY gives no result set; use SELECT');
      default:
    }
  }

  #columns(names: readonly string[]): void {
    try {
      this.#sink.columns(names);
    } catch (error) {
      this.thrown = { error };
      throw error;
    }
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#caps.maxBytes) throw this.#tooLarge();
  }

  #tooLarge(): RefreshError {
    const { maxRows, maxBytes } = this.#caps;
    return new RefreshError(
      'too_large',
      `the result was stopped at ${this.#seen} rows and ${this.#bytes} bytes: max_rows is ${maxRows},` +
        ` max_bytes is ${maxBytes}; let the query give less or raise the limit`,
    );
  }
}
