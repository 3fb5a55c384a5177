import { nextCronRun, previousCronRun } from '../language/cron.ts';
import type { KnownTask } from '../model/known-task.ts';
import type { Query, Schedule, Task } from '../model/plan.ts';
import { turnOf } from '../model/turn.ts';

/*
 * When tasks run, decided by functions of the time alone. An interval follows the monotonic clock, so that a step of the
 * wall clock neither stops nor doubles it; cron follows the wall clock, since that is what its fields speak of.
 */

/** One look at both clocks. */
export interface Moment {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

/** The next run of a task, on the clock that its schedule follows: see {@link readingFor}. */
export interface Appointment {
  /** Up to where the schedule was settled when this was planned. */
  readonly sinceMs: number;
  /** The point of the schedule. Those of an interval stand on one grid from the first run on, so that nothing drifts. */
  readonly dueMs: number;
  /** When the run is to start: spread and jitter are added, which do not move the grid. */
  readonly runMs: number;
}

export type Verdict =
  | { readonly kind: 'run'; readonly dueMs: number }
  /** Too late, even for `catch_up`. */
  | { readonly kind: 'missed' };

/** A busy host may start a run this late; it is late then, not missed. */
const LATE_MS = 1_000;
/** Room for each of the tasks that are due at once; a refresh of a small query takes about as long. */
const SPREAD_PER_TASK_MS = 10;
/**
 * The spread of an interval stays for good, so thousands of tasks must not all fall into a part of their period: they would
 * wait for each other there and leave the rest idle. Who wrote a cron expression expects its runs at its times.
 */
const MAX_SPREAD_MS = { interval: 10_000, cron: 1_000 } as const;
const SHARE_OF_PERIOD = { interval: 1, cron: 0.1 } as const;

export function readingFor(schedule: Schedule, now: Moment): number {
  return schedule.kind === 'cron' ? now.wallMs : now.monotonicMs;
}

/** The constant delay that keeps `taskCount` tasks of equal schedules apart: the same for the same key at every start. */
export function planSpread({ key, query }: Task, taskCount: number): number {
  const { kind } = query.schedule;
  const share = query.periodMs * SHARE_OF_PERIOD[kind];
  const widest = Math.min(MAX_SPREAD_MS[kind], share, taskCount * SPREAD_PER_TASK_MS);
  return Math.floor(turnOf(key) * widest);
}

/** The first run at the start of the program, or when a plan brings the task. Null: it never runs. */
export function planFirstRun(
  query: Query,
  now: Moment,
  restored: KnownTask | null,
  delays: { readonly spreadMs: number; readonly jitterMs: number },
): Appointment | null {
  const nowMs = readingFor(query.schedule, now);
  const startMs = nowMs + delays.spreadMs;
  const atOnce = { sinceMs: nowMs, dueMs: startMs, runMs: startMs + delays.jitterMs };
  if (query.runOnStart && !isYoung(query, restored, now)) return atOnce;

  if (query.schedule.kind === 'cron') {
    const missed = restored !== null && missedCronRun(query, query.schedule, restored.lastRefreshAtMs, now.wallMs);
    return missed ? atOnce : planAfter(query, nowMs, delays);
  }
  const inMs = restored === null ? query.periodMs + delays.spreadMs : restDelay(query, restored, now.wallMs);
  // Its time passed while nobody was there. Many tasks share this fate after a long stop, so they are spread.
  if (inMs <= 0) return atOnce;
  return { sinceMs: nowMs, dueMs: nowMs + inMs, runMs: nowMs + inMs + delays.jitterMs };
}

/** The run after one that was started, skipped or missed. */
export function planNextRun(
  query: Query,
  last: Appointment,
  now: Moment,
  delays: { readonly spreadMs: number; readonly jitterMs: number },
): Appointment | null {
  if (query.schedule.kind === 'cron') return planAfter(query, Math.max(last.dueMs, now.wallMs), delays);
  const { everyMs } = query.schedule;
  const passed = Math.max(0, Math.floor((now.monotonicMs - last.dueMs) / everyMs));
  const dueMs = last.dueMs + (passed + 1) * everyMs;
  return { sinceMs: last.dueMs, dueMs, runMs: dueMs + delays.jitterMs };
}

/** What to do about an appointment whose time has come, perhaps long ago. Of several missed runs the last one counts. */
export function judge(query: Query, appointment: Appointment, now: Moment): Verdict {
  const { schedule } = query;
  const onTime = readingFor(schedule, now) - appointment.runMs <= LATE_MS;
  if (onTime || schedule.kind === 'interval') return { kind: 'run', dueMs: appointment.dueMs };
  const latest = previousCronRun(schedule.expression, schedule.timezone, now.wallMs);
  const dueMs = Math.max(appointment.dueMs, latest ?? 0);
  return isWithinCatchUp(query, dueMs, now.wallMs) ? { kind: 'run', dueMs } : { kind: 'missed' };
}

/** Whether a run that was due at a time of the wall clock may still be made up. Those of an interval always may. */
export function isWithinCatchUp({ schedule, catchUpMs }: Query, dueAtMs: number, nowMs: number): boolean {
  return schedule.kind === 'interval' || nowMs - dueAtMs <= Math.max(catchUpMs, LATE_MS);
}

/**
 * After the wall clock went ahead of the monotonic one by `aheadMs`: the host was asleep, or somebody set the clock,
 * which look alike. Either way the samples are as old as the wall clock says, so an interval whose time would have passed
 * runs at once, and only once.
 */
export function planAfterJump(
  { schedule }: Query,
  appointment: Appointment,
  now: Moment,
  aheadMs: number,
  spreadMs: number,
): Appointment {
  // Cron reads the wall clock anyway.
  if (schedule.kind === 'cron') return appointment;
  const dueMs = appointment.dueMs - aheadMs;
  const runMs = appointment.runMs - aheadMs;
  return { ...appointment, dueMs, runMs: runMs > now.monotonicMs ? runMs : now.monotonicMs + spreadMs };
}

/**
 * After the wall clock was set back. A cron schedule that would wait for the clock to come round again is planned anew
 * from now, where that wait is longer than half of its pause: a schedule of minutes goes on, and a nightly query does
 * not run twice because of an hour.
 */
export function planAfterSetback(
  query: Query,
  appointment: Appointment,
  now: Moment,
  delays: { readonly spreadMs: number; readonly jitterMs: number },
): Appointment | null {
  if (query.schedule.kind === 'interval') return appointment;
  const backMs = appointment.sinceMs - now.wallMs;
  return backMs <= (appointment.dueMs - appointment.sinceMs) / 2 ? appointment : planAfter(query, now.wallMs, delays);
}

function planAfter(
  { schedule, periodMs }: Query,
  sinceMs: number,
  { spreadMs, jitterMs }: { readonly spreadMs: number; readonly jitterMs: number },
): Appointment | null {
  const dueMs =
    schedule.kind === 'cron' ? nextCronRun(schedule.expression, schedule.timezone, sinceMs) : sinceMs + periodMs;
  return dueMs === null ? null : { sinceMs, dueMs, runMs: dueMs + spreadMs + jitterMs };
}

function isYoung({ periodMs }: Query, restored: KnownTask | null, now: Moment): boolean {
  // A success in the future is the work of a clock that was set back: it says nothing about the age.
  return (
    restored !== null && restored.lastSuccessAtMs !== null && Math.abs(now.wallMs - restored.lastSuccessAtMs) < periodMs
  );
}

/** How long until an interval goes on where it was; not more than its period, whatever the clock says. */
function restDelay({ periodMs }: Query, { lastRefreshAtMs, nextAtMs }: KnownTask, nowMs: number): number {
  const next = Math.min(nextAtMs ?? Number.POSITIVE_INFINITY, lastRefreshAtMs + periodMs);
  return Math.min(next - nowMs, periodMs);
}

function missedCronRun(
  query: Query,
  { expression, timezone }: Extract<Schedule, { kind: 'cron' }>,
  sinceMs: number,
  nowMs: number,
): boolean {
  const latest = previousCronRun(expression, timezone, nowMs);
  return latest !== null && latest > sinceMs && isWithinCatchUp(query, latest, nowMs);
}
