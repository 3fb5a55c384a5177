import { createTaskRenderer, type TaskRenderer } from '../metrics/renderer.ts';
import type { Clock } from '../model/clock.ts';
import { Deadline } from '../model/deadline.ts';
import type { Failure, SkipReason } from '../model/failure.ts';
import type { Outcome } from '../model/outcome.ts';
import type { Task } from '../model/plan.ts';
import type { PollerEvent } from '../model/poller-event.ts';
import type { RunAnswer } from '../model/poller-request.ts';
import type { TaskKey } from '../model/words.ts';
import type { Coordinator } from './coordinator.ts';
import { type Debt, owedAfter } from './debt.ts';
import type { OwnLag } from './own-lag.ts';
import { refresh } from './refresher.ts';
import type { RunLog } from './run-log.ts';
import { isWithinCatchUp } from './schedule.ts';
import type { TargetWatch } from './target-watch.ts';

/** What all runners share. */
export interface RunnerMeans {
  readonly clock: Clock;
  /** Samples that may be held, over all tasks, and those that are. */
  readonly series: SeriesCount;
  readonly lag: OwnLag;
  readonly coordinator: Coordinator;
  /** When the schedule next comes round; null: never again. */
  readonly nextAtMs: (task: TaskKey) => number | null;
  readonly emit: (event: PollerEvent) => void;
}

export interface SeriesCount {
  readonly max: number;
  held: number;
}

/** What is known of a task when its runner begins. */
export interface RunnerStart {
  readonly series: number;
  readonly lastSuccessAtMs: number | null;
  readonly isSuspended: boolean;
  /** What must have ended before the first run: the same task on its earlier terms. */
  readonly before: Promise<void>;
  /** What the task owes on its earlier terms. */
  readonly debt: Debt | null;
}

type FailureOutcome = Extract<Outcome, { kind: 'failure' }>;

/** Runs one task: never twice at a time, not while its target is down, and again what could not be done then. */
export class TaskRunner {
  readonly task: Task;
  readonly watch: TargetWatch;
  readonly #means: RunnerMeans;
  readonly #log: RunLog;
  readonly #renderer: TaskRenderer;
  readonly #before: Promise<void>;
  #run: { readonly deadline: Deadline; readonly ended: Promise<void> } | null = null;
  #isUnacknowledged = false;
  #isStopped = false;
  /** Nothing begins any more. */
  #isStopping = false;
  #isSuspended: boolean;
  #debt: Debt | null = null;
  #series: number;
  /** When a result last renewed the samples that are held. */
  #renewedAtMs: number | null;

  constructor(task: Task, watch: TargetWatch, log: RunLog, means: RunnerMeans, start: RunnerStart) {
    this.task = task;
    this.watch = watch;
    this.#log = log;
    this.#means = means;
    this.#renderer = createTaskRenderer(task);
    this.#series = start.series;
    this.#renewedAtMs = start.lastSuccessAtMs;
    this.#isSuspended = start.isSuspended;
    this.#before = start.before;
    this.#debt = start.debt;
    means.series.held += start.series;
  }

  get debt(): Debt | null {
    return this.#debt;
  }

  /** The schedule says so; `dueAtMs` is of the wall clock. */
  due(dueAtMs: number): void {
    if (!this.#mayRun) {
      this.#putOff(dueAtMs);
      return;
    }
    const reason = this.#reasonToSkip();
    if (reason === 'backoff' || reason === 'suspended') this.#owe('unreached', dueAtMs);
    if (reason === null) this.#start(dueAtMs, null);
    else this.#skip(reason);
  }

