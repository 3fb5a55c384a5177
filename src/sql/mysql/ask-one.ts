import type { Row } from '../../model/rows.ts';
import { errnoOf, isRefusedConnection } from './mysql-failures.ts';
import { ResultReader } from './result-reader.ts';
import type { StatementRunner } from './statement-runner.ts';

type Cells = readonly (string | null)[];

/** The cells of the only row; none without a row. Rejects with the library's error. */
export async function readOne(session: StatementRunner, sql: string): Promise<Cells> {
  let row: Cells = [];
  const sink = {
    columns: () => undefined,
    row: (only: Row) => {
      row = only.texts();
    },
  };
  await session.stream(sql, new ResultReader({ maxRows: 1, maxBytes: 65_536 }, sink));
  return row;
}

/** The same; null: the server refuses the statement. Rejects where it refuses the user. */
export async function askOne(session: StatementRunner, sql: string): Promise<Cells | null> {
  try {
    return await readOne(session, sql);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === null || isRefusedConnection(errno)) throw error;
    return null;
  }
}
