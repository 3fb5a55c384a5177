import type { FamilyRegistry } from '../metrics/families.ts';
import type { BuildInfo } from '../model/build-info.ts';
import type { SkipReason } from '../model/failure.ts';
import type { FleetStatus } from '../model/fleet-terms.ts';
import type { KnownTask } from '../model/known-task.ts';
import type { Part } from '../model/outcome.ts';
import type { Page } from '../model/page.ts';
import type { Plan, Task } from '../model/plan.ts';
import type { PollerEvent } from '../model/poller-event.ts';
import { OWN_POLLER, type ResultSource } from '../model/result-source.ts';
import type { PollerStatus, Status } from '../model/status.ts';
import { chunksOf, finish, type Steps } from '../model/steps.ts';
import type { TaskDetail } from '../model/task-detail.ts';
import type { KnownResult, RunResult } from '../model/task-result.ts';
import type { TargetName, TaskKey } from '../model/words.ts';
import { AwaitedTasks } from './awaited-tasks.ts';
import { isNews, knownEntry, policiesOf, toKnownResult } from './entry.ts';
import { ExporterState } from './exporter-state.ts';
import type { PageChanges, PageSource } from './exposition.ts';
import { placesOf } from './family-places.ts';
import type { FamilyPlace } from './layout.ts';
import { OwnFamilies } from './own-families.ts';
import { pageOrder } from './page-order.ts';
import { PartBoard } from './part-board.ts';
import { Rivals } from './rivals.ts';
import { readProcess, toStatuses } from './status-view.ts';
import { TargetTable } from './target-table.ts';
import { afterAbort, afterOutcome, afterSkip, afterStart, afterSuspension, type TaskRecord } from './task-record.ts';
import { type TaskChanges, TaskTable } from './task-table.ts';
import { toTaskDetail } from './to-task-detail.ts';

export interface SnapshotOptions {
  readonly plan: Plan;
  readonly buildInfo: BuildInfo;
  readonly startedAtMs: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * The latest samples and times of every task, and the only place that changes them. Every method is synchronous and costs
 * about what it changes. Pages are made of it by the exposition, when the publisher thinks fit.
 */
export class Snapshot implements PageSource {
  readonly #now: () => number;
  readonly #board = new PartBoard();
  readonly #own: OwnFamilies;
  readonly #exporter: ExporterState;
  readonly #tasks: TaskTable;
  readonly #targets = new TargetTable();
  readonly #awaited = new AwaitedTasks();
  #plan: Plan;
  readonly #rivals: Rivals;
  #places: readonly FamilyPlace[] = [];
  #lastLookMs = Number.NEGATIVE_INFINITY;
  #listener: () => void = () => {};

