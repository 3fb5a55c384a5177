import { RefreshError } from '../model/failure.ts';
import type { Part } from '../model/outcome.ts';
import type { MetricName } from '../model/words.ts';
import { BlockBuilder, PIECE_BYTES, toPart } from './block.ts';

/** The positions in a text are kept as 32-bit numbers, and no scrape can use a page of this size. */
const MAX_TEXT_BYTES = 2 ** 30;

/** Memory for a text to begin in, at `start`. */
export interface Space {
  readonly bytes: Uint8Array;
  /** Of the same memory, to read and write four bytes at a time. */
  readonly view: DataView;
  readonly start: number;
  /** Whether other texts stand in it too. A text that shares it must not need more than what is meant for it. */
  readonly isShared: boolean;
}

/** Space that nothing else uses, for a text that will probably have this many bytes. */
export function createSpace(expected: number): Space {
  const bytes = new Uint8Array(Math.min(MAX_TEXT_BYTES, expected + (expected >>> 4) + 256));
  return { bytes, view: new DataView(bytes.buffer), start: 0, isShared: false };
}

/**
 * One piece of memory for many small texts, of these sizes at most: hundreds of small buffers for each result would cost
 * more than what is written to them.
 */
export function shareSpace(sizes: readonly number[]): Space[] {
  const bytes = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0));
  const view = new DataView(bytes.buffer);
  let end = 0;
  return sizes.map((size) => {
    end += size;
    return { bytes, view, start: end - size, isShared: true };
  });
}

/** The lines of one metric in one result: grows as it is written, and is compressed piece by piece meanwhile. */
export class TextBuffer {
  bytes: Uint8Array;
  view: DataView;
  /** Where the text ends; what is written behind it does not count until `end` moves. It may move back to what stays. */
  end: number;
  readonly #family: MetricName;
  readonly #start: number;
  readonly #isShared: boolean;
  /** Null until the first piece is full. */
  #block: BlockBuilder | null = null;
  /** Up to here the text has gone into the block. */
  #blocked: number;

  constructor(family: MetricName, { bytes, view, start, isShared }: Space) {
    this.#family = family;
    this.bytes = bytes;
    this.view = view;
    this.end = start;
    this.#start = start;
    this.#isShared = isShared;
    this.#blocked = start;
  }

  /** Makes sure that this many bytes fit behind the text. */
  reserve(bytes: number): void {
    if (this.end + bytes > this.bytes.length) this.#grow(this.end + bytes);
  }

  /** Whether there is enough text to be compressed. */
  get hasPiece(): boolean {
    return this.end - this.#blocked >= PIECE_BYTES;
  }

  /** The text ends here, and what it has up to here stays. */
  commit(end: number): void {
    this.end = end;
    if (!this.hasPiece) return;
    this.#block ??= new BlockBuilder();
    this.#fillBlock(this.#block);
  }

  get length(): number {
    return this.end - this.#start;
  }

  finish(series: number): Part {
    const text = this.#takeText();
    if (this.#block === null) return toPart(this.#family, series, text);
    this.#fillBlock(this.#block);
    return { family: this.#family, series, text, ...this.#block.finish() };
  }

  #grow(needed: number): void {
    if (needed > MAX_TEXT_BYTES) {
      throw new RefreshError(
        'too_large',
        `the samples of ${this.#family} take more than 1 GiB as text; aggregate in SQL`,
      );
    }
    // Memory that was never written to is not resident, so the unused half of a large buffer costs nothing.
    const grown = new Uint8Array(Math.min(MAX_TEXT_BYTES, Math.max(needed, 2 * this.bytes.length)));
    grown.set(this.bytes.subarray(0, this.end));
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }

  #fillBlock(block: BlockBuilder): void {
    block.add(this.bytes.subarray(this.#blocked, this.end));
    this.#blocked = this.end;
  }

  /** In memory of its own, so that it can be transferred; copied only where it shares its space or much room was left. */
  #takeText(): Uint8Array {
    const isRoomy = this.bytes.length - this.length > this.length >>> 3;
    if (this.#isShared || isRoomy) return this.bytes.slice(this.#start, this.end);
    return this.bytes.subarray(this.#start, this.end);
  }
}
