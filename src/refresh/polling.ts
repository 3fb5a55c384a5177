import type { Logger } from '../logger.ts';
import type { Clock } from '../model/clock.ts';
import type { ShareChange } from '../model/fleet-terms.ts';
import type { KnownTask } from '../model/known-task.ts';
import { type Plan, serverKeyOf, type Target, type Task } from '../model/plan.ts';
import type { PollerEvent } from '../model/poller-event.ts';
import type { RunAnswer } from '../model/poller-request.ts';
import type { TargetName, TaskKey } from '../model/words.ts';
import type { Drivers } from '../sql/driver.ts';
import { CauseLog } from './cause-log.ts';
import type { Coordinator } from './coordinator.ts';
import type { Debt } from './debt.ts';
import type { OwnLag } from './own-lag.ts';
import { RunLog } from './run-log.ts';
import { Scheduler } from './scheduler.ts';
import { TargetWatch } from './target-watch.ts';
import { type RunnerMeans, type RunnerStart, TaskRunner } from './task-runner.ts';

export interface PollingOptions extends PollingMeans {
  readonly plan: Plan;
  readonly restored: readonly KnownTask[];
  /** Tasks that are not run until the plan is replaced. */
  readonly suspended: readonly TaskKey[];
}

/** What is the same for all plans. */
export interface PollingMeans {
  readonly drivers: Drivers;
  readonly clock: Clock;
  /** Like `Math.random`. */
  readonly random: () => number;
  readonly logger: Logger;
  readonly lag: OwnLag;
  readonly coordinator: Coordinator;
  /** Called synchronously with everything that happens. */
  readonly emit: (event: PollerEvent) => void;
  /** Nothing is under way any more on servers that left the share. */
  readonly onLeft: (servers: readonly string[]) => void;
}

/** What is under way on a server that is given back may take this long to end by itself. */
const DRAIN_MS = 5_000;

/** Between the attempts on targets that a reload may have mended, so that not all of them are looked up and dialled at once. */
const RETRY_SPREAD_MS = 10;

export function startPolling(options: PollingOptions): Polling {
  return new Polling(options);
}

/** Refreshes the tasks of a plan on their schedules until it is stopped. */
export class Polling {
  readonly #options: PollingOptions;
  readonly #scheduler: Scheduler;
  readonly #means: RunnerMeans;
  readonly #series = { max: 0, held: 0 };
  readonly #watches = new Map<TargetName, TargetWatch>();
  /** By server. */
  readonly #causes = new Map<string, CauseLog>();
  readonly #runners = new Map<TaskKey, TaskRunner>();
  /** Of tasks and targets that are gone, while their last run or probe ends. */
  readonly #leaving = new Set<Promise<void>>();
  /** The last runs of tasks that left the share. */
  readonly #draining = new Map<TaskKey, { readonly runner: TaskRunner; readonly ended: Promise<void> }>();
  #plan: Plan;

