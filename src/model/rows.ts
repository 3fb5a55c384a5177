/**
 * One field of one row: the server's own text in UTF-8 (or, for binary columns, the raw bytes), null for NULL.
 * BIT and booleans arrive as decimal text.
 */
export type Cell = Uint8Array | null;

/** Takes a result as it streams in. Everything is called synchronously, in order. */
export interface RowSink {
  /**
   * The names of the columns as the server gave them, duplicates included. Called once, before the first row, also
   * when no row comes. Throws a `RefreshError` to refuse the result.
   */
  columns(names: readonly string[]): void;
  /** One cell per column. The array and the bytes are valid only during the call. Throws to stop the run. */
  row(cells: readonly Cell[]): void;
}