  constructor({ plan, buildInfo, startedAtMs, now }: SnapshotOptions) {
    this.#now = now;
    this.#plan = plan;
    finish(this.#board.declare(plan.families));
    this.#tasks = new TaskTable(this.#board);
    this.#rivals = new Rivals(this.#tasks);
    this.#own = new OwnFamilies(this.#board, buildInfo);
    this.#exporter = new ExporterState(this.#own, { version: buildInfo.version, startedAtMs });
    finish(this.replacePlan(plan));
  }

  /** The one listener is called after every change that a page would show. */
  onChange(listener: () => void): void {
    this.#listener = listener;
  }

  get plan(): Plan {
    return this.#plan;
  }

  get places(): readonly FamilyPlace[] {
    return this.#places;
  }

  task(key: TaskKey): Task | null {
    return this.#tasks.get(key)?.task ?? null;
  }

  /** With the registry of prom-client in which every family is declared. */
  get families(): FamilyRegistry {
    return this.#board.families;
  }

  /** Samples of queries, over all tasks. */
  get heldSeries(): number {
    return this.#tasks.heldSeries;
  }

  /**
   * Takes over a plan as a difference. Tasks whose samples mean the same keep everything; of changed ones the old samples
   * stay until the first new result, where they cannot be mistaken for others; removed ones go. Events may be taken between
   * the steps, but a page that is made there would show some of the old plan and some of the new.
   */
  *replacePlan(plan: Plan): Steps<TaskChanges> {
    const before = this.#plan;
    const changes = yield* this.#tasks.replacePlan(before, plan);
    const ordered = yield* pageOrder(plan.tasks);
    yield* this.#own.replacePlan(before, plan, { ordered, removed: changes.removed });
    for (const target of yield* this.#targets.replacePlan(plan)) this.#own.target(target, null);
    yield* this.#rivals.replacePlan(plan);
    this.#places = yield* placesOf(plan, ordered, this.families.sorted(), this.#own);
    this.#plan = plan;
    this.#listener();
    return changes;
  }

  /** Whether there is something new to be kept: a result that was taken over, or that the first of several runs was not made. */
  take(event: PollerEvent): boolean {
    switch (event.kind) {
      case 'started':
        // No metric shows this, so it is no reason for a page.
        this.#tasks.change(event.task, (record) => afterStart(record, event.atMs));
        return false;
      case 'finished':
        return this.#takeResult(event.result);
      case 'aborted':
        this.#tasks.change(event.task, afterAbort);
        return false;
      case 'skipped':
        return this.#takeSkip(event.task, event.reason);
      case 'planned':
        this.#transition(event.task, (record) => ({ ...record, nextAtMs: event.nextAtMs }));
        return false;
      case 'health':
      case 'facts':
      case 'unconfirmed_stop': {
        const news = this.#targets.take(event);
        if (news === null) return false;
        this.#own.target(event.target, news);
        this.#listener();
        return false;
      }
      case 'lag':
        this.#exporter.pollerLag(event.lagMs);
        this.#listener();
        return false;
      default:
        return event satisfies never;
    }
  }

  /** The task is not run until a reload. Its samples stay for as long as they may. */
  suspend(task: TaskKey): void {
    this.#transition(task, (record) => afterSuspension(record, this.#now()));
  }

  pollerState(state: PollerStatus['state']): void {
    this.#exporter.pollerState(state);
  }

  /** The thread died, and with it every refresh under way. */
  pollerRestarted(): void {
    this.#tasks.abortAll();
    this.#exporter.pollerRestarted();
    this.#listener();
  }

  /** `problems`: why the reload was refused; none after a success. */
  reloaded(atMs: number, problems: readonly string[] = []): void {
    this.#exporter.reloaded(atMs, problems);
    this.#listener();
  }

  /** The latest process metrics. */
  sampledProcess(parts: readonly Part[]): void {
    for (const part of parts) this.#board.write(part.family, '', part);
    this.#listener();
  }

  /**
   * Drops the samples that have become too old. Returns when the next will be; null: none that are held. Cheap when called
   * too early, so it may be called after every change.
   */
  expire(nowMs: number): number | null {
    const wasSetBack = nowMs < this.#lastLookMs;
    this.#lastLookMs = nowMs;
    // Told once, so that no page shows half of it.
    if ((nowMs >= this.#tasks.nextExpiryMs || wasSetBack) && this.#tasks.expire(nowMs)) this.#listener();
    return Number.isFinite(this.#tasks.nextExpiryMs) ? this.#tasks.nextExpiryMs : null;
  }

  /** Takes over what others know, where it means the same, is newer than what is held, and not too old. Returns of which tasks. */
  restore(results: readonly KnownResult[], source: ResultSource): readonly TaskKey[] {
    const taken: TaskKey[] = [];
    const nowMs = this.#now();
    for (const result of results) {
      const entry = this.#tasks.get(result.task);
      if (entry === undefined || !isNews(entry, result, source, nowMs)) continue;
      const restored = knownEntry(entry, result, source, nowMs);
      if (this.heldSeries - entry.series + restored.series > this.#plan.maxSeries) continue;
      if (restored.series > 0 && !this.#rivals.giveWayTo(restored)) continue;
      this.#tasks.setWithParts(restored, restored.series > 0 ? result.outcome.parts : []);
      taken.push(result.task);
    }
    if (taken.length > 0) this.#listener();
    return taken;
  }

  /** Another exporter asks these targets from now on. */
  forgetTargets(targets: readonly TargetName[]): void {
    for (const target of targets) {
      this.#targets.forget(target);
      this.#own.target(target, null);
    }
    if (targets.length > 0) this.#listener();
  }

  fleetChanged(status: FleetStatus): void {
    this.#exporter.fleetChanged(status);
    this.#listener();
  }

  /** What to keep of a task over a restart, and to tell other replicas; null: nothing. */
  result(task: TaskKey): KnownResult | null {
    const entry = this.#tasks.get(task);
    return entry === undefined ? null : toKnownResult(entry, this.#tasks.partsOf(entry.task));
  }

  /** What a poller that starts, or takes over tasks, has to know of those of them that ever ran. Default: of all. */
  known(tasks: Iterable<Task> = this.#plan.tasks): Iterable<KnownTask> {
    return this.#tasks.known(tasks);
  }

  readiness(): ReturnType<AwaitedTasks['look']> {
    return this.#awaited.look(this.#tasks.values(), this.#exporter.status().fleet);
  }

  /** Null: there is no such task. */
  detail(key: TaskKey): TaskDetail | null {
    const entry = this.#tasks.get(key);
    if (entry === undefined) return null;
    return toTaskDetail(entry, this.families, this.#targets, this.#now(), this.#exporter.ownerOf(entry.task.target));
  }

  status(): Status {
    const exporter = this.#exporter.status();
    return {
      nowMs: this.#now(),
      revision: this.#plan.revision,
      ...toStatuses([...this.#tasks.values()], this.#targets, exporter.fleet),
      ...exporter,
      process: readProcess(),
    };
  }

  *takeChanges(): Steps<PageChanges> {
    const changed: TaskKey[] = [];
    for (const entries of chunksOf(this.#tasks.takeDirty())) {
      for (const entry of entries) if (this.#own.task(entry.task, entry)) changed.push(entry.task.key);
      yield;
    }
    yield* this.#own.flush();
    return { parts: this.#board.takeChanges(), tasks: changed };
  }

  measured(series: number, bytes: number): void {
    this.#own.exposition(series, bytes);
  }

  published(page: Page): void {
    this.#exporter.published(page);
  }

  /** False, and nothing changed, for a task that is not there or whose samples mean something else since it was run. */
  #takeResult(result: RunResult): boolean {
    const entry = this.#tasks.get(result.task);
    if (entry === undefined) return false;
    if (!isNews(entry, result, OWN_POLLER, this.#now())) {
      this.#tasks.change(result.task, afterAbort);
      return false;
    }
    const { outcome } = result;
    const { record, samples } = afterOutcome(entry.record, policiesOf(entry), result);
    const parts = outcome.kind === 'result' ? outcome.parts : [];
    if (outcome.kind === 'result') this.#rivals.drop(entry.task);
    if (samples === 'keep') this.#tasks.set({ ...entry, record });
    else this.#tasks.setWithParts({ ...entry, record, outdated: false }, parts);
    this.#listener();
    return true;
  }

  #takeSkip(key: TaskKey, reason: SkipReason): boolean {
    const before = this.#tasks.get(key)?.record.missed;
    this.#transition(key, (record) => afterSkip(record, reason, this.#now()));
    return before !== undefined && before !== this.#tasks.get(key)?.record.missed;
  }

  #transition(key: TaskKey, next: (record: TaskRecord) => TaskRecord): void {
    if (this.#tasks.change(key, next)) this.#listener();
  }
}
