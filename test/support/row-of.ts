import { type Cell, Row } from '../../src/model/rows.ts';

/** A row as a server would have sent it. */
export function rowOf(cells: readonly (Cell | string)[]): Row {
  const row = new Row(cells.length);
  row.fill(cells);
  return row;
}
