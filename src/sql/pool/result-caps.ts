import { RefreshError } from '../../model/failure.ts';

export interface Caps {
  readonly maxRows: number;
  /** Of the cells' text. */
  readonly maxBytes: number;
}

/** Counts a result while it comes, and throws a `too_large` as soon as it passes one of its caps. */
export class ResultCaps {
  readonly #caps: Caps;
  #rows = 0;
  #bytes = 0;

  constructor(caps: Caps) {
    this.#caps = caps;
  }

  /** To be called before a row is read. */
  countRow(): void {
    if (this.#rows === this.#caps.maxRows) throw this.#tooLarge(0);
    this.#rows += 1;
  }

  countBytes(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#caps.maxBytes) throw this.#tooLarge(0);
  }

  /** For what is on its way and belongs to no row yet. */
  checkAhead(bytes: number): void {
    if (this.#bytes + bytes > this.#caps.maxBytes) throw this.#tooLarge(bytes);
  }

  #tooLarge(ahead: number): RefreshError {
    const { maxRows, maxBytes } = this.#caps;
    const seen = `the result was stopped at ${this.#rows} rows and ${this.#bytes + ahead} bytes`;
    const caps = `max_rows is ${maxRows}, max_bytes is ${maxBytes}`;
    return new RefreshError('too_large', `${seen}: ${caps}; let the query give less or raise the limit`);
  }
}
