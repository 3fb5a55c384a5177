import { nextCronRun } from '../language/cron.ts';
import type { Query } from '../model/plan.ts';

/** When a query would run if the exporter were started now, without spread and jitter: at most `count` times. */
export function upcomingRuns({ schedule, runOnStart }: Query, nowMs: number, count: number): readonly number[] {
  const runs: number[] = runOnStart ? [nowMs] : [];
  let lastMs: number | null = nowMs;
  while (runs.length < count) {
    lastMs =
      schedule.kind === 'interval'
        ? lastMs + schedule.everyMs
        : nextCronRun(schedule.expression, schedule.timezone, lastMs);
    if (lastMs === null) break;
    runs.push(lastMs);
  }
  return runs;
}
