import { formatDuration } from '../language/duration.ts';
import { readOrNull } from '../metrics/process-metrics.ts';
import type { FleetStatus } from '../model/fleet-terms.ts';
import { type Query, serverKeyOf, type Target } from '../model/plan.ts';
import { loadOf, loadOfServers, type ServerLoad } from '../model/server-load.ts';
import type { ProcessStatus, Status, TargetStatus, TaskState, TaskStatus } from '../model/status.ts';
import type { TargetName } from '../model/words.ts';
import type { Entry } from './entry.ts';
import type { TargetRecord, TargetTable } from './target-table.ts';
import { nextRunAtMs, stateOf } from './task-record.ts';

/** All tasks and targets, as they stand together. */
export function toStatuses(
  entries: readonly Entry[],
  targets: TargetTable,
  fleet: FleetStatus | null,
): Pick<Status, 'tasks' | 'targets'> {
  const ownerOf = ownersIn(fleet);
  const waiting = new Map<TargetName, number>();
  const tasks = entries.map((entry) => {
    const { name } = entry.task.target;
    const state = stateOf(entry.record, targets.isDown(name));
    if (state === 'target_down') waiting.set(name, (waiting.get(name) ?? 0) + 1);
    return toTaskStatus(entry, state, ownerOf(entry.task.target));
  });
  const all = [...targets.entries()];
  const serverLoad = loadOfServers(
    all.map(([target]) => target),
    tasks,
  );
  return {
    tasks,
    targets: all.map(([target, record]) =>
      toTargetStatus(target, record, waiting.get(target.name) ?? 0, serverLoad(target), ownerOf(target)),
    ),
  };
}

/** Who polls a target, by the name that people know. */
export function ownersIn(fleet: FleetStatus | null): (target: Target) => string | null {
  if (fleet === null) return () => null;
  const names = new Map(fleet.members.map(({ id, name }) => [id, name]));
  return (target) => names.get((target.shared ? fleet.owners[serverKeyOf(target)] : fleet.self) ?? '') ?? null;
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

export function toTaskStatus(
  { task: { key, query, target }, record, series }: Entry,
  state: TaskState,
  owner: string | null,
): TaskStatus {
  const { runningSinceMs, lastRefreshAtMs, lastSuccessAtMs, lastDurationMs, recentRuns } = record;
  const { rows, refreshes, failures, skips, rejected, rejections, rejecting, lastFailure } = record;
  const { failingSinceMs, missed, notApplicable } = record;
  const isRun = state !== 'suspended' && state !== 'not_applicable';
  return {
    key,
    query: query.name,
    target: target.name,
    groups: target.groups,
    collector: query.collector,
    state,
    owner,
    schedule: describeSchedule(query),
    periodMs: query.periodMs,
    timeoutMs: query.timeoutMs,
    failingSinceMs,
    missed,
    notApplicable,
    runningSinceMs,
    lastRefreshAtMs,
    lastSuccessAtMs,
    nextAtMs: nextRunAtMs(record),
    lastDurationMs,
    recentRuns,
    load: isRun ? loadOf(recentRuns, query.periodMs) : null,
    rows,
    series,
    refreshes,
    failures,
    skips,
    rejected,
    rejections,
    rejecting,
    lastFailure,
  };
}

function toTargetStatus(
  { name, engine, groups, server }: Target,
  { health, facts, unconfirmedStops }: TargetRecord,
  tasksWaiting: number,
  serverLoad: ServerLoad,
  owner: string | null,
): TargetStatus {
  return { name, engine, address: server, groups, health, tasksWaiting, facts, serverLoad, unconfirmedStops, owner };
}
