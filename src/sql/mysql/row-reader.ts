import { RefreshError } from '../../model/failure.ts';
import type { Cell } from '../../model/rows.ts';
import type { Field } from './mysql-library.ts';

/** The type of BIT columns on the wire: the only values that the text protocol sends as a binary number. */
const BIT = 16;
/** Set where a value is computed. MariaDB sends most computed BIT values as decimal text under the same type. */
const BINARY_FLAG = 128;

/** Cells up to this are copied to memory that is used again and again; a view of a longer one costs less than a copy. */
const COPIED_BYTES = 40;

/** What tells how the values of a column are sent. */
export type ColumnShape = Pick<Field, 'columnType' | 'flags' | 'columnLength'>;

interface BitColumn {
  readonly isComputed: boolean;
  /** Of a value in binary. */
  readonly bytes: number;
}

/**
 * Reads rows of MySQL's text protocol (ProtocolText::ResultsetRow) out of packets. `cells` is the same array for every
 * row, and its bytes hold until the next row is read.
 */
export class RowReader {
  readonly cells: Cell[];
  /** Null: no BIT column. */
  readonly #bits: readonly (BitColumn | null)[];
  /** By column and length: two cells of one row may be equally long. */
  readonly #scratch: readonly Uint8Array[][];

  constructor(fields: readonly ColumnShape[]) {
    this.cells = fields.map(() => null);
    this.#bits = fields.map(toBitColumn);
    this.#scratch = fields.map(() => []);
  }

  /** Reads the row between two offsets and returns the bytes of its cells, without what the protocol adds. */
  read(buffer: Uint8Array, start: number, end: number): number {
    const { cells } = this;
    let position = start;
    let total = 0;
    for (let column = 0; column < cells.length; column++) {
      let length = buffer[position++] ?? 0;
      if (length === 0xfb) {
        cells[column] = null;
        continue;
      }
      if (length > 0xfb) {
        const width = length === 0xfc ? 2 : length === 0xfd ? 3 : 8;
        length = littleEndian(buffer, position, width);
        position += width;
      }
      if (position + length > end) throw brokenRow();
      total += length;
      cells[column] = this.#cell(column, buffer, position, length);
      position += length;
    }
    return total;
  }

  #cell(column: number, buffer: Uint8Array, position: number, length: number): Uint8Array {
    const bit = this.#bits[column];
    if (bit && !(bit.isComputed && isDecimalText(buffer, position, length, bit.bytes))) {
      return decimal(buffer, position, length);
    }
    if (length > COPIED_BYTES) return new Uint8Array(buffer.buffer, buffer.byteOffset + position, length);
    const scratch = this.#scratch[column] as Uint8Array[];
    let cell = scratch[length];
    if (cell === undefined) {
      cell = new Uint8Array(length);
      scratch[length] = cell;
    }
    for (let index = 0; index < length; index++) cell[index] = buffer[position + index] as number;
    return cell;
  }
}

function brokenRow(): RefreshError {
  return new RefreshError('lost', 'the server sent a row that ends too early', { endedBy: null });
}

function littleEndian(buffer: Uint8Array, position: number, width: number): number {
  let value = 0;
  for (let index = width - 1; index >= 0; index--) value = value * 256 + (buffer[position + index] ?? 0);
  return value;
}

function toBitColumn({ columnType, flags, columnLength }: ColumnShape): BitColumn | null {
  if (columnType !== BIT) return null;
  return { isComputed: (flags & BINARY_FLAG) !== 0, bytes: Math.ceil(columnLength / 8) };
}

/**
 * Window functions are computed and still send BIT in binary, with the length of the column. One of theirs whose bytes
 * all happen to be digits is taken for text: nothing on the wire tells the two apart.
 */
function isDecimalText(buffer: Uint8Array, position: number, length: number, binaryLength: number): boolean {
  if (length !== binaryLength) return true;
  for (let index = position; index < position + length; index++) {
    const byte = buffer[index] ?? 0;
    if (byte < 0x30 || byte > 0x39) return false;
  }
  return true;
}

/** A BIT value comes as up to eight bytes, the highest first. */
function decimal(buffer: Uint8Array, position: number, length: number): Uint8Array {
  let value = 0n;
  for (let index = 0; index < length; index++) value = (value << 8n) | BigInt(buffer[position + index] ?? 0);
  return Buffer.from(String(value));
}
