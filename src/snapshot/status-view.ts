import { formatDuration } from '../language/duration.ts';
import { readOrNull } from '../metrics/process-metrics.ts';
import type { Query, Task } from '../model/plan.ts';
import type { ProcessStatus, TaskStatus } from '../model/status.ts';
import type { Entry } from './entry.ts';
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

/** Whether the first answer of the task is still to be waited for. */
export function isAwaited({ task, record }: Entry): boolean {
  return task.query.runOnStart && !record.settled;
}

export function describeTask({ task: { query, target } }: Entry): string {
  return `query ${JSON.stringify(query.name)} on target ${JSON.stringify(target.name)}`;
}

export function readProcess(): ProcessStatus {
  const memory = readOrNull(() => process.memoryUsage());
  const { user, system } = process.cpuUsage();
  return {
    residentBytes: memory?.rss ?? null,
    heapBytes: memory?.heapUsed ?? null,
    cpuSeconds: (user + system) / 1e6,
  };
}

function describeSchedule({ schedule }: Query): string {
  if (schedule.kind === 'interval') return `every ${formatDuration(schedule.everyMs)}`;
  return `${schedule.expression} (${schedule.timezone ?? 'local time'})`;
}