  constructor(options: PollingOptions) {
    const { clock, random, emit, plan, restored, suspended, lag, coordinator } = options;
    this.#plan = plan;
    this.#options = options;
    this.#scheduler = new Scheduler({
      clock,
      random,
      onDue: (task, dueAtMs) => this.#runners.get(task)?.due(dueAtMs),
      onPlanned: (task, nextAtMs) => emit({ kind: 'planned', task, nextAtMs }),
    });
    this.#means = {
      clock,
      series: this.#series,
      lag,
      coordinator,
      nextAtMs: (task) => this.#scheduler.nextAtMs(task),
      emit,
    };
    this.#takeOver(restored, new Set(suspended));
  }

  /**
   * Takes over a plan as a difference. Tasks whose terms are the same keep their timers and runs in flight, and are not
   * run again. Others end their run in flight: changed ones go on with their schedule where their samples still stand,
   * and begin anew where they do not. The drivers have taken over the plan's targets before, in the same tick.
   *
   * What made a target silent or a task wait may have been mended with the plan, so nothing waits for its time any longer.
   */
  replacePlan(plan: Plan, restored: readonly KnownTask[]): void {
    for (const runner of this.#runners.values()) runner.release();
    this.#plan = plan;
    this.#takeOver(restored, new Set());
    const down = [...this.#watches.values()].filter(({ mayAsk }) => !mayAsk);
    for (const [place, watch] of down.entries()) watch.tryAgain(place * RETRY_SPREAD_MS);
  }

  /**
   * Polls what the coordinator, which has taken over the change before, says is this exporter's now. Runs that were put off
   * are made up for where they may be now. `suspended`: tasks that are not run until the plan is replaced.
   */
  changeShare(
    { taken, released, lost }: ShareChange,
    restored: readonly KnownTask[],
    suspended: readonly TaskKey[],
  ): void {
    this.#drain(new Set(released), DRAIN_MS);
    // Nobody waits for those: their new owner has begun.
    this.#drain(new Set(lost), null);
    if (taken.length > 0) this.#takeOver(restored, new Set(suspended));
    for (const runner of this.#runners.values()) runner.resume();
  }

  acknowledge(task: TaskKey): void {
    this.#runners.get(task)?.acknowledge();
  }

  /** Runs a task now, beside its schedule, unless something speaks against it. */
  run(task: TaskKey): RunAnswer {
    return this.#runners.get(task)?.runNow() ?? 'unknown';
  }

  /** Ends everything in flight and resolves when the drivers have stopped their statements. */
  async stop(): Promise<void> {
    this.#scheduler.stop();
    for (const runner of this.#runners.values()) this.#leave(runner.stop());
    for (const { runner } of this.#draining.values()) this.#leave(runner.stop());
    for (const watch of this.#watches.values()) this.#leave(watch.stop());
    this.#runners.clear();
    this.#watches.clear();
    await Promise.all(this.#leaving);
  }

  #drain(servers: ReadonlySet<string>, limitMs: number | null): void {
    if (servers.size === 0) return;
    const endings = new Map<string, Promise<void>[]>(Array.from(servers, (server) => [server, []]));
    for (const [key, runner] of this.#runners) {
      const ofServer = endings.get(serverKeyOf(runner.task.target));
      if (ofServer === undefined) continue;
      const ended = runner.drain(limitMs).then(() => {
        if (this.#draining.get(key)?.runner === runner) this.#draining.delete(key);
      });
      ofServer.push(ended);
      this.#draining.set(key, { runner, ended });
      this.#runners.delete(key);
      this.#scheduler.remove(key);
    }
    for (const [name, watch] of this.#watches) {
      const ofServer = endings.get(serverKeyOf(watch.driver.target));
      if (ofServer === undefined) continue;
      ofServer.push(watch.stop());
      this.#watches.delete(name);
    }
    for (const [server, all] of endings) this.#leave(Promise.all(all).then(() => this.#letGo(server)));
  }

  /** No connection is left when another exporter opens its own. */
  async #letGo(server: string): Promise<void> {
    const { drivers, coordinator, onLeft } = this.#options;
    const targets = this.#plan.targets.filter((target) => serverKeyOf(target) === server);
    await drivers.close(targets.filter((target) => !coordinator.owns(target)));
    onLeft([server]);
  }

  #takeOver(restored: readonly KnownTask[], suspended: ReadonlySet<TaskKey>): void {
    const plan = this.#ownPart();
    this.#series.max = plan.maxSeries;
    this.#watchTargets(plan.targets);
    const servers = new Set(plan.targets.map(({ server }) => server));
    for (const server of this.#causes.keys()) if (!servers.has(server)) this.#causes.delete(server);

    const wanted = new Map(plan.tasks.map((task) => [task.key, task]));
    const before = new Map<TaskKey, Promise<void>>();
    const debts = new Map<TaskKey, Debt>();
    const renewed = new Set<TaskKey>();
    for (const [key, runner] of this.#runners) {
      const task = wanted.get(key);
      if (task !== undefined && this.#isSame(runner, task)) continue;
      if (task?.samplesFingerprint !== runner.task.samplesFingerprint) renewed.add(key);
      const ended = runner.stop();
      before.set(key, ended);
      if (runner.debt !== null && !renewed.has(key)) debts.set(key, runner.debt);
      this.#leave(ended);
      this.#runners.delete(key);
      this.#scheduler.remove(key);
    }

    const known = new Map(restored.map((entry) => [entry.task, entry]));
    for (const task of plan.tasks) {
      if (this.#runners.has(task.key)) continue;
      const history = renewed.has(task.key) ? null : (known.get(task.key) ?? null);
      const runner = this.#addTask(task, {
        series: history?.series ?? 0,
        lastSuccessAtMs: history?.lastSuccessAtMs ?? null,
        isSuspended: suspended.has(task.key),
        before: before.get(task.key) ?? this.#draining.get(task.key)?.ended ?? Promise.resolve(),
        debt: debts.get(task.key) ?? null,
      });
      // Of all tasks, so that a task keeps its place in the period whoever polls it.
      this.#scheduler.add(task, history, this.#plan.tasks.length);
      runner.settle(false);
    }
  }

  #ownPart(): Plan {
    const { coordinator } = this.#options;
    const targets = this.#plan.targets.filter((target) => coordinator.owns(target));
    if (targets.length === this.#plan.targets.length) return this.#plan;
    return { ...this.#plan, targets, tasks: this.#plan.tasks.filter(({ target }) => coordinator.owns(target)) };
  }

  /** The driver is compared as well: a run cannot outlive the connections that it uses. */
  #isSame(runner: TaskRunner, task: Task): boolean {
    return (
      runner.task.termsFingerprint === task.termsFingerprint && runner.watch === this.#watches.get(task.target.name)
    );
  }

  #addTask(task: Task, start: RunnerStart): TaskRunner {
    const { clock, logger } = this.#options;
    const watch = this.#watches.get(task.target.name);
    if (watch === undefined) throw new Error('the plan has a task without its target');
    const { query, target } = task;
    const own = logger.with({ query: query.name, target: target.name });
    const voice = this.#causesOf(target).voice(`${query.name} on ${target.name}`, own);
    const log = new RunLog(own, voice, () => clock.monotonic());
    const runner = new TaskRunner(task, watch, log, this.#means, start);
    this.#runners.set(task.key, runner);
    return runner;
  }

  /** A target whose driver is another one now is another target, of which nothing is known. */
  #watchTargets(targets: readonly Target[]): void {
    const { drivers, clock, random, logger, lag, emit } = this.#options;
    const wanted = new Map(targets.map((target) => [target.name, drivers.driverFor(target)]));
    for (const [name, watch] of this.#watches) {
      if (wanted.get(name) === watch.driver) continue;
      this.#leave(watch.stop());
      this.#watches.delete(name);
    }
    for (const [name, driver] of wanted) {
      if (this.#watches.has(name)) continue;
      const watch: TargetWatch = new TargetWatch({
        driver,
        clock,
        random,
        log: this.#causesOf(driver.target).voice(name, logger.with({ target: name })),
        lag,
        onHealth: (health) => emit({ kind: 'health', target: name, health }),
        onAnswer: (wasDown) => {
          for (const runner of this.#runners.values()) if (runner.watch === watch) runner.settle(wasDown);
        },
      });
      this.#watches.set(name, watch);
    }
  }

  #causesOf({ server }: Target): CauseLog {
    const { clock, logger } = this.#options;
    const causes = this.#causes.get(server) ?? new CauseLog(logger.with({ server }), clock);
    this.#causes.set(server, causes);
    return causes;
  }

  #leave(ended: Promise<void>): void {
    this.#leaving.add(ended);
    void ended.then(() => this.#leaving.delete(ended));
  }
}
