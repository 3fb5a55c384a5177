import type { Connection } from '../../model/plan.ts';

/** How to reach a server of MySQL or MariaDB. */
export interface MysqlConnection extends Connection {
  /** The longest silence of the server while an answer is awaited, from a DSN; null: only the deadline counts. */
  readonly readTimeoutMs: number | null;
  /** False: the server is asked to leave our statements out of its slow query log. */
  readonly slowLog: boolean;
}
