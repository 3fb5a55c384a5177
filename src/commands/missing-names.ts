import { loadConfig } from '../config/load.ts';
import { contentsOf, type Pack } from '../config/pack-files.ts';
import { meantOf } from '../config/suggestion.ts';
import { createRecordLogger } from '../logger.ts';
import { matchColumns } from '../metrics/mapping.ts';
import { columnsOf } from '../metrics/metric-layout.ts';
import { choicesFor, createRowDispatch, passes } from '../metrics/row-dispatch.ts';
import { realClock } from '../model/clock.ts';
import { Deadline } from '../model/deadline.ts';
import { RefreshError } from '../model/failure.ts';
import type { ColumnNames, Task } from '../model/plan.ts';
import type { Row, RowSink } from '../model/rows.ts';
import type { Driver } from '../sql/driver.ts';
import { createDrivers } from '../sql/drivers.ts';
import { UsageError } from './arguments.ts';
import type { ExitStatus } from './command.ts';
import type { Terminal } from './terminal.ts';

/**
 * Runs the queries of a pack that list the names of what they read, and prints what a target has beyond those lists. The
 * pack must run on it.
 */
export async function printMissing(
  pack: Pack,
  target: string,
  configPaths: readonly string[],
  terminal: Terminal,
): Promise<ExitStatus> {
  const { plan } = loadConfig({ paths: configPaths, env: terminal.env }, { revision: 1, nowMs: Date.now() });
  if (!plan.targets.some(({ name }) => name === target)) {
    const known = plan.targets.map(({ name }) => name);
    throw new UsageError(`no target is called "${target}"${meantOf(target, known)}`);
  }
  const lists = listsOf(pack);
  if (lists.size === 0) throw new UsageError(`the pack "${pack.name}" lists no names`);
  const ofPack = new Set(pack.queries.entries.keys());
  const onTarget = plan.tasks.filter((task) => task.target.name === target && ofPack.has(task.query.name));
  if (onTarget.length === 0) throw new UsageError(`the pack "${pack.name}" does not run on the target "${target}"`);

  await using drivers = createDrivers(
    plan.targets,
    plan.maxRunning,
    createRecordLogger(() => {}),
  );
  let status: ExitStatus = 0;
  for (const task of onTarget) {
    const columns = lists.get(task.query.name);
    if (columns === undefined) continue;
    const found = new Set<string>();
    const problem = await run(task, drivers.driverFor(task.target), collector(task, columns, found));
    if (problem !== null) {
      terminal.complain(`query "${task.query.name}": ${problem.text}`);
      if (problem.isFailure) status = 1;
    } else
      terminal.print(
        [`${task.query.name}: ${found.size} missing`, ...[...found].sort().map((name) => `  ${name}`)].join('\n'),
      );
  }
  return status;
}

/** Of each query with metrics such as `status_{name}`, the columns that stand in their names. */
function listsOf(pack: Pack): ReadonlyMap<string, readonly ColumnNames[]> {
  const lists = new Map<string, readonly ColumnNames[]>();
  for (const [query, { metrics = {} }] of Object.entries(contentsOf(pack).queries)) {
    const columns = Object.entries(metrics).flatMap(([name, { where = {} }]) =>
      Object.keys(where).filter((column) => name.includes(`{${column}}`)),
    );
    if (columns.length > 0)
      lists.set(
        query,
        [...new Set(columns)].map((column) => [column]),
      );
  }
  return lists;
}

/** Takes the rows that have a number and that no metric takes, and keeps what stands in the columns of their names. */
function collector({ metrics }: Task, columns: readonly ColumnNames[], found: Set<string>): RowSink {
  let take = (_row: Row): void => {};
  return {
    columns(names) {
      const indexOf = matchColumns([...metrics.flatMap(columnsOf), ...columns], [...names]);
      const { always, tables } = createRowDispatch(metrics, indexOf);
      const values = new Set(
        metrics.flatMap(({ samples }) =>
          samples.flatMap(({ value }) => (value.kind === 'column' ? [indexOf(value.columns)] : [])),
        ),
      );
      take = (row) => {
        const isTaken = tables.some((table) => choicesFor(table, row)?.some((choice) => passes(choice, row)));
        if (isTaken || always.length > 0 || ![...values].some((index) => row.cell(index) !== null)) return;
        for (const column of columns) {
          const text = row.text(indexOf(column));
          if (text !== null) found.add(text);
        }
      };
    },
    row: (row) => take(row),
  };
}

/** Null: it ran. */
async function run(
  { query }: Task,
  driver: Driver,
  sink: RowSink,
): Promise<{ readonly text: string; readonly isFailure: boolean } | null> {
  const { sql, when, name, maxRows, maxBytes, timeoutMs } = query;
  using deadline = new Deadline(realClock, timeoutMs);
  const turn = { guard: null, guest: driver, onTurn: () => {}, onStart: () => {} };
  const request = { ...turn, sql, when, query: name, maxRows, maxBytes };
  try {
    const notSent = await driver.run(request, sink, deadline);
    return notSent && { text: `not applicable: ${notSent.why}`, isFailure: false };
  } catch (error) {
    if (!(error instanceof RefreshError)) throw error;
    return { text: `${error.message} (${error.reason})`, isFailure: true };
  }
}
