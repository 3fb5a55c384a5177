import type { Clock, Timer } from '../model/clock.ts';
import type { Task } from '../model/plan.ts';
import type { RestoredTask } from '../model/restored-task.ts';
import type { TaskKey } from '../model/words.ts';
import { Agenda } from './agenda.ts';
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

interface Slot {
  readonly task: Task;
  readonly spreadMs: number;
  appointment: Appointment | null;
}

/** Calls when tasks are due, each on its schedule. One timer serves all of them; the decisions are in `schedule`. */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #slots = new Map<TaskKey, Slot>();
  readonly #agendas = { interval: new Agenda<Slot>(), cron: new Agenda<Slot>() };
  #seen: Moment;
  #timer: Timer | null = null;
  #wakeAtMs = Number.POSITIVE_INFINITY;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#seen = this.#look();
  }

  /** Plans the first run of a task. `taskCount`: how many tasks share the time. */
  add(task: Task, restored: RestoredTask | null, taskCount: number): void {
    const slot: Slot = { task, spreadMs: planSpread(task, taskCount), appointment: null };
    this.#slots.set(task.key, slot);
    this.#set(slot, planFirstRun(task.query, this.#look(), restored, this.#delays(slot)));
    this.#options.onPlanned(task.key, this.nextAtMs(task.key));
    this.#arm();
  }

  remove(key: TaskKey): void {
    const slot = this.#slots.get(key);
    if (slot === undefined) return;
    this.#slots.delete(key);
    this.#agendas[slot.task.query.schedule.kind].delete(slot);
  }

  /** By the wall clock. Null: the task does not run again. */
  nextAtMs(key: TaskKey): number | null {
    const slot = this.#slots.get(key);
    if (slot === undefined || slot.appointment === null) return null;
    return toWall(slot, slot.appointment.runMs, this.#look());
  }

  stop(): void {
    for (const key of [...this.#slots.keys()]) this.remove(key);
    if (this.#timer !== null) this.#options.clock.clearTimeout(this.#timer);
    this.#timer = null;
  }

  #wake(): void {
    this.#timer = null;
    this.#noticeSteps();
    const now = this.#look();
    this.#runDue(this.#agendas.interval, now.monotonicMs, now);
    this.#runDue(this.#agendas.cron, now.wallMs, now);
    this.#arm();
  }

  #runDue(agenda: Agenda<Slot>, nowMs: number, now: Moment): void {
    for (let slot = agenda.takeDue(nowMs); slot !== null; slot = agenda.takeDue(nowMs)) {
      const { appointment, task } = slot;
      if (appointment === null) continue;
      const verdict = judge(task.query, appointment, now);
      // Planned first: whoever is told of the run may ask for the next one.
      this.#set(slot, planNextRun(task.query, appointment, now, this.#delays(slot)));
      if (verdict.kind === 'missed') this.#options.onPlanned(task.key, this.nextAtMs(task.key));
      else this.#options.onDue(task.key, toWall(slot, verdict.dueMs, now));
    }
  }

  #noticeSteps(): void {
    const now = this.#look();
    const aheadMs = now.wallMs - this.#seen.wallMs - (now.monotonicMs - this.#seen.monotonicMs);
    this.#seen = now;
    if (aheadMs <= JUMP_MS && aheadMs >= -SETBACK_MS) return;
    for (const slot of this.#slots.values()) {
      const { appointment, task, spreadMs } = slot;
      if (appointment === null) continue;
      const planned =
        aheadMs > 0
          ? planAfterJump(task.query, appointment, now, aheadMs, spreadMs)
          : planAfterSetback(task.query, appointment, now, this.#delays(slot));
      if (planned !== appointment) this.#set(slot, planned);
      this.#options.onPlanned(task.key, this.nextAtMs(task.key));
    }
  }

  #set(slot: Slot, appointment: Appointment | null): void {
    slot.appointment = appointment;
    const agenda = this.#agendas[slot.task.query.schedule.kind];
    if (appointment === null) agenda.delete(slot);
    else agenda.set(slot, appointment.runMs);
  }

  #arm(): void {
    const { clock } = this.#options;
    const now = this.#look();
    const idleMs = Math.min(
      this.#agendas.interval.nextMs - now.monotonicMs,
      this.#agendas.cron.nextMs - now.wallMs,
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

  #delays(slot: Slot): { readonly spreadMs: number; readonly jitterMs: number } {
    return { spreadMs: slot.spreadMs, jitterMs: Math.floor(this.#options.random() * slot.task.query.jitterMs) };
  }

  #look(): Moment {
    return { wallMs: this.#options.clock.now(), monotonicMs: this.#options.clock.monotonic() };
  }
}

function toWall(slot: Slot, atMs: number, now: Moment): number {
  return Math.round(atMs - readingFor(slot.task.query.schedule, now) + now.wallMs);
}
