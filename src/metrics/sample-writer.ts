import { METRIC_KINDS } from '../model/metric-kind.ts';
import type { Row } from '../model/rows.ts';
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

  row(row: Row): number {
    const line = this.#line;
    let source = line.constant ?? row.bytes;
    let from = line.constant === null ? (row.starts[line.column] as number) : 0;
    if (from === -1) return 0;
    let to = line.constant === null ? (row.ends[line.column] as number) : source.length;
    const mapped = this.#map === null ? undefined : findTrimmed(this.#map, source, from, to);
    if (mapped !== undefined) {
      source = mapped;
      from = 0;
      to = mapped.length;
    }

    let valueBytes = canonicalLength(source, from, to);
    let valueText = '';
    if (valueBytes === -1 || (this.#takesTotals && source[from] === MINUS)) {
      valueBytes = -1;
      valueText = this.#toText(source.subarray(from, to));
      if (valueText === '') return 0;
    }
    if (this.isOneTooMany(row) || !this.makeRoom(row)) return 0;

    const { bytes, end: start } = this.text;
    const head = this.writeHead(row, line, start);
    if (head === -1) return 0;
    let at = head;
    if (valueBytes >= 0) {
      for (let i = 0; i < valueBytes; i++) bytes[at++] = source[from + i] as number;
    } else {
      at = writeAscii(valueText, bytes, at);
    }
    bytes[at++] = NEWLINE;
    this.endRow(start, head, at);
    return 1;
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

function findTrimmed(map: TextTable<Uint8Array>, bytes: Uint8Array, from: number, to: number): Uint8Array | undefined {
  let start = from;
  let end = to;
  while (start < end && isBlank(bytes[start] as number)) start++;
  while (end > start && isBlank(bytes[end - 1] as number)) end--;
  return map.find(bytes, start, end);
}

/** As around a number: space, tab, carriage return and newline. */
function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d || byte === NEWLINE;
}
