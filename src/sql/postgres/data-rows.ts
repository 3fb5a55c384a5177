import type { Cell } from '../../model/rows.ts';

/** OIDs of the types whose text is no number though they are one. */
const BOOL = 16;
const BIT = 1560;
const VARBIT = 1562;

/** Cells up to this are copied to memory that is used again and again; a view of a longer one costs less than a copy. */
const COPIED_BYTES = 40;
/** Longer bit strings do not fit into a float64's integers, let alone into 32 bits. */
const SHORT_BITS = 32;
const LETTER_T = 0x74;
const DIGIT_0 = 0x30;

/**
 * Reads the bodies of DataRow messages in text format. `cells` is the same array for every row, and its bytes hold until
 * the next row is read.
 */
export class DataRows {
  readonly cells: Cell[];
  readonly #types: readonly number[];
  /** By column and length: two cells of one row may be equally long. */
  readonly #scratch: readonly Uint8Array[][];

  /** Takes the OIDs of the columns' types. */
  constructor(types: readonly number[]) {
    this.cells = types.map(() => null);
    this.#types = types;
    this.#scratch = types.map(() => []);
  }

  /** The bytes of all cells of a row whose body has so many: what remains without the lengths in front of them. */
  textBytes(bodyBytes: number): number {
    return bodyBytes - 2 - 4 * this.cells.length;
  }

  /** Reads the row between two offsets. */
  read(buffer: Buffer, start: number, end: number): void {
    const { cells } = this;
    let position = start + 2;
    if (position > end || ((buffer[start] ?? 0) << 8) + (buffer[start + 1] ?? 0) !== cells.length) {
      throw new Error('the server sent a row with another number of columns');
    }
    for (let column = 0; column < cells.length; column++) {
      if (position + 4 > end) throw new Error('the server sent a row that ends too early');
      const length = buffer.readInt32BE(position);
      position += 4;
      if (length < 0) {
        cells[column] = null;
        continue;
      }
      if (position + length > end) throw new Error('the server sent a row that ends too early');
      cells[column] = this.#cell(column, buffer, position, length);
      position += length;
    }
  }

  #cell(column: number, buffer: Buffer, position: number, length: number): Uint8Array {
    const type = this.#types[column];
    if (type === BIT || type === VARBIT) return decimal(buffer.toString('latin1', position, position + length));
    if (length > COPIED_BYTES) return new Uint8Array(buffer.buffer, buffer.byteOffset + position, length);
    const scratch = this.#scratch[column] as Uint8Array[];
    let cell = scratch[length];
    if (cell === undefined) {
      cell = new Uint8Array(length);
      scratch[length] = cell;
    }
    if (type === BOOL) cell[0] = DIGIT_0 + Number(buffer[position] === LETTER_T);
    else for (let index = 0; index < length; index++) cell[index] = buffer[position + index] as number;
    return cell;
  }
}

/** A bit string comes as its binary digits; one of no digits is no number. */
function decimal(digits: string): Uint8Array {
  if (digits === '') return Buffer.alloc(0);
  return Buffer.from(String(digits.length > SHORT_BITS ? BigInt(`0b${digits}`) : Number.parseInt(digits, 2)));
}
