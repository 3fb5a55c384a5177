import type { Row } from '../model/rows.ts';
import { LineWriter, type SizeHint, toAscii, writeAscii } from './line-writer.ts';
import { canonicalLength, formatNumber, parseValue, plainInteger } from './mapping.ts';
import type { LineLayout, MetricLayout, TextLayout } from './metric-layout.ts';
import type { RejectionLog } from './rejection-log.ts';
import type { Space } from './text-buffer.ts';

const NEWLINE = 0x0a;

/** Writes all lines of a histogram for a row, or none. */
export class DistributionWriter extends LineWriter {
  readonly #lines: readonly LineLayout[];
  /** The numbers of the row. */
  readonly #numbers: Float64Array;

  constructor(layout: MetricLayout, text: TextLayout, hint: SizeHint, space: Space | null, rejections: RejectionLog) {
    super(layout, text, hint, space, rejections);
    this.#lines = text.lines;
    this.#numbers = new Float64Array(text.lines.length);
  }

  row(row: Row): number {
    if (!this.#read(row) || this.isOneTooMany(row) || !this.makeRoom(row)) return 0;
    const lines = this.#lines;
    const { bytes } = this.text;
    let at = this.text.end;
    let start = at;
    let value = at;
    for (let i = 0; i < lines.length; i++) {
      const line = lines[i] as LineLayout;
      start = at;
      value = this.writeHead(row, line, start);
      if (value === -1) return 0;
      at = value;
      const from = row.starts[line.column] as number;
      const plainBytes = canonicalLength(row.bytes, from, row.ends[line.column] as number);
      if (plainBytes === -1) at = writeAscii(formatNumber(this.#numbers[i] as number), bytes, at);
      for (let j = 0; j < plainBytes; j++) bytes[at++] = row.bytes[from + j] as number;
      bytes[at++] = NEWLINE;
    }
    this.endRow(start, value, at);
    return lines.length;
  }

  /** False if a cell is NULL or the cells make no distribution. */
  #read(row: Row): boolean {
    const lines = this.#lines;
    for (let i = 0; i < lines.length; i++) if (row.starts[(lines[i] as LineLayout).column] === -1) return false;
    let below = 0;
    for (let i = 0; i < lines.length; i++) {
      const { column, columnName, isCount } = lines[i] as LineLayout;
      let number = plainInteger(row.bytes, row.starts[column] as number, row.ends[column] as number);
      if (number === -1) {
        const cell = row.cell(column) as Uint8Array;
        const parsed = parseValue(toAscii(cell));
        if (parsed === null) return this.reject('not_a_number', columnName, cell);
        number = parsed;
      }
      this.#numbers[i] = number;
      if (!isCount) continue;
      const ascends = number >= below && number < Number.POSITIVE_INFINITY;
      if (!ascends) return this.reject('not_a_histogram', columnName, row.cell(column) as Uint8Array);
      below = number;
    }
    return true;
  }
}
