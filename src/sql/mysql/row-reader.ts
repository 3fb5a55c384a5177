import { RefreshError } from '../../model/failure.ts';
import { type Cell, Row } from '../../model/rows.ts';
import type { Field } from './mysql-library.ts';

/** The type of BIT columns on the wire: the only values that the text protocol sends as a binary number. */
const BIT = 16;
/** Set where a value is computed. MariaDB sends most computed BIT values as decimal text under the same type. */
const BINARY_FLAG = 128;

/** What tells how the values of a column are sent. */
export type ColumnShape = Pick<Field, 'columnType' | 'flags' | 'columnLength'>;

interface BitColumn {
  readonly isComputed: boolean;
  /** Of a value in binary. */
  readonly bytes: number;
}

/** Finds the cells of rows of MySQL's text protocol (ProtocolText::ResultsetRow) in their packets. */
export class RowReader {
  /** The row that was read last. */
  readonly row: Row;
  /** Null: no BIT column. */
  readonly #bits: readonly (BitColumn | null)[] | null;

  constructor(fields: readonly ColumnShape[]) {
    this.row = new Row(fields.length);
    const bits = fields.map(toBitColumn);
    this.#bits = bits.some((bit) => bit !== null) ? bits : null;
  }

  /** Reads the row between two offsets and returns the bytes of its cells, without what the protocol adds. */
  read(buffer: Uint8Array, start: number, end: number): number {
    const { row } = this;
    const { starts, ends } = row;
    row.lieIn(buffer);
    let position = start;
    let total = 0;
    for (let column = 0; column < starts.length; column++) {
      let length = buffer[position++] ?? 0;
      if (length === 0xfb) {
        starts[column] = -1;
        continue;
      }
      if (length > 0xfb) {
        const width = length === 0xfc ? 2 : length === 0xfd ? 3 : 8;
        length = littleEndian(buffer, position, width);
        position += width;
      }
      if (position + length > end) throw brokenRow();
      total += length;
      starts[column] = position;
      position += length;
      ends[column] = position;
    }
    const bits = this.#bits;
    if (bits !== null) row.fill(row.cells().map((cell, column) => toDecimal(cell, bits[column] ?? null)));
    return total;
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

function toDecimal(cell: Cell, bit: BitColumn | null): Cell {
  if (cell === null || bit === null || (bit.isComputed && isDecimalText(cell, bit.bytes))) return cell;
  // A BIT value comes as up to eight bytes, the highest first.
  return Buffer.from(String(cell.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n)));
}

/**
 * Window functions are computed and still send BIT in binary, with the length of the column. One of theirs whose bytes
 * all happen to be digits is taken for text: nothing on the wire tells the two apart.
 */
function isDecimalText(cell: Uint8Array, binaryLength: number): boolean {
  return cell.length !== binaryLength || cell.every((byte) => byte >= 0x30 && byte <= 0x39);
}
