import { isUtf8 } from 'node:buffer';
import { RefreshError } from '../model/failure.ts';
import type { Cell } from '../model/rows.ts';
import type { Part, Rejection } from '../model/update.ts';
import type { MetricName } from '../model/words.ts';
import { BlockBuilder, PIECE_BYTES } from './block.ts';
import { LabelSetIndex } from './label-set-index.ts';
import { type Literal, writeLiteral } from './literal.ts';
import { canonicalLength, formatNumber, parseNumber } from './mapping.ts';
import { RejectionLog, type RejectionTerms } from './rejection-log.ts';

/** The positions in a text are kept as 32-bit numbers, and no scrape can use a page of this size. */
const MAX_TEXT_BYTES = 2 ** 30;

/** The longest number that is formatted rather than copied is `-2.2250738585072014e-308`. */
const MAX_NUMBER_BYTES = 32;

/** A byte that is not UTF-8 becomes the three bytes of U+FFFD; escaping only doubles. */
const MAX_GROWTH = 3;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NEWLINE = 0x0a;
const LETTER_N = 0x6e;
const MINUS = 0x2d;

const encoder = new TextEncoder();
/** A byte-order mark is a character like others here: without it two different labels would become one. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** How the lines of one metric are made, with the columns found: everything that is the same for all rows. */
export interface LineShape extends RejectionTerms {
  readonly family: MetricName;
  readonly isCounter: boolean;
  /** The fixed text of a line: before the first label cell, between two of them, and after the last up to the value. */
  readonly literals: readonly Literal[];
  /** The columns whose cells stand between the literals. */
  readonly labelColumns: readonly number[];
  readonly valueColumn: number;
  readonly columnNames: readonly string[];
}

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
  readonly #shape: LineShape;
  readonly #fixedBytes: number;
  readonly #index: LabelSetIndex;
  readonly #block = new BlockBuilder();
  readonly #rejections: RejectionLog;
  #buffer: Uint8Array;
  /** Of the buffer's memory, to read and write four bytes at a time. */
  #view: DataView;
  #length = 0;
  /** Up to here the text has gone into the block. */
  #blocked = 0;
  #series = 0;

  constructor(shape: LineShape, hint: SizeHint) {
    this.#shape = shape;
    this.#fixedBytes = shape.literals.reduce((sum, literal) => sum + literal.bytes, 0);
    this.#index = new LabelSetIndex(hint.series);
    this.#rejections = new RejectionLog(shape);
    this.#buffer = new Uint8Array(Math.min(MAX_TEXT_BYTES, hint.bytes + (hint.bytes >>> 4) + 256));
    this.#view = new DataView(this.#buffer.buffer);
  }

  /** True if the row made a sample. */
  row(cells: readonly Cell[]): boolean {
    const shape = this.#shape;
    const value = cells[shape.valueColumn] as Cell;
    if (value === null) return false;

    let valueBytes = canonicalLength(value);
    let valueText = '';
    if (valueBytes === -1 || (shape.isCounter && value[0] === MINUS)) {
      valueBytes = -1;
      valueText = this.#toText(value);
      if (valueText === '') return false;
    }
    if (!this.#makeRoom(cells)) return false;

    const { literals, labelColumns } = shape;
    const buffer = this.#buffer;
    const view = this.#view;
    let at = writeLiteral(literals[0] as Literal, view, this.#length);
    const labelsStart = at;
    for (let i = 0; i < labelColumns.length; i++) {
      const cell = cells[labelColumns[i] as number] as Cell;
      if (cell !== null) {
        const start = at;
        at = copyPlain(cell, buffer, start);
        if (at === -1) {
          at = this.#writeEscaped(cell, start, labelColumns[i] as number);
          if (at === -1) return false;
        }
      }
      at = writeLiteral(literals[i + 1] as Literal, view, at);
    }
    if (!this.#index.add(view, labelsStart, at)) {
      const labels = buffer.subarray(this.#length + shape.family.length, at - 1);
      this.#rejections.add('duplicate', this.#columnName(shape.valueColumn), labels);
      return false;
    }

    if (valueBytes >= 0) {
      for (let i = 0; i < valueBytes; i++) buffer[at++] = value[i] as number;
    } else {
      for (let i = 0; i < valueText.length; i++) buffer[at++] = valueText.charCodeAt(i);
    }
    buffer[at++] = NEWLINE;
    this.#length = at;
    this.#series++;
    if (at - this.#blocked >= PIECE_BYTES) this.#fillBlock();
    return true;
  }

  finish(): { readonly part: Part; readonly rejections: readonly Rejection[]; readonly size: SizeHint } {
    this.#fillBlock();
    const { family } = this.#shape;
    const part = { family, series: this.#series, text: this.#takeText(), ...this.#block.finish() };
    const size = { bytes: this.#length, series: this.#series };
    return { part, rejections: this.#rejections.rejections(), size };
  }

  /** The canonical text of a value that cannot be copied; empty if it was rejected. */
  #toText(value: Uint8Array): string {
    // Every byte above 0x7f is wrong in a number, whatever character it belongs to.
    const number = parseNumber(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1'));
    const { isCounter, valueColumn } = this.#shape;
    if (number === null || (isCounter && !Number.isFinite(number))) {
      this.#rejections.add('not_a_number', this.#columnName(valueColumn), value);
      return '';
    }
    if (isCounter && number < 0) {
      this.#rejections.add('negative_counter', this.#columnName(valueColumn), value);
      return '';
    }
    return formatNumber(number);
  }

  /** Makes sure that the row fits, however it must be escaped. False if a label is too long; that is counted. */
  #makeRoom(cells: readonly Cell[]): boolean {
    const { labelColumns, maxLabelLength } = this.#shape;
    let labelBytes = 0;
    for (let i = 0; i < labelColumns.length; i++) {
      const cell = cells[labelColumns[i] as number] as Cell;
      if (cell === null) continue;
      if (cell.length > maxLabelLength) {
        this.#rejections.add('label_too_long', this.#columnName(labelColumns[i] as number), cell);
        return false;
      }
      labelBytes += cell.length;
    }
    const needed = this.#length + this.#fixedBytes + MAX_GROWTH * labelBytes + MAX_NUMBER_BYTES;
    if (needed > this.#buffer.length) this.#grow(needed);
    return true;
  }

  #grow(needed: number): void {
    if (needed > MAX_TEXT_BYTES) {
      throw new RefreshError('too_large', `the samples of ${this.#shape.family} take more than 1 GiB as text`);
    }
    // Memory that was never written to is not resident, so the unused half of a large buffer costs nothing.
    const grown = new Uint8Array(Math.min(MAX_TEXT_BYTES, Math.max(needed, 2 * this.#buffer.length)));
    grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = grown;
    this.#view = new DataView(grown.buffer);
  }

  /** The way of a cell that `copyPlain` refused. Returns -1 if the label became too long; that is counted. */
  #writeEscaped(cell: Uint8Array, start: number, column: number): number {
    const { maxLabelLength } = this.#shape;
    const label = isUtf8(cell) ? cell : encoder.encode(decoder.decode(cell));
    if (label.length > maxLabelLength) {
      this.#rejections.add('label_too_long', this.#columnName(column), cell);
      return -1;
    }
    const buffer = this.#buffer;
    let at = start;
    for (let i = 0; i < label.length; i++) {
      const byte = label[i] as number;
      if (byte === QUOTE || byte === BACKSLASH || byte === NEWLINE) buffer[at++] = BACKSLASH;
      buffer[at++] = byte === NEWLINE ? LETTER_N : byte;
    }
    return at;
  }

  #fillBlock(): void {
    this.#block.add(this.#buffer.subarray(this.#blocked, this.#length));
    this.#blocked = this.#length;
  }

  /** In memory of its own, so that it can be transferred; copied only where much room was left over. */
  #takeText(): Uint8Array {
    const text = this.#buffer.subarray(0, this.#length);
    return this.#buffer.length - this.#length > this.#length >>> 3 ? text.slice() : text;
  }

  #columnName(index: number): string {
    return this.#shape.columnNames[index] ?? '';
  }
}

/** Copies a cell that needs neither escaping nor a look at its UTF-8; -1 if it does. */
function copyPlain(from: Uint8Array, to: Uint8Array, start: number): number {
  for (let i = 0; i < from.length; i++) {
    const byte = from[i] as number;
    if (byte >= 0x80 || byte === QUOTE || byte === BACKSLASH || byte === NEWLINE) return -1;
    to[start + i] = byte;
  }
  return start + from.length;
}
