import { loadPlan } from '../exporter/load.ts';
import { createRecordLogger } from '../logger.ts';
import { FamilyRegistry } from '../metrics/families.ts';
import { createTaskRenderer } from '../metrics/renderer.ts';
import type { Plan, Task } from '../model/plan.ts';
import type { Outcome } from '../model/update.ts';
import { realClock } from '../refresh/clock.ts';
import { Gate } from '../refresh/gate.ts';
import { refresh } from '../refresh/refresher.ts';
import type { Drivers } from '../sql/driver.ts';
import { createDrivers } from '../sql/drivers.ts';
import { type Arguments, UsageError } from './arguments.ts';
import type { Command } from './run.ts';
import type { Terminal } from './terminal.ts';

/** Runs queries once, as the exporter would, and prints what they would add to the exposition. */
export const testQueries: Command = async (args, terminal) => {
  const { plan } = loadPlan(args.configPaths, terminal.env, { revision: 1, nowMs: Date.now() });
  const tasks = chooseTasks(plan, args);
  const registry = new FamilyRegistry();
  registry.declare(plan.families);

  await using drivers = createDrivers(
    plan.targets,
    createRecordLogger(() => {}),
  );
  const outcomes = await runOnce(plan, tasks, drivers);
  for (const [task, outcome] of outcomes) {
    report(task, outcome, terminal);
    if (outcome.kind === 'result')
      for (const part of outcome.parts) registry.family(part.family)?.replace(task.key, part);
  }
  for (const family of registry.sorted()) {
    if (family.series === 0) continue;
    terminal.stdout.write(family.header);
    for (const part of family.parts.values()) terminal.stdout.write(part.text);
  }
  return outcomes.some(([, outcome]) => outcome.kind === 'failure') ? 1 : 0;
};

function chooseTasks(plan: Plan, { operands, target }: Arguments): readonly Task[] {
  const unknown = operands.find((name) => !plan.queries.some((query) => query.name === name));
  if (unknown !== undefined) throw new UsageError(`no query is called "${unknown}"`);
  if (target !== null && !plan.targets.some(({ name }) => name === target)) {
    throw new UsageError(`no target is called "${target}"`);
  }
  return plan.tasks.filter(
    (task) =>
      (operands.length === 0 || operands.includes(task.query.name)) && (target === null || task.target.name === target),
  );
}

async function runOnce(plan: Plan, tasks: readonly Task[], drivers: Drivers): Promise<(readonly [Task, Outcome])[]> {
  const gate = new Gate();
  gate.setLimits(plan.maxRunning, plan.targets);
  return Promise.all(
    tasks.map(async (task) => {
      const end = await refresh({
        task,
        driver: drivers.driverFor(task.target),
        renderer: createTaskRenderer(task),
        gate,
        clock: realClock,
        controller: new AbortController(),
        seriesBudget: () => plan.maxSeries,
        mayAsk: () => true,
        onStart: () => {},
        onFault: (fault) => {
          throw fault;
        },
      });
      if (end.kind !== 'result' && end.kind !== 'failure') throw new Error(`a test run ended as ${end.kind}`);
      return [task, end] as const;
    }),
  );
}

/** Reasons and rejections go to standard error, so that the exposition can be piped on. */
function report({ query, target }: Task, outcome: Outcome, terminal: Terminal): void {
  if (outcome.kind === 'failure') {
    const { reason, message } = outcome.failure;
    terminal.complain(`failed (${reason}): ${message}`);
    return;
  }
  terminal.complain(`query "${query.name}" on target "${target.name}": ${outcome.rows} rows, ${outcome.series} series`);
  for (const { count, reason, column, example, hint } of outcome.rejections) {
    const advice = hint === '' ? '' : `; ${hint}`;
    terminal.complain(`  ${count} rejected (${reason}) in column "${column}", the first is "${example}"${advice}`);
  }
}
