import type { Mariadb } from '../support/mariadb.ts';

/** A statement of a task, as the server wrote it down when it came. */
export interface LoggedRun {
  readonly task: string;
  readonly atMs: number;
  readonly connection: number;
}

/** Servers started with these write every statement into a table. */
export const LOG_FLAGS = ['--general-log', '--log-output=TABLE'];

/** The SQL of a task whose runs can be told from others in the log; it takes `seconds`. */
export function sqlOf(task: string, seconds: number): string {
  return `select 1 n, '<${task}>' task, sleep(${seconds}) s`;
}

/** Every run that the server was asked for, whoever asked, in order. */
export async function readRuns(mariadb: Mariadb): Promise<readonly LoggedRun[]> {
  const rows = await mariadb.query(
    `SELECT regexp_substr(convert(argument USING utf8mb4), '(?<=<)[^<>]+(?=>)') AS task, thread_id AS connection,
            round(unix_timestamp(event_time) * 1000) AS at_ms
     FROM mysql.general_log
     WHERE command_type IN ('Query', 'Execute') AND argument LIKE '%select 1 n, ''<%' AND argument NOT LIKE '%general_log%'
     ORDER BY event_time`,
  );
  return rows.map(({ task, connection, at_ms: atMs }) => ({
    task: String(task),
    atMs: Number(atMs),
    connection: Number(connection),
  }));
}

/** The runs that came within `ms` of the one before them of their task: two at one time, or twice in a period. */
export function closerThan(runs: readonly LoggedRun[], ms: number): readonly string[] {
  const last = new Map<string, LoggedRun>();
  return runs.flatMap((run) => {
    const before = last.get(run.task);
    last.set(run.task, run);
    if (before === undefined || run.atMs - before.atMs >= ms) return [];
    return [`${run.task} after ${run.atMs - before.atMs} ms (connections ${before.connection}, ${run.connection})`];
  });
}

export async function forgetRuns(mariadb: Mariadb): Promise<void> {
  await mariadb.query('TRUNCATE TABLE mysql.general_log');
}
