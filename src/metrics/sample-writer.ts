import { METRIC_KINDS } from '../model/metric-kind.ts';
import type { Cell } from '../model/rows.ts';
import { LineWriter, type SizeHint, toAscii, writeAscii } from './line-writer.ts';
import { canonicalLength, formatNumber, parseValue } from './mapping.ts';
import type { LineLayout, MetricLayout, TextLayout } from './metric-layout.ts';
import type { RejectionLog } from './rejection-log.ts';
import type { Space } from './text-buffer.ts';
import type { TextTable } from './text-table.ts';

const NEWLINE = 0x0a;
const MINUS = 0x2d;

/** Writes one line a row: a sample that stands for itself. */
export class SampleWriter extends LineWriter {
  readonly #line: LineLayout;
  readonly #map: TextTable<Uint8Array> | null;
  readonly #takesTotals: boolean;

  constructor(layout: MetricLayout, text: TextLayout, hint: SizeHint, space: Space | null, rejections: RejectionLog) {
    super(layout, text, hint, space, rejections);
    this.#line = text.lines[0] as LineLayout;
    this.#map = layout.map;
    this.#takesTotals = METRIC_KINDS[layout.metric.type].takes === 'totals';
  }

  row(cells: readonly Cell[]): number {
    const line = this.#line;
    const cell = line.constant ?? (cells[line.column] as Cell);
    if (cell === null) return 0;
    const value = this.#map === null ? cell : (findTrimmed(this.#map, cell) ?? cell);

    let valueBytes = canonicalLength(value);
    let valueText = '';
    if (valueBytes === -1 || (this.#takesTotals && value[0] === MINUS)) {
      valueBytes = -1;
      valueText = this.#toText(value);
      if (valueText === '') return 0;
    }
    if (this.isOneTooMany(cells) || !this.makeRoom(cells)) return 0;

    const { bytes, end: start } = this.text;
    const head = this.writeHead(cells, line, start);
    if (head === -1) return 0;
    let at = head;
    if (valueBytes >= 0) {
      for (let i = 0; i < valueBytes; i++) bytes[at++] = value[i] as number;
    } else {
      at = writeAscii(valueText, bytes, at);
    }
    bytes[at++] = NEWLINE;
    return this.endRow(start, head, at);
  }

  /** The canonical text of a value that cannot be copied; empty if it was rejected. */
  #toText(value: Uint8Array): string {
    const number = parseValue(toAscii(value));
    if (number === null || (this.#takesTotals && !Number.isFinite(number))) {
      this.reject('not_a_number', this.#line.columnName, value);
      return '';
    }
    if (this.#takesTotals && number < 0) {
      this.reject('negative_counter', this.#line.columnName, value);
      return '';
    }
    return formatNumber(number);
  }
}

function findTrimmed(map: TextTable<Uint8Array>, cell: Uint8Array): Uint8Array | undefined {
  let start = 0;
  let end = cell.length;
  while (start < end && isBlank(cell[start] as number)) start++;
  while (end > start && isBlank(cell[end - 1] as number)) end--;
  return map.find(cell, start, end);
}

/** As around a number: space, tab, carriage return and newline. */
function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d || byte === NEWLINE;
}
