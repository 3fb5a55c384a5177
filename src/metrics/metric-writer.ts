import { METRIC_KINDS } from '../model/metric-kind.ts';
import type { Cell } from '../model/rows.ts';
import type { Part, Rejection } from '../model/update.ts';
import { LabelSetIndex } from './label-set-index.ts';
import { copyEscaped, copyPlain } from './label-text.ts';
import { writeLiteral } from './literal.ts';
import { canonicalLength, formatNumber, parseValue, plainInteger } from './mapping.ts';
import { bytesOfRow, type LineLayout, type MetricLayout } from './metric-layout.ts';
import { RejectionLog } from './rejection-log.ts';
import { createSpace, type Space, TextBuffer } from './text-buffer.ts';
import type { TextTable } from './text-table.ts';

const NEWLINE = 0x0a;
const MINUS = 0x2d;
const NO_BYTES = new Uint8Array(0);

/** How large the last result was; it saves growing in steps and a copy at the end. */
export interface SizeHint {
  readonly bytes: number;
  readonly series: number;
}

/**
 * Writes the lines of one metric in one result, byte by byte and without any allocation per row: this is where a refresh
 * of many rows spends its time. A row is written behind the text; only when its label set proves new does it stay.
 */
export class MetricWriter {
  readonly #layout: MetricLayout;
  readonly #takesTotals: boolean;
  readonly #isDistribution: boolean;
  readonly #text: TextBuffer;
  /** One for each line of a row; of a distribution the last line has the only one that is used. */
  readonly #indexes: readonly LabelSetIndex[];
  /** Those of one distribution. */
  readonly #numbers: number[] = [];
  #rejections: RejectionLog | null = null;
  #series = 0;
  #rows = 0;

  /** `space`: for a text whose largest size is known; null: it gets its own. */
  constructor(layout: MetricLayout, hint: SizeHint, space: Space | null) {
    const kind = METRIC_KINDS[layout.metric.type];
    this.#layout = layout;
    this.#takesTotals = kind.takes === 'totals';
    this.#isDistribution = kind.row === 'distribution';
    this.#text = new TextBuffer(layout.metric.family, space ?? createSpace(hint.bytes));
    this.#indexes = layout.lines.map(() => new LabelSetIndex(hint.series / layout.lines.length));
  }

