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

/** How often each task ran in each of its periods, where that was not once; periods begin with its first run. */
export function otherThanOnce(runs: readonly LoggedRun[], periodMs: number, endMs: number): readonly string[] {
  const counts = new Map<string, { readonly fromMs: number; readonly ofPeriod: number[] }>();
  for (const { task, atMs } of runs) {
    const counted = counts.get(task) ?? { fromMs: atMs - EARLY * periodMs, ofPeriod: [] };
    const period = Math.floor((atMs - counted.fromMs) / periodMs);
    counted.ofPeriod[period] = (counted.ofPeriod[period] ?? 0) + 1;
    counts.set(task, counted);
  }
  if (runs.length === 0) return ['nothing ran'];
  return [...counts].flatMap(([task, { fromMs, ofPeriod }]) => {
    // Without the one that has not ended.
    const periods = Math.floor((endMs - fromMs) / periodMs);
    return Array.from({ length: periods }, (_, n) => ofPeriod[n] ?? 0).flatMap((count, n) =>
      count === 1 ? [] : [`${task} ${count} times in period ${n} of ${periods}`],
    );
  });
}

/** A first run may have been late, and the others early by comparison. */
const EARLY = 0.25;

export async function forgetRuns(mariadb: Mariadb): Promise<void> {
  await mariadb.query('TRUNCATE TABLE mysql.general_log');
}
