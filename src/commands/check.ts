import { loadConfig } from '../config/load.ts';
import { planBeyondLimits } from '../exporter/plan-limits.ts';
import { formatDuration } from '../language/duration.ts';
import { readHostZone } from '../language/zone.ts';
import type { Plan, Query, Task, When } from '../model/plan.ts';
import { readProcessLimits } from '../model/process-limits.ts';
import { upcomingRuns } from '../refresh/upcoming.ts';
import { describeTargets } from './check-connect.ts';
import type { Command } from './command.ts';

const RUNS_SHOWN = 3;
/** Of more metrics or targets than this, only the first ones are named. */
const MOST_NAMES = 10;
const NAMES_SHOWN = 5;

/** Validates the configuration and prints what it plans; on demand also what there is on its targets. */
export const check: Command = async (args, terminal) => {
  const nowMs = Date.now();
  const sources = { paths: args.configPaths, env: terminal.env, withoutSecrets: args.withoutSecrets };
  const { plan, warnings } = loadConfig(sources, { revision: 1, nowMs });
  const hostZone = readHostZone();
  if (hostZone.problem !== null) terminal.complain(`warning: ${hostZone.problem}`);
  for (const problem of planBeyondLimits(plan, readProcessLimits())) terminal.complain(`warning: ${problem}`);
  for (const warning of warnings) terminal.complain(`warning: ${warning}`);
  // Once per query: a hundred thousand tasks may share a few hundred schedules.
  const inZone = zoneClock();
  const { verbose } = args;
  const tasksOf = groupByQuery(plan.tasks);
  const blocks = plan.queries.flatMap((query) => {
    const tasks = tasksOf.get(query) ?? [];
    const timing = describeTiming(query, { nowMs, hostZone: hostZone.name, inZone, verbose });
    const groups = verbose ? tasks.map((task) => [task]) : [tasks];
    return groups.flatMap((group) => describe(group, timing));
  });
  terminal.print([summary(plan), ...blocks].join('\n\n'));
  return args.connect && !(await describeTargets(plan, terminal)) ? 1 : 0;
};

function groupByQuery(tasks: readonly Task[]): ReadonlyMap<Query, readonly Task[]> {
  const groups = new Map<Query, Task[]>();
  for (const task of tasks) {
    const group = groups.get(task.query);
    if (group === undefined) groups.set(task.query, [task]);
    else group.push(task);
  }
  return groups;
}

function summary({ queries, targets, tasks, families }: Plan): string {
  const counted = (count: number, word: string, plural = `${word}s`) => `${count} ${count === 1 ? word : plural}`;
  return [
    `The configuration is right: ${counted(queries.length, 'query', 'queries')} on ${counted(targets.length, 'target')},`,
    `that is ${counted(tasks.length, 'task')} (a query on a target) for ${counted(families.length, 'metric')}.`,
  ].join(' ');
}

/** One query on some of its targets, which differ in nothing that is said here. */
function describe(tasks: readonly Task[], timing: string): readonly string[] {
  const [first] = tasks;
  if (first === undefined) return [];
  const { query, metrics } = first;
  const lines = [
    `${query.name} on ${listed(
      tasks.map(({ target }) => target.name),
      ' targets',
    )}`,
    ...(query.description === null ? [] : [`  about     ${query.description}`]),
    `  metrics   ${listed(metrics.map(({ family }) => family))}`,
    ...(query.when === null ? [] : [`  when      ${describeWhen(query.when)}`]),
    ...(query.needs === null ? [] : [`  needs     ${query.needs}`]),
    timing,
  ];
  return [lines.join('\n')];
}

/** A few as they are; of hundreds, how many and what they look like. */
function listed(names: readonly string[], what = ''): string {
  if (names.length <= MOST_NAMES) return names.join(', ');
  return `${names.length}${what}: ${names.slice(0, NAMES_SHOWN).join(', ')}, …`;
}

function describeWhen({ role, version, sql }: When): string {
  const parts = [
    role && `role is ${role}`,
    version && `version is ${version.text}`,
    sql && 'its sql gives a number other than 0',
  ];
  return parts.filter((part) => part !== null).join(', and ');
}

interface Clocks {
  readonly nowMs: number;
  readonly hostZone: string;
  readonly inZone: ReturnType<typeof zoneClock>;
  readonly verbose: boolean;
}

/** The next runs of an interval say nothing new, unless everything is wanted. */
function describeTiming(query: Query, { nowMs, hostZone, inZone, verbose }: Clocks): string {
  const { schedule, maxAgeMs } = query;
  const isCron = schedule.kind === 'cron';
  const zone = (isCron ? schedule.timezone : null) ?? hostZone;
  const jitter = query.jitterMs > 0 ? `, plus up to ${formatDuration(query.jitterMs)}` : '';
  const period = isCron
    ? `cron "${schedule.expression}", at most ${formatDuration(query.periodMs)} apart${jitter}, zone ${zone}`
    : `every ${formatDuration(schedule.everyMs)}${jitter}`;
  const ageing = maxAgeMs === null ? 'samples stay' : `samples leave after ${formatDuration(maxAgeMs)}`;
  const runs = () => upcomingRuns(query, nowMs, RUNS_SHOWN).map((atMs) => inZone(atMs, zone));
  return [
    `  schedule  ${period}${query.runOnStart ? ', at start too' : ''}`,
    `  timeout   ${formatDuration(query.timeoutMs)}, ${ageing}`,
    ...(isCron || verbose ? [`  next      ${runs().join(', ')}`] : []),
  ].join('\n');
}

/** Writes times as `2026-11-22 16:30:00` by the clocks of a zone. A format takes far longer to make than to use. */
function zoneClock(): (atMs: number, timeZone: string) => string {
  const formats = new Map<string, Intl.DateTimeFormat>();
  return (atMs, timeZone) => {
    const format =
      formats.get(timeZone) ?? new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
    formats.set(timeZone, format);
    return format.format(atMs);
  };
}
