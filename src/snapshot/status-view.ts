import { formatDuration } from '../language/duration.ts';
import type { Query, Task } from '../model/plan.ts';
import type { Status, TaskStatus } from '../model/status.ts';
import type { TaskFacts } from './own-families.ts';
import { nextRunAtMs, stateOf } from './task-record.ts';

export function toTaskStatus({ key, query, target }: Task, { record, series }: TaskFacts): TaskStatus {
  const { runningSinceMs, lastRefreshAtMs, lastSuccessAtMs, lastDurationMs, recentDurationsMs } = record;
  const { rows, refreshes, failures, skips, rejected, lastFailure } = record;
  return {
    key,
    query: query.name,
    target: target.name,
    groups: target.groups,
    collector: query.collector,
    state: stateOf(record),
    schedule: describeSchedule(query),
    periodMs: query.periodMs,
    runningSinceMs,
    lastRefreshAtMs,
    lastSuccessAtMs,
    nextAtMs: nextRunAtMs(record),
    lastDurationMs,
    recentDurationsMs,
    rows,
    series,
    refreshes,
    failures,
    skips,
    rejected,
    lastFailure,
  };
}

export function readProcess(): Status['process'] {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return { residentBytes: rss, heapBytes: heapUsed, cpuSeconds: (user + system) / 1e6 };
}

function describeSchedule({ schedule }: Query): string {
  if (schedule.kind === 'interval') return `every ${formatDuration(schedule.everyMs)}`;
  return `${schedule.expression} (${schedule.timezone ?? 'local time'})`;
}
