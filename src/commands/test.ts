import { loadConfig } from '../config/load.ts';
import { meantOf } from '../config/suggestion.ts';
import { createRecordLogger } from '../logger.ts';
import { FamilyRegistry } from '../metrics/families.ts';
import { createTaskRenderer } from '../metrics/renderer.ts';
import { realClock } from '../model/clock.ts';
import { Deadline, Stopped } from '../model/deadline.ts';
import type { Plan, Task } from '../model/plan.ts';
import { finish } from '../model/steps.ts';
import { refresh } from '../refresh/refresher.ts';
import type { Drivers } from '../sql/driver.ts';
import { createDrivers } from '../sql/drivers.ts';
import { type Arguments, UsageError } from './arguments.ts';
import type { Command } from './command.ts';
import { runInLanes } from './lanes.ts';
import { RowWatch } from './row-watch.ts';
import { untilSignal } from './signals.ts';
import { isBad, type Run, reportRun, totalOf } from './test-report.ts';

/**
 * Runs queries once, as the exporter would, and prints the metrics that they would give. What is said about the runs goes
 * to standard error: a line as each ends, and at the end, when the metrics have scrolled those away, what failed.
 */
export const testQueries: Command = async (args, terminal) => {
  const { plan } = loadConfig({ paths: args.configPaths, env: terminal.env }, { revision: 1, nowMs: Date.now() });
  const tasks = chooseTasks(plan, args);
  const registry = new FamilyRegistry();
  finish(registry.declare(plan.families));

  await using drivers = createDrivers(
    plan.targets,
    Number.POSITIVE_INFINITY,
    createRecordLogger(() => {}),
  );
  const runs = await runOnce(plan, tasks, drivers, (run) => terminal.complain(reportRun(run, args.explain)));
  for (const { task, end } of runs) {
    if (end.kind !== 'result') continue;
    for (const part of end.parts) registry.family(part.family)?.replace(task.key, part);
  }
  for (const family of registry.sorted()) {
    if (family.series === 0) continue;
    terminal.stdout.write(family.header);
    for (const part of family.parts.values()) terminal.stdout.write(part.text);
  }
  // Of a single one, the line that says all this is still in sight.
  if (runs.length > 1) terminal.complain(totalOf(runs, args.strict));
  return runs.some((run) => isBad(run, args.strict)) ? 1 : 0;
};

function chooseTasks(plan: Plan, { operands, target }: Arguments): readonly Task[] {
  const queries = plan.queries.map(({ name }) => name);
  const unknown = operands.find((name) => !queries.some((query) => query === name));
  if (unknown !== undefined) throw new UsageError(`no query is called "${unknown}"${meantOf(unknown, queries)}`);
  const targets = plan.targets.map(({ name }) => name);
  if (target !== null && !targets.some((name) => name === target)) {
    throw new UsageError(`no target is called "${target}"${meantOf(target, targets)}`);
  }
  const onTarget = plan.tasks.filter((task) => target === null || task.target.name === target);
  const elsewhere = operands.find((name) => !onTarget.some(({ query }) => query.name === name));
  if (elsewhere !== undefined) throw new UsageError(`the query "${elsewhere}" does not run on the target "${target}"`);
  if (onTarget.length === 0) throw new UsageError(`no query runs on the target "${target}"`);
  return operands.length === 0 ? onTarget : onTarget.filter(({ query }) => operands.includes(query.name));
}

/**
 * Each begins when there is a connection for it, so that no query fails for the time that others take. A signal stops the
 * statements on their servers. In the order of the tasks.
 */
async function runOnce(
  plan: Plan,
  tasks: readonly Task[],
  drivers: Drivers,
  onEnd: (run: Run) => void,
): Promise<readonly Run[]> {
  const stopping = new AbortController();
  void untilSignal().then(() => stopping.abort(new Stopped('a signal came')));
  const runs = new Map<Task, Run>();
  await runInLanes(tasks, plan.maxRunning, async (task) => {
    using deadline = new Deadline(realClock, task.query.timeoutMs, stopping.signal);
    const startedMs = performance.now();
    const watch = new RowWatch(task);
    const end = await refresh({
      task,
      driver: drivers.driverFor(task.target),
      renderer: watch.on(createTaskRenderer(task)),
      guard: null,
      deadline,
      seriesBudget: () => plan.maxSeries,
      mayAsk: () => true,
      onStart: () => {},
      onFault: (fault) => {
        throw fault;
      },
    });
    const run = { task, end, watch, tookMs: performance.now() - startedMs };
    runs.set(task, run);
    onEnd(run);
  });
  return tasks.flatMap((task) => runs.get(task) ?? []);
}
