import { type Run, runsOf } from '../../model/recent-runs.ts';
import type { TaskDetail } from '../../model/task-detail.ts';
import { seconds, toTaskJson } from '../status/status-json.ts';

/** A task as the documented JSON. `trusted`: the reader may see SQL and what servers said. */
export function toTaskDetailJson({ nowMs, status, query, metrics }: TaskDetail, trusted: boolean) {
  return {
    now_timestamp_seconds: seconds(nowMs),
    ...toTaskJson(status, trusted),
    description: query.description,
    sql: trusted ? query.sql : null,
    needs: query.needs,
    max_age_seconds: seconds(query.maxAgeMs),
    metrics: metrics.map(({ name, type, help, series }) => ({ name, type, help, series })),
    runs: runsOf(status.recentRuns).map(toRunJson),
  };
}

function toRunJson({ finishedAtMs, durationMs, rows, failure }: Run) {
  return {
    timestamp_seconds: seconds(finishedAtMs),
    duration_seconds: seconds(durationMs),
    rows,
    failure_reason: failure,
  };
}
