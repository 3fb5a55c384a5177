import { errnoOf, isRefusedConnection } from './mysql-failures.ts';
import { ResultReader } from './result-reader.ts';
import type { StatementRunner } from './statement-runner.ts';

/** The cells of the only row; null: the server refuses the statement. Rejects where it refuses the user. */
export async function askOne(session: StatementRunner, sql: string): Promise<readonly (string | null)[] | null> {
  let row: readonly (string | null)[] = [];
  const sink = {
    columns: () => undefined,
    row: (cells: readonly (Uint8Array | null)[]) => {
      row = cells.map((cell) => cell && Buffer.from(cell).toString());
    },
  };
  try {
    await session.stream(sql, new ResultReader({ maxRows: 1, maxBytes: 65_536 }, sink));
    return row;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === null || isRefusedConnection(errno)) throw error;
    return null;
  }
}
