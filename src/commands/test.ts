import { loadConfig } from '../config/load.ts';
import { meantOf } from '../config/suggestion.ts';
import { createRecordLogger } from '../logger.ts';
import { FamilyRegistry } from '../metrics/families.ts';
import { describeRejections } from '../metrics/rejection-log.ts';
import { createTaskRenderer } from '../metrics/renderer.ts';
import { realClock } from '../model/clock.ts';
import { Deadline, Stopped } from '../model/deadline.ts';
import type { Plan, Task } from '../model/plan.ts';
import { type RefreshEnd, refresh } from '../refresh/refresher.ts';
import type { Drivers } from '../sql/driver.ts';
import { createDrivers } from '../sql/drivers.ts';
import { type Arguments, UsageError } from './arguments.ts';
import type { Command } from './command.ts';
import { runInLanes } from './lanes.ts';
import { untilSignal } from './signals.ts';
import type { Terminal } from './terminal.ts';

/** Runs queries once, as the exporter would, and prints what they would add to the exposition. */
export const testQueries: Command = async (args, terminal) => {
  const { plan } = loadConfig({ paths: args.configPaths, env: terminal.env }, { revision: 1, nowMs: Date.now() });
  const tasks = chooseTasks(plan, args);
  const registry = new FamilyRegistry();
  registry.declare(plan.families);

  await using drivers = createDrivers(
    plan.targets,
    Number.POSITIVE_INFINITY,
    createRecordLogger(() => {}),
  );
  const ends = await runOnce(plan, tasks, drivers);
  for (const [task, end] of ends) {
    report(task, end, terminal);
    if (end.kind === 'result') for (const part of end.parts) registry.family(part.family)?.replace(task.key, part);
  }
  for (const family of registry.sorted()) {
    if (family.series === 0) continue;
    terminal.stdout.write(family.header);
    for (const part of family.parts.values()) terminal.stdout.write(part.text);
  }
  return ends.every(([, { kind }]) => kind === 'result' || kind === 'not_applicable') ? 0 : 1;
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
 * statements on their servers; a run that it stopped has no outcome.
 */
async function runOnce(plan: Plan, tasks: readonly Task[], drivers: Drivers): Promise<(readonly [Task, RefreshEnd])[]> {
  const stopping = new AbortController();
  void untilSignal().then(() => stopping.abort(new Stopped('a signal came')));
  const ends = new Map<Task, RefreshEnd>();
  await runInLanes(tasks, plan.maxRunning, async (task) => {
    using deadline = new Deadline(realClock, task.query.timeoutMs, stopping.signal);
    const end = await refresh({
      task,
      driver: drivers.driverFor(task.target),
      renderer: createTaskRenderer(task),
      guard: null,
      deadline,
      seriesBudget: () => plan.maxSeries,
      mayAsk: () => true,
      onStart: () => {},
      onFault: (fault) => {
        throw fault;
      },
    });
    ends.set(task, end);
  });
  return tasks.map((task) => [task, ends.get(task) ?? { kind: 'stopped' }] as const);
}

/** Reasons and rejections go to standard error, so that the exposition can be piped on. */
function report({ query, target }: Task, end: RefreshEnd, terminal: Terminal): void {
  const place = `query "${query.name}" on target "${target.name}"`;
  if (end.kind === 'stopped') {
    terminal.complain(`${place}: stopped`);
    return;
  }
  if (end.kind === 'skipped') {
    terminal.complain(`${place}: skipped (${end.reason}): ${end.why}`);
    return;
  }
  if (end.kind === 'failure') {
    const { reason, message } = end.failure;
    terminal.complain(`failed (${reason}): ${message}`);
    return;
  }
  if (end.kind === 'not_applicable') {
    terminal.complain(`${place}: not applicable: ${end.why}`);
    return;
  }
  terminal.complain(`${place}: ${end.rows} rows, ${end.series} series`);
  for (const rejection of end.rejections) terminal.complain(`  ${describeRejections([rejection])}`);
}
