/** Of a unit of a string, in UTF-8. */
const MOST_BYTES = 3;
/** Rows that may have more bytes than this are measured before they get memory. */
const SMALL = 65_536;

/** One field of one row; null for NULL. */
export type Cell = Uint8Array | null;

/**
 * One row of a result, its cells where they lie in what the server sent: to make an array of each costs more than all that
 * is done with it. The same object stands for every row of a result, so nothing of it holds until the next.
 */
export class Row {
  /** In here lie all cells, as the server's own text in UTF-8 (or, for binary columns, the raw bytes). */
  bytes: Uint8Array = Buffer.alloc(0);
  /** Of the same memory, to read four bytes at a time. */
  view = new DataView(this.bytes.buffer);
  /** Where each cell begins; -1 for NULL. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** For cells that were not sent as they are to be read. */
  #own = Buffer.alloc(0);

  constructor(columns: number) {
    this.starts = new Int32Array(columns);
    this.ends = new Int32Array(columns);
  }

  /** The cells lie in this memory from now on. */
  lieIn(bytes: Uint8Array): void {
    if (bytes === this.bytes) return;
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Copies the cells, or what is text into UTF-8, into memory of its own; returns how many bytes they have. */
  fill(cells: readonly (Cell | string)[]): number {
    let most = 0;
    for (const cell of cells) most += typeof cell === 'string' ? MOST_BYTES * cell.length : (cell?.length ?? 0);
    if (this.#own.length < most) this.#makeRoom(cells, most);
    const own = this.#own;
    this.lieIn(own);
    let end = 0;
    for (let column = 0; column < cells.length; column++) {
      const cell = cells[column] as Cell | string;
      this.starts[column] = cell === null ? -1 : end;
      if (typeof cell === 'string') end += own.write(cell, end);
      else if (cell !== null) {
        own.set(cell, end);
        end += cell.length;
      }
      this.ends[column] = end;
    }
    return end;
  }

  #makeRoom(cells: readonly (Cell | string)[], most: number): void {
    const measure = (sum: number, cell: Cell | string): number => sum + (cell === null ? 0 : Buffer.byteLength(cell));
    const needed = most <= SMALL ? 2 * most : cells.reduce(measure, 0);
    if (this.#own.length < needed) this.#own = Buffer.alloc(needed);
  }

  /** A view of it. */
  cell(column: number): Cell {
    const start = this.starts[column] ?? -1;
    return start === -1 ? null : this.bytes.subarray(start, this.ends[column]);
  }

  cells(): Cell[] {
    return Array.from(this.starts, (_, column) => this.cell(column));
  }

  text(column: number): string | null {
    const cell = this.cell(column);
    return cell && Buffer.from(cell).toString();
  }

  texts(): (string | null)[] {
    return Array.from(this.starts, (_, column) => this.text(column));
  }
}

/** Takes a result as it streams in. Everything is called synchronously, in order. */
export interface RowSink {
  /**
   * The names of the columns as the server gave them, duplicates included. Called once, before the first row, also
   * when no row comes. Throws a `RefreshError` to refuse the result.
   */
  columns(names: readonly string[]): void;
  /** One cell per column; BIT and booleans are decimal text. Throws to stop the run. */
  row(row: Row): void;
}