  /** Somebody says so. A run that may not be is not made up for: whoever asked knows, and may ask again. */
  runNow(): RunAnswer {
    const reason = this.#reasonToSkip();
    if (!this.#mayRun) return 'elsewhere';
    if (reason !== null) return reason === 'overlap' ? 'running' : reason;
    this.#start(this.#means.clock.now(), null);
    return 'started';
  }

  /** Main has taken over the last result. */
  acknowledge(): void {
    this.#isUnacknowledged = false;
    this.#pay();
  }

  /** A reload ends a suspension; the run that was put off for it is made up. */
  release(): void {
    if (!this.#isSuspended) return;
    this.#isSuspended = false;
    this.settle(true);
  }

  /** The target answers: makes up what is owed. */
  settle(wasDown: boolean): void {
    if (this.#debt === null) return;
    // The server was there all the time, so the query itself is too slow.
    this.#debt = this.#debt.kind === 'hung' && !wasDown ? null : { ...this.#debt, isPayable: true };
    this.#pay();
  }

  /** It may run again: makes up what was put off. */
  resume(): void {
    this.#pay();
  }

  /**
   * Begins nothing more. Resolves at the end of what is under way, which is ended after the limit where there is one; its
   * outcome is told.
   */
  async drain(limitMs: number | null): Promise<void> {
    const { clock, series } = this.#means;
    this.#debt = null;
    this.#isStopping = true;
    const run = this.#run;
    const timer = run === null || limitMs === null ? null : clock.setTimeout(() => run.deadline.stop(), limitMs);
    await run?.ended;
    if (timer !== null) clock.clearTimeout(timer);
    series.held -= this.#series;
    this.#log.end();
  }

  /** Ends the run under way, of which nothing more is heard but that it was aborted, and waits for it. */
  async stop(): Promise<void> {
    if (!this.#isStopped) this.#means.series.held -= this.#series;
    this.#isStopped = true;
    this.#log.end();
    this.#run?.deadline.stop();
    await this.#before;
    await this.#run?.ended;
  }

  #reasonToSkip(): 'suspended' | 'overlap' | 'backoff' | null {
    if (this.#isSuspended) return 'suspended';
    if (this.#run !== null || this.#isUnacknowledged) return 'overlap';
    return this.watch.mayAsk ? null : 'backoff';
  }

  get #mayRun(): boolean {
    return !this.#isStopping && this.#means.coordinator.mayRun(this.task.target);
  }

  /** Not for anything that is wrong with the target: it is run as soon as it may be. */
  #putOff(dueAtMs: number): void {
    this.#debt = { kind: 'unreached', dueAtMs, isPayable: true };
  }

  #owe(kind: Debt['kind'], dueAtMs: number): void {
    this.#debt = { kind, dueAtMs, isPayable: false };
  }

  #pay(): void {
    const debt = this.#debt;
    if (debt === null || !debt.isPayable || this.#reasonToSkip() !== null || !this.#mayRun) return;
    this.#debt = null;
    const nowMs = this.#means.clock.now();
    if (isWithinCatchUp(this.task.query, debt.dueAtMs, nowMs)) this.#start(debt.dueAtMs, debt);
  }

  #skip(reason: SkipReason): void {
    this.#forgetAged();
    const { emit, nextAtMs } = this.#means;
    const { key } = this.task;
    emit({ kind: 'skipped', task: key, reason });
    emit({ kind: 'planned', task: key, nextAtMs: nextAtMs(key) });
  }

  #start(dueAtMs: number, repays: Debt | null): void {
    const deadline = new Deadline(this.#means.clock, this.task.query.timeoutMs);
    this.#debt = null;
    this.#run = { deadline, ended: this.#refresh(deadline, dueAtMs, repays) };
  }

  async #refresh(deadline: Deadline, dueAtMs: number, repays: Debt | null): Promise<void> {
    const { clock, series, coordinator, emit } = this.#means;
    const startedAtMs = clock.now();
    const startedMs = clock.monotonic();
    let hasStarted = false;
    await this.#before;
    const end = await refresh({
      task: this.task,
      driver: this.watch.driver,
      renderer: this.#renderer,
      guard: coordinator.guardOf(this.task),
      deadline,
      seriesBudget: () => Math.max(0, series.max - series.held + this.#series),
      mayAsk: () => this.watch.mayAsk && this.#mayRun,
      onStart: (mark) => {
        hasStarted = true;
        emit({ kind: 'started', task: this.task.key, atMs: startedAtMs, mark });
      },
      onFault: (error) => this.#log.fault(error),
    });
    const durationMs = clock.monotonic() - startedMs;
    deadline[Symbol.dispose]();
    this.#run = null;
    if (this.#isStopped || end.kind === 'stopped') {
      if (hasStarted) emit({ kind: 'aborted', task: this.task.key });
      return;
    }
    if (end.kind === 'skipped' && !hasStarted && !this.#mayRun) {
      this.#putOff(dueAtMs);
      return;
    }
    if (end.kind === 'skipped') {
      if (hasStarted) emit({ kind: 'aborted', task: this.task.key });
      if (end.reason === 'backoff') this.#owe('unreached', dueAtMs);
      else this.#log.guarded(end.why);
      this.#skip(end.reason);
      if (hasStarted) this.watch.runAnswered();
      return;
    }
    this.#take(end, durationMs, startedMs);
    if (end.kind === 'failure') this.#weigh(end.failure, startedMs, dueAtMs, repays);
    else this.watch.runAnswered();
  }

  #take(end: Outcome, durationMs: number, startedMs: number): void {
    const { clock, emit, nextAtMs } = this.#means;
    const outcome = end.kind === 'failure' ? this.#explain(end, startedMs) : end;
    const { query, key, samplesFingerprint } = this.task;
    const finishedAtMs = clock.now();
    this.#log.ended(outcome, durationMs, query.sql);
    if (outcome.kind === 'result') {
      if (outcome.rows > 0 || query.onEmpty !== 'keep') {
        this.#renewedAtMs = finishedAtMs;
        this.#hold(outcome.series);
      }
      this.#log.succeeded(outcome);
    } else if (outcome.kind === 'not_applicable') {
      this.#hold(0);
    } else {
      if (query.onError === 'drop') this.#hold(0);
      this.#forgetAged();
      if (outcome === end) this.#log.failed(outcome.failure);
    }
    this.#isUnacknowledged = true;
    const times = { asOfMs: finishedAtMs, durationMs, nextAtMs: nextAtMs(key) };
    emit({ kind: 'finished', result: { task: key, samplesFingerprint, times, outcome } });
  }

  /** The same where nothing but the query or the server is to blame; else the log has said it for all that fail meanwhile. */
  #explain(end: FailureOutcome, startedMs: number): FailureOutcome {
    const failure = this.#means.lag.explain(end.failure, startedMs);
    if (failure === end.failure) return end;
    const { query, target } = this.task;
    this.#means.lag.say({ failed: failure.reason, query: query.name, target: target.name });
    return { ...end, failure };
  }

  #weigh(failure: Failure, startedMs: number, dueAtMs: number, repays: Debt | null): void {
    const owed = owedAfter(failure, repays);
    if (owed !== null) this.#owe(owed, dueAtMs);
    this.watch.runFailed(failure, startedMs);
  }

  /** Samples past `max_age` have left the exposition, so they no longer count. */
  #forgetAged(): void {
    const { maxAgeMs } = this.task.query;
    if (maxAgeMs === null || this.#renewedAtMs === null) return;
    if (this.#means.clock.now() - this.#renewedAtMs > maxAgeMs) this.#hold(0);
  }

  #hold(series: number): void {
    this.#means.series.held += series - this.#series;
    this.#series = series;
  }
}
