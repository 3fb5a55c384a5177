import type { Row, RowSink } from '../../model/rows.ts';

/** Keeps the first cell of the first row, as text; null where there is none. */
export class FirstCell implements RowSink {
  #rows = 0;
  #text: string | null = null;

  columns(): void {}

  row(row: Row): void {
    if (this.#rows === 0) this.#text = row.text(0);
    this.#rows += 1;
  }

  /** Whether it is a number other than 0. */
  get isTrue(): boolean {
    const text = this.#text?.trim() ?? '';
    return text !== '' && Number.isFinite(Number(text)) && Number(text) !== 0;
  }
}
