import type { Part, Rejection } from '../model/outcome.ts';
import type { Row } from '../model/rows.ts';
import { hashBytes, LabelSetIndex } from './label-set-index.ts';
import { copyEscaped, copyPlain, MAX_GROWTH } from './label-text.ts';
import { type Literal, writeLiteral } from './literal.ts';
import type { LineLayout, MetricLayout, TextLayout } from './metric-layout.ts';
import type { RejectionLog } from './rejection-log.ts';
import { createSpace, type Space, TextBuffer } from './text-buffer.ts';

const NO_BYTES = new Uint8Array(0);

/** The labels of so many rows are looked at together. */
const TOGETHER = 256;

/** How many numbers are kept of a row until then. */
const MARKS = 3;

const hashes = new Int32Array(TOGETHER);

/** How large the last result was; it saves growing in steps and a copy at the end. */
export interface SizeHint {
  readonly bytes: number;
  readonly series: number;
}

/**
 * Writes lines behind a text, byte by byte and without any allocation per row: this is where a refresh of many rows spends
 * its time. Rows are first written and then, many at a time, looked at for labels that an earlier row had: to read a line
 * at once would mean to wait until it is written, and each look at the index for memory.
 */
export abstract class LineWriter {
  protected readonly text: TextBuffer;
  #series = 0;
  readonly #labelColumns: readonly number[];
  readonly #labelNames: readonly string[];
  readonly #maxLabelLength: number;
  readonly #fixedBytes: number;
  readonly #growth: number;
  readonly #linesPerRow: number;
  /** The line of a row by whose labels it is told from others: the last, which no bucket adds one to. */
  readonly #telling: LineLayout;
  /** Null: without labels there is one row. */
  readonly #index: LabelSetIndex | null;
  readonly #rejections: RejectionLog;
  /** Of each row that was not looked at yet: where its telling line begins, where the value of that, where the row ends. */
  readonly #marks: number[] = [];
  #open = 0;
  /** Where these rows begin. */
  #settled: number;

  /** `space`: for a text whose largest size is known; null: it gets its own. */
  constructor(layout: MetricLayout, text: TextLayout, hint: SizeHint, space: Space | null, rejections: RejectionLog) {
    this.#labelColumns = layout.labelColumns;
    this.#labelNames = layout.labelNames;
    this.#maxLabelLength = layout.terms.maxLabelLength;
    this.text = new TextBuffer(layout.metric.family, space ?? createSpace(hint.bytes));
    this.#fixedBytes = text.fixedBytes;
    this.#linesPerRow = text.lines.length;
    this.#growth = text.lines.length * MAX_GROWTH;
    this.#telling = text.lines.at(-1) as LineLayout;
    this.#index = layout.terms.hasLabels ? new LabelSetIndex(hint.series / text.lines.length) : null;
    this.#rejections = rejections;
    this.#settled = this.text.end;
  }

  /** Returns how many samples the row makes, unless an earlier row had its labels. */
  abstract row(row: Row): number;

  /** How many samples the rows so far make. */
  settle(): number {
    this.#settle();
    return this.#series;
  }