  /** How many samples the row made. */
  row(cells: readonly Cell[]): number {
    this.#rows++;
    if (this.#isDistribution) return this.#writeDistribution(cells);
    const { lines } = this.#layout;
    let made = 0;
    for (let i = 0; i < lines.length; i++) {
      if (this.#writeSample(cells, lines[i] as LineLayout, this.#indexes[i] as LabelSetIndex)) made++;
    }
    return made;
  }

  finish(): Finished {
    return {
      rows: this.#rows,
      rejections: this.#rejections?.rejections() ?? [],
      size: { bytes: this.#text.length, series: this.#series },
      part: this.#text.finish(this.#series),
    };
  }

  #writeSample(cells: readonly Cell[], line: LineLayout, index: LabelSetIndex): boolean {
    const cell = line.constant ?? (cells[line.column] as Cell);
    if (cell === null) return false;
    const { map } = this.#layout;
    const value = map === null ? cell : (findTrimmed(map, cell) ?? cell);

    let valueBytes = canonicalLength(value);
    let valueText = '';
    if (valueBytes === -1 || (this.#takesTotals && value[0] === MINUS)) {
      valueBytes = -1;
      valueText = this.#toText(value, line);
      if (valueText === '') return false;
    }
    if (!this.#makeRoom(cells)) return false;

    const start = this.#text.end;
    let at = this.#writeHead(cells, line, start);
    if (at === -1 || !this.#isNew(cells, line, index, start, at)) return false;
    const { bytes } = this.#text;
    if (valueBytes >= 0) {
      for (let i = 0; i < valueBytes; i++) bytes[at++] = value[i] as number;
    } else {
      at = writeAscii(valueText, bytes, at);
    }
    bytes[at++] = NEWLINE;
    this.#text.commit(at);
    this.#series++;
    return true;
  }

  /** All lines of a histogram, or none. */
  #writeDistribution(cells: readonly Cell[]): number {
    const { lines } = this.#layout;
    if (!this.#readDistribution(cells) || !this.#makeRoom(cells)) return 0;
    const { bytes } = this.#text;
    let at = this.#text.end;
    for (let i = 0; i < lines.length; i++) {
      const line = lines[i] as LineLayout;
      const start = at;
      at = this.#writeHead(cells, line, start);
      if (at === -1) return 0;
      // The last line has the labels of the row alone.
      if (i === lines.length - 1 && !this.#isNew(cells, line, this.#indexes[i] as LabelSetIndex, start, at)) return 0;
      const cell = cells[line.column] as Uint8Array;
      const plainBytes = canonicalLength(cell);
      if (plainBytes === -1) at = writeAscii(formatNumber(this.#numbers[i] as number), bytes, at);
      for (let j = 0; j < plainBytes; j++) bytes[at++] = cell[j] as number;
      bytes[at++] = NEWLINE;
    }
    this.#text.commit(at);
    this.#series += lines.length;
    return lines.length;
  }

  /** False if a cell is NULL or the cells make no distribution. */
  #readDistribution(cells: readonly Cell[]): boolean {
    const { lines } = this.#layout;
    for (let i = 0; i < lines.length; i++) if (cells[(lines[i] as LineLayout).column] === null) return false;
    let below = 0;
    for (let i = 0; i < lines.length; i++) {
      const line = lines[i] as LineLayout;
      const cell = cells[line.column] as Uint8Array;
      let number = plainInteger(cell);
      if (number === -1) {
        const parsed = parseValue(toAscii(cell));
        if (parsed === null) return this.#reject('not_a_number', line.columnName, cell);
        number = parsed;
      }
      this.#numbers[i] = number;
      if (!line.isCount) continue;
      if (!(number >= below && number < Number.POSITIVE_INFINITY)) {
        return this.#reject('not_a_histogram', line.columnName, cell);
      }
      below = number;
    }
    return true;
  }

  /** The canonical text of a value that cannot be copied; empty if it was rejected. */
  #toText(value: Uint8Array, { columnName }: LineLayout): string {
    const number = parseValue(toAscii(value));
    if (number === null || (this.#takesTotals && !Number.isFinite(number))) {
      this.#reject('not_a_number', columnName, value);
      return '';
    }
    if (this.#takesTotals && number < 0) {
      this.#reject('negative_counter', columnName, value);
      return '';
    }
    return formatNumber(number);
  }

  /** Makes sure that the lines of the row fit, however they must be escaped. False if a label is too long. */
  #makeRoom(cells: readonly Cell[]): boolean {
    const { labelColumns, terms } = this.#layout;
    let labelBytes = 0;
    for (let i = 0; i < labelColumns.length; i++) {
      const cell = cells[labelColumns[i] as number] as Cell;
      if (cell === null) continue;
      if (cell.length > terms.maxLabelLength) return this.#rejectLabel(i, cell);
      labelBytes += cell.length;
    }
    this.#text.reserve(bytesOfRow(this.#layout, labelBytes));
    return true;
  }

  /** Returns where the value begins; -1 if a label became too long by what replaces bytes that are not UTF-8. */
  #writeHead(cells: readonly Cell[], { literals }: LineLayout, start: number): number {
    const { labelColumns, terms } = this.#layout;
    const { bytes, view } = this.#text;
    let at = writeLiteral(literals[0] as LineLayout['literals'][0], view, start);
    for (let i = 0; i < labelColumns.length; i++) {
      const cell = cells[labelColumns[i] as number] as Cell;
      if (cell !== null) {
        const from = at;
        at = copyPlain(cell, bytes, from);
        if (at === -1) {
          at = copyEscaped(cell, bytes, from, terms.maxLabelLength);
          if (at === -1) {
            this.#rejectLabel(i, cell);
            return -1;
          }
        }
      }
      at = writeLiteral(literals[i + 1] as LineLayout['literals'][0], view, at);
    }
    return at;
  }

  /** Whether no line before had the labels of the one that stands at `[start, end)`; they are remembered. */
  #isNew(cells: readonly Cell[], line: LineLayout, index: LabelSetIndex, start: number, end: number): boolean {
    const { bytes, view } = this.#text;
    if (index.add(view, start + (line.literals[0] as LineLayout['literals'][0]).bytes, end)) return true;
    const isLabelled = this.#layout.labelColumns.length > 0;
    // What tells two rows without labels apart is the value.
    const offender = isLabelled ? bytes.subarray(start + line.nameBytes, end - 1) : (cells[line.column] ?? NO_BYTES);
    return this.#reject('duplicate', line.columnName, offender);
  }

  #rejectLabel(index: number, cell: Uint8Array): false {
    return this.#reject('label_too_long', this.#layout.labelNames[index] ?? '', cell);
  }

  #reject(reason: Rejection['reason'], column: string, offender: Uint8Array): false {
    this.#rejections ??= new RejectionLog(this.#layout.terms);
    this.#rejections.add(reason, column, offender);
    return false;
  }
}

/** What one metric has of a result. */
export interface Finished {
  readonly part: Part;
  /** How many rows were for the metric. */
  readonly rows: number;
  readonly rejections: readonly Rejection[];
  readonly size: SizeHint;
}

function findTrimmed(map: TextTable<Uint8Array>, cell: Uint8Array): Uint8Array | undefined {
  let start = 0;
  let end = cell.length;
  while (start < end && isBlank(cell[start] as number)) start++;
  while (end > start && isBlank(cell[end - 1] as number)) end--;
  return map.find(cell, start, end);
}

/** As `parseValue` has it: space, tab, carriage return and newline. */
function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d || byte === NEWLINE;
}

/** Every byte above 0x7f is wrong in a number, whatever character it belongs to. */
function toAscii(cell: Uint8Array): string {
  return Buffer.from(cell.buffer, cell.byteOffset, cell.byteLength).toString('latin1');
}

function writeAscii(text: string, to: Uint8Array, start: number): number {
  for (let i = 0; i < text.length; i++) to[start + i] = text.charCodeAt(i);
  return start + text.length;
}
