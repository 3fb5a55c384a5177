import type { Clock, Timer } from '../model/clock.ts';
import type { KnownTask } from '../model/known-task.ts';
import type { Task } from '../model/plan.ts';
import type { TaskKey } from '../model/words.ts';
import {
  type Appointment,
  judge,
  type Moment,
  planAfterJump,
  planAfterSetback,
  planFirstRun,
  planNextRun,
  planSpread,
  readingFor,
} from './schedule.ts';
import { TimerHeap } from './timer-heap.ts';

export interface SchedulerOptions {
  readonly clock: Clock;
  /** Like `Math.random`. */
  readonly random: () => number;
  /** A task is due; `dueAtMs` is of the wall clock, without spread and jitter. */
  readonly onDue: (task: TaskKey, dueAtMs: number) => void;
  /** The next run is another one, and no run was due. */
  readonly onPlanned: (task: TaskKey, nextAtMs: number | null) => void;
}

/** Often enough to notice soon that the clock was set or the host was asleep; seldom enough to cost nothing. */
const LOOK_EVERY_MS = 10_000;
/** Clocks are trimmed by less than this at a time. */
const JUMP_MS = 5_000;
const SETBACK_MS = 100;

interface ScheduledTask {
  readonly task: Task;
  readonly spreadMs: number;
  appointment: Appointment | null;
}

/** Calls when tasks are due, each on its schedule. One timer serves all of them; the decisions are in `schedule`. */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #tasks = new Map<TaskKey, ScheduledTask>();
  readonly #heaps = { interval: new TimerHeap<ScheduledTask>(), cron: new TimerHeap<ScheduledTask>() };
  #seen: Moment;
  #timer: Timer | null = null;
  #wakeAtMs = Number.POSITIVE_INFINITY;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#seen = this.#look();
  }

  /** Plans the first run of a task. `taskCount`: how many tasks share the time. */
  add(task: Task, restored: KnownTask | null, taskCount: number): void {
    const scheduled: ScheduledTask = { task, spreadMs: planSpread(task, taskCount), appointment: null };
    this.#tasks.set(task.key, scheduled);
    this.#set(scheduled, planFirstRun(task.query, this.#look(), restored, this.#delays(scheduled)));
    this.#options.onPlanned(task.key, this.nextAtMs(task.key));
    this.#arm();
  }

  remove(key: TaskKey): void {
    const scheduled = this.#tasks.get(key);
    if (scheduled === undefined) return;
    this.#tasks.delete(key);
    this.#heaps[scheduled.task.query.schedule.kind].delete(scheduled);
  }

  /** By the wall clock. Null: the task does not run again. */
  nextAtMs(key: TaskKey): number | null {
    const scheduled = this.#tasks.get(key);
    if (scheduled === undefined || scheduled.appointment === null) return null;
    return toWall(scheduled, scheduled.appointment.runMs, this.#look());
  }

  stop(): void {
    for (const key of [...this.#tasks.keys()]) this.remove(key);
    if (this.#timer !== null) this.#options.clock.clearTimeout(this.#timer);
    this.#timer = null;
  }

  #wake(): void {
    this.#timer = null;
    this.#noticeSteps();
    const now = this.#look();
    this.#runDue(this.#heaps.interval, now.monotonicMs, now);
    this.#runDue(this.#heaps.cron, now.wallMs, now);
    this.#arm();
  }

  #runDue(heap: TimerHeap<ScheduledTask>, nowMs: number, now: Moment): void {
    for (let scheduled = heap.takeDue(nowMs); scheduled !== null; scheduled = heap.takeDue(nowMs)) {
      const { appointment, task } = scheduled;
      if (appointment === null) continue;
      const verdict = judge(task.query, appointment, now);
      // Planned first: whoever is told of the run may ask for the next one.
      this.#set(scheduled, planNextRun(task.query, appointment, now, this.#delays(scheduled)));
      if (verdict.kind === 'missed') this.#options.onPlanned(task.key, this.nextAtMs(task.key));
      else this.#options.onDue(task.key, toWall(scheduled, verdict.dueMs, now));
    }
  }

  #noticeSteps(): void {
    const now = this.#look();
    const aheadMs = now.wallMs - this.#seen.wallMs - (now.monotonicMs - this.#seen.monotonicMs);
    this.#seen = now;
    if (aheadMs <= JUMP_MS && aheadMs >= -SETBACK_MS) return;
    for (const scheduled of this.#tasks.values()) {
      const { appointment, task, spreadMs } = scheduled;
      if (appointment === null) continue;
      const planned =
        aheadMs > 0
          ? planAfterJump(task.query, appointment, now, aheadMs, spreadMs)
          : planAfterSetback(task.query, appointment, now, this.#delays(scheduled));
      if (planned !== appointment) this.#set(scheduled, planned);
      this.#options.onPlanned(task.key, this.nextAtMs(task.key));
    }
  }

  #set(scheduled: ScheduledTask, appointment: Appointment | null): void {
    scheduled.appointment = appointment;
    const heap = this.#heaps[scheduled.task.query.schedule.kind];
    if (appointment === null) heap.delete(scheduled);
    else heap.set(scheduled, appointment.runMs);
  }

  #arm(): void {
    const { clock } = this.#options;
    const now = this.#look();
    const idleMs = Math.min(
      this.#heaps.interval.nextMs - now.monotonicMs,
      this.#heaps.cron.nextMs - now.wallMs,
      LOOK_EVERY_MS,
    );
    // Rounded up: a timer that fires within the last millisecond would only be set again.
    const delayMs = Math.max(0, Math.ceil(idleMs));
    const wakeAtMs = now.monotonicMs + delayMs;
    if (this.#timer !== null) {
      if (wakeAtMs >= this.#wakeAtMs) return;
      clock.clearTimeout(this.#timer);
    }
    this.#wakeAtMs = wakeAtMs;
    this.#timer = clock.setTimeout(() => this.#wake(), delayMs);
  }

  #delays(scheduled: ScheduledTask): { readonly spreadMs: number; readonly jitterMs: number } {
    return {
      spreadMs: scheduled.spreadMs,
      jitterMs: Math.floor(this.#options.random() * scheduled.task.query.jitterMs),
    };
  }

  #look(): Moment {
    return { wallMs: this.#options.clock.now(), monotonicMs: this.#options.clock.monotonic() };
  }
}

function toWall(scheduled: ScheduledTask, atMs: number, now: Moment): number {
  return Math.round(atMs - readingFor(scheduled.task.query.schedule, now) + now.wallMs);
}