  finish(): Part {
    // A row that is alone has no labels of another.
    if (this.#open === 1 && this.#series === 0) this.#close(1, this.text.end);
    this.#settle();
    return this.text.finish(this.#series);
  }

  /** Makes sure that the lines of the row fit, however they must be escaped. False if a label is too long. */
  protected makeRoom(row: Row): boolean {
    const { starts, ends } = row;
    const labelColumns = this.#labelColumns;
    let labelBytes = 0;
    for (let i = 0; i < labelColumns.length; i++) {
      const column = labelColumns[i] as number;
      const start = starts[column] as number;
      if (start === -1) continue;
      const length = (ends[column] as number) - start;
      if (length > this.#maxLabelLength) return this.#rejectLabel(i, row);
      labelBytes += length;
    }
    this.text.reserve(this.#fixedBytes + this.#growth * labelBytes);
    return true;
  }

  /** Returns where the value begins; -1 if a label became too long by what replaces bytes that are not UTF-8. */
  protected writeHead(row: Row, { literals }: LineLayout, start: number): number {
    const labelColumns = this.#labelColumns;
    const { view: from, starts, ends } = row;
    const { bytes, view } = this.text;
    let at = writeLiteral(literals[0] as Literal, view, start);
    for (let i = 0; i < labelColumns.length; i++) {
      const column = labelColumns[i] as number;
      const cellStart = starts[column] as number;
      if (cellStart !== -1) {
        const labelStart = at;
        at = copyPlain(from, cellStart, ends[column] as number, view, labelStart);
        if (at === -1) {
          at = copyEscaped(row.cell(column) ?? NO_BYTES, bytes, labelStart, this.#maxLabelLength);
          if (at === -1) {
            this.#rejectLabel(i, row);
            return -1;
          }
        }
      }
      at = writeLiteral(literals[i + 1] as Literal, view, at);
    }
    return at;
  }

  /** Without labels there is one row, and the others are rejected. */
  protected isOneTooMany(row: Row): boolean {
    if (this.#index !== null || (this.#open === 0 && this.#series === 0)) return false;
    const { columnName, column } = this.#telling;
    // What tells two rows without labels apart is the value.
    this.reject('duplicate', columnName, row.cell(column) ?? NO_BYTES);
    return true;
  }

  /**
   * Takes a row in that was written behind the text up to `end`. `start` and `value`: where its last line begins, and the
   * value of that.
   */
  protected endRow(start: number, value: number, end: number): void {
    const marks = this.#marks;
    const at = MARKS * this.#open++;
    marks[at] = start;
    marks[at + 1] = value;
    marks[at + 2] = end;
    this.text.end = end;
    if (this.#open === TOGETHER || this.text.hasPiece) this.#settle();
  }

  /** Looks at the labels of the open rows and takes the rows away whose labels an earlier one had. */
  #settle(): void {
    const index = this.#index;
    const open = this.#open;
    if (index === null || open === 0) {
      this.#close(open, this.text.end);
      return;
    }
    const marks = this.#marks;
    const { bytes, view } = this.text;
    const { literals, nameBytes, tailBytes, columnName } = this.#telling;
    // What tells label sets apart lies between the first label cell and the quote after the last.
    const headBytes = (literals[0] as Literal).bytes;
    for (let i = 0; i < open; i++) {
      const start = marks[MARKS * i] as number;
      const value = marks[MARKS * i + 1] as number;
      hashes[i] = hashBytes(view, start + headBytes, value - tailBytes);
    }
    index.prepare(hashes, open);
    let rows = 0;
    let from = this.#settled;
    let to = from;
    for (let i = 0; i < open; i++) {
      const end = marks[MARKS * i + 2] as number;
      if (to < from) bytes.copyWithin(to, from, end);
      const start = (marks[MARKS * i] as number) - from + to;
      const value = (marks[MARKS * i + 1] as number) - from + to;
      if (index.add(view, start + headBytes, value - tailBytes, hashes[i] as number)) {
        to += end - from;
        rows++;
      } else {
        this.#rejections.add('duplicate', columnName, bytes.subarray(start + nameBytes, value - 1));
      }
      from = end;
    }
    this.#close(rows, to);
  }

  #close(rows: number, end: number): void {
    this.#open = 0;
    this.#settled = end;
    this.#series += rows * this.#linesPerRow;
    this.text.commit(end);
  }

  protected reject(reason: Rejection['reason'], column: string, offender: Uint8Array): false {
    // So that they are told in the order of their rows.
    this.#settle();
    this.#rejections.add(reason, column, offender);
    return false;
  }

  #rejectLabel(index: number, row: Row): false {
    const cell = row.cell(this.#labelColumns[index] ?? -1) ?? NO_BYTES;
    return this.reject('label_too_long', this.#labelNames[index] ?? '', cell);
  }
}

/** Of a cell that is to be read as a number: every byte above 0x7f is wrong in one, whatever character it belongs to. */
export function toAscii(cell: Uint8Array): string {
  return Buffer.from(cell.buffer, cell.byteOffset, cell.byteLength).toString('latin1');
}

export function writeAscii(text: string, to: Uint8Array, start: number): number {
  for (let i = 0; i < text.length; i++) to[start + i] = text.charCodeAt(i);
  return start + text.length;
}
