import type { Status, TargetStatus, TaskStatus } from '../../model/status.ts';

/** The status as the documented JSON: seconds, snake case. `trusted`: the reader may see what servers said. */
export function toStatusJson(status: Status, trusted: boolean) {
  const { reload, poller, exposition, process } = status;
  return {
    now_timestamp_seconds: seconds(status.nowMs),
    started_timestamp_seconds: seconds(status.startedAtMs),
    version: status.version,
    config: {
      revision: status.revision,
      last_reload_successful: reload.successful,
      last_reload_timestamp_seconds: seconds(reload.lastAtMs),
      last_reload_success_timestamp_seconds: seconds(reload.lastSuccessAtMs),
      problems: trusted ? reload.problems : null,
    },
    poller: { state: poller.state, restarts: poller.restarts },
    exposition: { series: exposition.series, bytes: exposition.bytes, gzip_bytes: exposition.gzipBytes },
    process: {
      resident_bytes: process.residentBytes,
      heap_bytes: process.heapBytes,
      cpu_seconds: process.cpuSeconds,
    },
    targets: status.targets.map(toTargetJson),
    tasks: status.tasks.map((task) => toTaskJson(task, trusted)),
  };
}

function toTargetJson({ name, engine, address, groups, up, checkedAtMs }: TargetStatus) {
  return { name, engine, address, groups, up, checked_timestamp_seconds: seconds(checkedAtMs) };
}

function toTaskJson(task: TaskStatus, trusted: boolean) {
  const failure = task.lastFailure;
  return {
    query: task.query,
    target: task.target,
    groups: task.groups,
    collector: task.collector,
    state: task.state,
    schedule: task.schedule,
    period_seconds: seconds(task.periodMs),
    running_since_timestamp_seconds: seconds(task.runningSinceMs),
    last_refresh_timestamp_seconds: seconds(task.lastRefreshAtMs),
    last_success_timestamp_seconds: seconds(task.lastSuccessAtMs),
    next_refresh_timestamp_seconds: seconds(task.nextAtMs),
    last_duration_seconds: seconds(task.lastDurationMs),
    recent_durations_seconds: task.recentDurationsMs.map(seconds),
    rows: task.rows,
    series: task.series,
    refreshes: task.refreshes,
    failures: task.failures,
    skips: task.skips,
    rejected_samples: task.rejected,
    last_failure:
      failure === null
        ? null
        : {
            timestamp_seconds: seconds(failure.atMs),
            reason: failure.reason,
            errno: failure.errno,
            sql_state: failure.sqlState,
            message: trusted ? failure.message : null,
          },
  };
}

function seconds(ms: number): number;
function seconds(ms: number | null): number | null;
function seconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000;
}
