import { type Cell, Row } from '../../model/rows.ts';

/** OIDs of the types whose text is no number though they are one. */
const BOOL = 16;
const BIT = 1560;
const VARBIT = 1562;

/** Longer bit strings do not fit into a float64's integers, let alone into 32 bits. */
const SHORT_BITS = 32;
const LETTER_T = 0x74;
const DIGIT_0 = 0x30;

/** Finds the cells of rows in the bodies of DataRow messages in text format. */
export class DataRows {
  /** The row that was read last. */
  readonly row: Row;
  readonly #types: readonly number[];
  readonly #hasBits: boolean;

  /** Takes the OIDs of the columns' types. */
  constructor(types: readonly number[]) {
    this.row = new Row(types.length);
    this.#types = types;
    this.#hasBits = types.some(isBits);
  }

  /** The bytes of all cells of a row whose body has so many: what remains without the lengths in front of them. */
  textBytes(bodyBytes: number): number {
    return bodyBytes - 2 - 4 * this.#types.length;
  }

  /** Reads the row between two offsets. A boolean becomes a digit where it lies. */
  read(buffer: Buffer, start: number, end: number): void {
    const { row } = this;
    const { starts, ends } = row;
    row.lieIn(buffer);
    let position = start + 2;
    if (position > end || ((buffer[start] ?? 0) << 8) + (buffer[start + 1] ?? 0) !== starts.length) {
      throw new Error('the server sent a row with another number of columns');
    }
    for (let column = 0; column < starts.length; column++) {
      if (position + 4 > end) throw new Error('the server sent a row that ends too early');
      const length = buffer.readInt32BE(position);
      position += 4;
      if (length < 0) {
        starts[column] = -1;
        continue;
      }
      if (position + length > end) throw new Error('the server sent a row that ends too early');
      if (length === 1 && this.#types[column] === BOOL)
        buffer[position] = DIGIT_0 + Number(buffer[position] === LETTER_T);
      starts[column] = position;
      position += length;
      ends[column] = position;
    }
    if (this.#hasBits) row.fill(row.cells().map((cell, column) => this.#toDecimal(cell, column)));
  }

  #toDecimal(cell: Cell, column: number): Cell {
    return cell === null || !isBits(this.#types[column] ?? 0) ? cell : decimal(Buffer.from(cell).toString('latin1'));
  }
}

function isBits(type: number): boolean {
  return type === BIT || type === VARBIT;
}

/** A bit string comes as its binary digits; one of no digits is no number. */
function decimal(digits: string): Uint8Array {
  if (digits === '') return Buffer.alloc(0);
  return Buffer.from(String(digits.length > SHORT_BITS ? BigInt(`0b${digits}`) : Number.parseInt(digits, 2)));
}
