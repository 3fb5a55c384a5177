import type { Connection } from '../../model/plan.ts';

/** What a connection to MySQL or MariaDB has beside what every connection has. */
export interface MysqlConnection extends Connection {
  /** The longest silence of the server while it answers; null for no limit but the deadline. */
  readonly readTimeoutMs: number | null;
  /** False: the session asks the server to leave its statements out of the slow query log. */
  readonly slowLog: boolean;
}
