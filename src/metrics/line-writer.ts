import type { Part, Rejection } from '../model/outcome.ts';
import type { Cell } from '../model/rows.ts';
import { LabelSetIndex } from './label-set-index.ts';
import { copyEscaped, copyPlain, MAX_GROWTH } from './label-text.ts';
import { type Literal, writeLiteral } from './literal.ts';
import type { LineLayout, MetricLayout, TextLayout } from './metric-layout.ts';
import type { RejectionLog } from './rejection-log.ts';
import { createSpace, type Space, TextBuffer } from './text-buffer.ts';

const NO_BYTES = new Uint8Array(0);

/** How large the last result was; it saves growing in steps and a copy at the end. */
export interface SizeHint {
  readonly bytes: number;
  readonly series: number;
}

/**
 * Writes lines behind a text, byte by byte and without any allocation per row: this is where a refresh of many rows spends
 * its time. Only when the labels of a row prove new do its lines stay.
 */
export abstract class LineWriter {
  protected readonly text: TextBuffer;
  protected series = 0;
  readonly #labelColumns: readonly number[];
  readonly #labelNames: readonly string[];
  readonly #maxLabelLength: number;
  readonly #fixedBytes: number;
  readonly #growth: number;
  readonly #index: LabelSetIndex;
  readonly #rejections: RejectionLog;

  /** `space`: for a text whose largest size is known; null: it gets its own. */
  constructor(layout: MetricLayout, text: TextLayout, hint: SizeHint, space: Space | null, rejections: RejectionLog) {
    this.#labelColumns = layout.labelColumns;
    this.#labelNames = layout.labelNames;
    this.#maxLabelLength = layout.terms.maxLabelLength;
    this.text = new TextBuffer(layout.metric.family, space ?? createSpace(hint.bytes));
    this.#fixedBytes = text.fixedBytes;
    this.#growth = text.lines.length * MAX_GROWTH;
    this.#index = new LabelSetIndex(hint.series / text.lines.length);
    this.#rejections = rejections;
  }

  /** How many samples the row made. */
  abstract row(cells: readonly Cell[]): number;

  size(): SizeHint {
    return { bytes: this.text.length, series: this.series };
  }

  finish(): Part {
    return this.text.finish(this.series);
  }

  /** Makes sure that the lines of the row fit, however they must be escaped. False if a label is too long. */
  protected makeRoom(cells: readonly Cell[]): boolean {
    const labelColumns = this.#labelColumns;
    let labelBytes = 0;
    for (let i = 0; i < labelColumns.length; i++) {
      const cell = cells[labelColumns[i] as number] as Cell;
      if (cell === null) continue;
      if (cell.length > this.#maxLabelLength) return this.#rejectLabel(i, cell);
      labelBytes += cell.length;
    }
    this.text.reserve(this.#fixedBytes + this.#growth * labelBytes);
    return true;
  }

  /** Returns where the value begins; -1 if a label became too long by what replaces bytes that are not UTF-8. */
  protected writeHead(cells: readonly Cell[], { literals }: LineLayout, start: number): number {
    const labelColumns = this.#labelColumns;
    const { bytes, view } = this.text;
    let at = writeLiteral(literals[0] as Literal, view, start);
    for (let i = 0; i < labelColumns.length; i++) {
      const cell = cells[labelColumns[i] as number] as Cell;
      if (cell !== null) {
        const from = at;
        at = copyPlain(cell, bytes, from);
        if (at === -1) {
          at = copyEscaped(cell, bytes, from, this.#maxLabelLength);
          if (at === -1) {
            this.#rejectLabel(i, cell);
            return -1;
          }
        }
      }
      at = writeLiteral(literals[i + 1] as Literal, view, at);
    }
    return at;
  }

  /** Whether no row before had the labels of the line whose head stands at `[start, end)`; they are remembered. */
  protected isNew(cells: readonly Cell[], line: LineLayout, start: number, end: number): boolean {
    const { text } = this;
    // What tells label sets apart lies between the first label cell and the quote after the last.
    const from = start + (line.literals[0] as Literal).bytes;
    if (this.#index.add(text.view, from, end - line.tailBytes)) return true;
    const isLabelled = this.#labelColumns.length > 0;
    // What tells two rows without labels apart is the value.
    const offender = isLabelled
      ? text.bytes.subarray(start + line.nameBytes, end - 1)
      : (cells[line.column] ?? NO_BYTES);
    return this.reject('duplicate', line.columnName, offender);
  }

  protected reject(reason: Rejection['reason'], column: string, offender: Uint8Array): false {
    this.#rejections.add(reason, column, offender);
    return false;
  }

  #rejectLabel(index: number, cell: Uint8Array): false {
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
