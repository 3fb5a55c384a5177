import { checkCron, cronPeriodMs } from '../language/cron.ts';
import { formatDuration } from '../language/duration.ts';
import { checkTimezone } from '../language/zone.ts';
import type { Query, Schedule } from '../model/plan.ts';
import type { Context } from './context.ts';
import type { Path } from './path.ts';
import type { QueryOptions } from './query-schema.ts';

const DEFAULT_INTERVAL_MS = 15_000;
const LONGEST_DEFAULT_CATCH_UP_MS = 3_600_000;
const PART_OF_PERIOD = 10;

/** When a query runs. */
export type Timing = Pick<Query, 'schedule' | 'periodMs' | 'jitterMs' | 'runOnStart' | 'catchUpMs'>;

/** The timing of the query at `path`. Null: what is wrong with it was said. */
export function planSchedule(path: Path, own: QueryOptions, defaults: QueryOptions, context: Context): Timing | null {
  const { document } = context;
  if (document.has([...path, 'interval']) && document.has([...path, 'schedule'])) {
    document.refuseKey([...path, 'schedule'], 'excludes "interval"');
    if (own.schedule !== undefined) planCron([...path, 'schedule'], own.schedule, path, own, defaults, context);
    return null;
  }
  const hasOwn = document.has([...path, 'interval']) || document.has([...path, 'schedule']);
  const origin = hasOwn ? path : ['defaults'];
  const { interval, schedule: expression } = hasOwn ? own : defaults;
  if (document.isWrong([...origin, 'interval']) || document.isWrong([...origin, 'schedule'])) return null;
  if (expression === undefined) refuseCronOptions(path, context);
  const schedule: Schedule | null =
    expression === undefined
      ? { kind: 'interval', everyMs: interval ?? DEFAULT_INTERVAL_MS }
      : planCron([...origin, 'schedule'], expression, path, own, defaults, context);
  if (schedule === null) return null;
  const periodMs =
    schedule.kind === 'interval'
      ? schedule.everyMs
      : cronPeriodMs(schedule.expression, schedule.timezone, context.nowMs);
  const options = { ...defaults, ...own };
  const jitterMs = options.jitter ?? 0;
  if (jitterMs > periodMs) {
    const jitterPath = [...(own.jitter === undefined ? ['defaults'] : path), 'jitter'];
    document.refuse(jitterPath, `expected at most the period of the query, which is ${formatDuration(periodMs)}`);
  }
  return {
    schedule,
    periodMs,
    jitterMs,
    runOnStart: options.run_on_start ?? schedule.kind === 'interval',
    catchUpMs: options.catch_up ?? Math.min(Math.round(periodMs / PART_OF_PERIOD), LONGEST_DEFAULT_CATCH_UP_MS),
  };
}

/** Checks what no query may come to use. */
export function checkDefaultTiming({ interval, schedule, timezone }: QueryOptions, context: Context): void {
  const { document } = context;
  if (interval !== undefined && document.has(['defaults', 'schedule'])) {
    document.refuseKey(['defaults', 'schedule'], 'excludes "interval"');
  }
  const cronProblem = schedule === undefined ? null : checkCron(schedule);
  if (cronProblem !== null) document.refuse(['defaults', 'schedule'], cronProblem);
  const zoneProblem = timezone === undefined ? null : checkTimezone(timezone);
  if (zoneProblem !== null) document.refuse(['defaults', 'timezone'], zoneProblem);
}

function refuseCronOptions(path: Path, { document }: Context): void {
  for (const key of ['timezone', 'catch_up']) {
    if (document.has([...path, key])) document.refuseKey([...path, key], 'works only with "schedule"');
  }
}

function planCron(
  expressionPath: Path,
  expression: string,
  path: Path,
  own: QueryOptions,
  defaults: QueryOptions,
  context: Context,
): Schedule | null {
  const { document } = context;
  const problem = checkCron(expression);
  if (problem !== null) document.refuse(expressionPath, problem);
  const zoneOrigin = document.has([...path, 'timezone']) ? path : ['defaults'];
  if (document.isWrong([...zoneOrigin, 'timezone'])) return null;
  const timezone = own.timezone ?? defaults.timezone ?? null;
  const zoneProblem = timezone === null ? null : checkTimezone(timezone);
  if (zoneProblem !== null) document.refuse([...zoneOrigin, 'timezone'], zoneProblem);
  return problem === null && zoneProblem === null ? { kind: 'cron', expression, timezone } : null;
}
