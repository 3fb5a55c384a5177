import type { Batch } from './messages.ts';
import type { Statement } from './sqlite-library.ts';

/** Large enough to make a message cheap, small enough that a handful of them is nothing. */
const BATCH_BYTES = 256 << 10;
/** Cells without bytes need a bound too. */
const BATCH_CELLS = 32 << 10;

/** Gathers rows into batches and hands over each that is full. */
export class BatchWriter {
  readonly #handOver: (batch: Batch) => void;
  #bytes = new Uint8Array(0);
  #lengths = new Int32Array(0);
  #usedBytes = 0;
  #usedLengths = 0;

  constructor(handOver: (batch: Batch) => void) {
    this.#handOver = handOver;
  }

  /** Takes the measured row of a statement, which has `rowBytes` bytes. */
  add(statement: Statement, rowBytes: number): void {
    const cells = statement.lengths.length;
    if (this.#usedBytes + rowBytes > this.#bytes.length || this.#usedLengths + cells > this.#lengths.length) {
      this.flush();
      this.#bytes = new Uint8Array(Math.max(BATCH_BYTES, rowBytes));
      this.#lengths = new Int32Array(Math.max(BATCH_CELLS, cells));
    }
    statement.copyTo(this.#bytes, this.#usedBytes);
    this.#lengths.set(statement.lengths, this.#usedLengths);
    this.#usedBytes += rowBytes;
    this.#usedLengths += cells;
  }

  flush(): void {
    if (this.#usedLengths === 0) return;
    const lengths = this.#lengths.subarray(0, this.#usedLengths);
    const bytes = this.#bytes.subarray(0, this.#usedBytes);
    this.#bytes = new Uint8Array(0);
    this.#lengths = new Int32Array(0);
    this.#usedBytes = 0;
    this.#usedLengths = 0;
    this.#handOver({ lengths, bytes });
  }
}
