import { loadPlan } from '../exporter/load.ts';
import { formatDuration } from '../model/duration.ts';
import type { Plan, Task } from '../model/plan.ts';
import { upcomingRuns } from '../refresh/upcoming.ts';
import type { Command } from './run.ts';

const RUNS_SHOWN = 3;

/** Validates the configuration and prints what it plans. */
export const check: Command = async (args, terminal) => {
  const nowMs = Date.now();
  const { plan, warnings } = loadPlan(args.configPaths, terminal.env, { revision: 1, nowMs });
  for (const warning of warnings) terminal.complain(`warning: ${warning}`);
  terminal.print([summary(plan), ...plan.tasks.map((task) => describeTask(task, nowMs))].join('\n\n'));
  return 0;
};

function summary({ queries, targets, tasks, families }: Plan): string {
  const counted = (count: number, word: string, plural = `${word}s`) => `${count} ${count === 1 ? word : plural}`;
  return [
    `The configuration is right: ${counted(queries.length, 'query', 'queries')} on ${counted(targets.length, 'target')}`,
    `make ${counted(tasks.length, 'task')} for ${counted(families.length, 'metric')}.`,
  ].join(' ');
}

function describeTask({ query, target, metrics }: Task, nowMs: number): string {
  const { schedule } = query;
  const zone = schedule.kind === 'cron' ? (schedule.timezone ?? hostZone()) : hostZone();
  const jitter = query.jitterMs > 0 ? `, plus up to ${formatDuration(query.jitterMs)}` : '';
  const period =
    schedule.kind === 'cron'
      ? `cron "${schedule.expression}", at most ${formatDuration(query.periodMs)} apart`
      : `every ${formatDuration(schedule.everyMs)}`;
  return [
    `${query.name} on ${target.name}`,
    `  metrics   ${metrics.map(({ family }) => family).join(', ')}`,
    `  schedule  ${period}${jitter}, zone ${zone}${query.runOnStart ? ', at start too' : ''}`,
    `  timeout   ${formatDuration(query.timeoutMs)}, samples leave after ${query.maxAgeMs === null ? 'no time' : formatDuration(query.maxAgeMs)}`,
    `  next      ${upcomingRuns(query, nowMs, RUNS_SHOWN)
      .map((atMs) => inZone(atMs, zone))
      .join(', ')}`,
  ].join('\n');
}

function hostZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** `2026-11-22 16:30:00`, with the zone's short name. */
function inZone(atMs: number, timeZone: string): string {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    dateStyle: 'short',
    timeStyle: 'medium',
  });
  return format.format(atMs);
}
