import type { FleetStatus } from '../../model/fleet-terms.ts';
import type { Rejection } from '../../model/outcome.ts';
import { durationsOf } from '../../model/recent-runs.ts';
import type { ServerFacts } from '../../model/server-facts.ts';
import type { DatedFailure } from '../../model/standing.ts';
import type { Status, TargetStatus, TaskStatus } from '../../model/status.ts';
import { headlineOf, sentenceOf } from './headline.ts';

/** The status as the documented JSON: seconds, snake case. `trusted`: the reader may see what servers said. */
export function toStatusJson(status: Status, trusted: boolean) {
  const { reload, poller, exposition, process } = status;
  return {
    now_timestamp_seconds: seconds(status.nowMs),
    started_timestamp_seconds: seconds(status.startedAtMs),
    version: status.version,
    headline: sentenceOf(headlineOf(status)),
    config: {
      revision: status.revision,
      last_reload_successful: reload.successful,
      last_reload_timestamp_seconds: seconds(reload.lastAtMs),
      last_reload_success_timestamp_seconds: seconds(reload.lastSuccessAtMs),
      problems: trusted ? reload.problems : null,
    },
    poller: { state: poller.state, restarts: poller.restarts, lag_seconds: seconds(poller.lagMs) },
    exposition: { series: exposition.series, bytes: exposition.bytes, gzip_bytes: exposition.gzipBytes },
    process: {
      resident_bytes: process.residentBytes,
      heap_bytes: process.heapBytes,
      cpu_seconds: process.cpuSeconds,
    },
    fleet: status.fleet === null ? null : toFleetJson(status.fleet),
    targets: status.targets.map((target) => toTargetJson(target, trusted)),
    tasks: status.tasks.map((task) => toTaskJson(task, trusted)),
  };
}

function toFleetJson(fleet: FleetStatus) {
  return {
    name: fleet.name,
    store_up: fleet.isStoreUp,
    store_since_timestamp_seconds: seconds(fleet.storeSinceMs),
    clock_skew_seconds: seconds(fleet.clockSkewMs),
    // This exporter first.
    members: fleet.members.map(({ name, version, configDigest, servers, tasks }) => {
      return { name, version, config_digest: configDigest, servers, tasks };
    }),
  };
}

function toTargetJson(target: TargetStatus, trusted: boolean) {
  const { name, engine, address, groups, health, facts } = target;
  return {
    name,
    engine,
    address,
    groups,
    state: health.standing,
    up: health.standing === 'unknown' ? null : health.standing === 'up',
    checked_timestamp_seconds: seconds(health.checkedAtMs),
    down_since_timestamp_seconds: seconds(health.downSinceMs),
    next_try_timestamp_seconds: seconds(health.nextTryAtMs),
    tasks_waiting: target.tasksWaiting,
    last_failure: toFailureJson(health.lastFailure, trusted),
    server: facts === null ? null : toServerJson(facts, trusted),
    server_load: target.serverLoad.load,
    server_max_connections: target.serverLoad.maxConnections,
    unconfirmed_stops: target.unconfirmedStops,
    owner: target.owner,
  };
}

function toServerJson({ version, role, isSuperuser, missing }: ServerFacts, trusted: boolean) {
  const lacks = Object.entries(missing).map(([protection, why]) => [protection, trusted ? why : null]);
  return { version, role, superuser: isSuperuser, missing_protections: Object.fromEntries(lacks) };
}

function toFailureJson(failure: DatedFailure | null, trusted: boolean) {
  if (failure === null) return null;
  return {
    timestamp_seconds: seconds(failure.atMs),
    reason: failure.reason,
    errno: failure.errno,
    sql_state: failure.sqlState,
    message: trusted ? failure.message : null,
  };
}

function toRejectionJson({ reason, count, family, column, example, hint }: Rejection, trusted: boolean) {
  return { metric: family, column, reason, count, example: trusted ? example : null, hint };
}

export function toTaskJson(task: TaskStatus, trusted: boolean) {
  return {
    query: task.query,
    target: task.target,
    groups: task.groups,
    collector: task.collector,
    state: task.state,
    owner: task.owner,
    failing_since_timestamp_seconds: seconds(task.failingSinceMs),
    missed: task.missed,
    not_applicable: task.notApplicable,
    schedule: task.schedule,
    period_seconds: seconds(task.periodMs),
    timeout_seconds: seconds(task.timeoutMs),
    running_since_timestamp_seconds: seconds(task.runningSinceMs),
    last_refresh_timestamp_seconds: seconds(task.lastRefreshAtMs),
    last_success_timestamp_seconds: seconds(task.lastSuccessAtMs),
    next_refresh_timestamp_seconds: seconds(task.nextAtMs),
    last_duration_seconds: seconds(task.lastDurationMs),
    recent_durations_seconds: durationsOf(task.recentRuns).map((ms) => seconds(ms)),
    load: task.load,
    rows: task.rows,
    series: task.series,
    refreshes: task.refreshes,
    failures: task.failures,
    skips: task.skips,
    rejected_samples: task.rejected,
    rejections: task.rejections.map((rejection) => toRejectionJson(rejection, trusted)),
    rejecting: task.rejecting,
    last_failure: toFailureJson(task.lastFailure, trusted),
  };
}

export function seconds(ms: number): number;
export function seconds(ms: number | null): number | null;
export function seconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000;
}
