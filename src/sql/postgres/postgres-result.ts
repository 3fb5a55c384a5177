import { RefreshError } from '../../model/failure.ts';
import type { RowSink } from '../../model/rows.ts';
import { type Caps, ResultCaps } from '../pool/result-caps.ts';
import { DataRows } from './data-rows.ts';
import type { ServerMessage } from './library-messages.ts';
import { type Intake, MESSAGE } from './message-reader.ts';

/** Of a message that is neither row nor notice: the description of 1,664 columns takes less than 200 kB. */
const MAX_MESSAGE_BYTES = 1024 * 1024;

/**
 * Hands the rows of a statement to a sink and keeps them within their caps, which act before a message has come; whatever
 * else the server sends meanwhile counts, too. What it throws ends the connection; what the sink threw is kept in `thrown`.
 */
export class PostgresResult implements Intake {
  readonly #caps: ResultCaps;
  readonly #sink: RowSink;
  #rows: DataRows | null = null;
  thrown: { readonly error: unknown } | null = null;

  constructor(caps: Caps, sink: RowSink) {
    this.#caps = new ResultCaps(caps);
    this.#sink = sink;
  }

  /** Whether the statement gives rows at all, be it none. */
  get hasColumns(): boolean {
    return this.#rows !== null;
  }

  header(type: number, bodyBytes: number): void {
    switch (type) {
      case MESSAGE.dataRow:
        if (this.#rows === null) throw new Error('the server sent a row before its columns');
        this.#caps.countRow();
        this.#caps.countBytes(this.#rows.textBytes(bodyBytes));
        return;
      case MESSAGE.notice:
      case MESSAGE.notification:
      case MESSAGE.copyData:
        this.#caps.countBytes(bodyBytes);
        return;
      default:
        if (bodyBytes > MAX_MESSAGE_BYTES) throw new Error('the server sent a message that is too long');
    }
  }

  row(buffer: Buffer, start: number, end: number): void {
    if (this.#rows === null) return;
    this.#rows.read(buffer, start, end);
    try {
      this.#sink.row(this.#rows.row);
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
}
