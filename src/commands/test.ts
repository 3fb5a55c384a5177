import { loadConfig } from '../config/load.ts';
import { meantOf } from '../config/suggestion.ts';
import { createRecordLogger } from '../logger.ts';
import { FamilyRegistry } from '../metrics/families.ts';
import { describeRejections } from '../metrics/rejection-log.ts';
import { createTaskRenderer } from '../metrics/renderer.ts';
import { realClock } from '../model/clock.ts';
import { Deadline, Stopped } from '../model/deadline.ts';
import type { Plan, Task } from '../model/plan.ts';
import type { Outcome } from '../model/update.ts';
import { refresh } from '../refresh/refresher.ts';
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
  const outcomes = await runOnce(plan, tasks, drivers);
  for (const [task, outcome] of outcomes) {
    report(task, outcome, terminal);
    if (outcome?.kind === 'result')
      for (const part of outcome.parts) registry.family(part.family)?.replace(task.key, part);
  }
  for (const family of registry.sorted()) {
    if (family.series === 0) continue;
    terminal.stdout.write(family.header);
    for (const part of family.parts.values()) terminal.stdout.write(part.text);
  }
  return outcomes.every(([, outcome]) => outcome !== null && outcome.kind !== 'failure') ? 0 : 1;
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
async function runOnce(
  plan: Plan,
  tasks: readonly Task[],
  drivers: Drivers,
): Promise<(readonly [Task, Outcome | null])[]> {
  const stopping = new AbortController();
  void untilSignal().then(() => stopping.abort(new Stopped('a signal came')));
  const outcomes = new Map<Task, Outcome | null>();
  await runInLanes(tasks, plan.maxRunning, async (task) => {
    using deadline = new Deadline(realClock, task.query.timeoutMs, stopping.signal);
    const end = await refresh({
      task,
      driver: drivers.driverFor(task.target),
      renderer: createTaskRenderer(task),
      deadline,
      seriesBudget: () => plan.maxSeries,
      mayAsk: () => true,
      onStart: () => {},
      onFault: (fault) => {
        throw fault;
      },
    });
    outcomes.set(task, end.kind === 'stopped' || end.kind === 'skipped' ? null : end);
  });
  return tasks.map((task) => [task, outcomes.get(task) ?? null] as const);
}

/** Reasons and rejections go to standard error, so that the exposition can be piped on. */
function report({ query, target }: Task, outcome: Outcome | null, terminal: Terminal): void {
  if (outcome === null) {
    terminal.complain(`query "${query.name}" on target "${target.name}": stopped`);
    return;
  }
  if (outcome.kind === 'failure') {
    const { reason, message } = outcome.failure;
    terminal.complain(`failed (${reason}): ${message}`);
    return;
  }
  if (outcome.kind === 'not_applicable') {
    terminal.complain(`query "${query.name}" on target "${target.name}": not applicable: ${outcome.why}`);
    return;
  }
  terminal.complain(`query "${query.name}" on target "${target.name}": ${outcome.rows} rows, ${outcome.series} series`);
  for (const rejection of outcome.rejections) terminal.complain(`  ${describeRejections([rejection])}`);
}
