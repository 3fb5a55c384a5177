import { errorParts } from '../metrics/value-part.ts';
import type { KnownTask } from '../model/known-task.ts';
import type { Part } from '../model/outcome.ts';
import type { Family, Plan, Task } from '../model/plan.ts';
import { chunksOf, type Steps } from '../model/steps.ts';
import type { MetricName, TaskKey } from '../model/words.ts';
import { agedEntry, countSeries, type Entry, newEntry, reloadEntry, toKnownTask } from './entry.ts';
import type { PartBoard } from './part-board.ts';
import { type Definitions, keptFamilies } from './task-change.ts';
import { afterAbort, afterReload, expiresAtMs, isUp, type TaskRecord } from './task-record.ts';

/** What of the tasks a new plan made another. */
export interface TaskChanges {
  readonly added: readonly Task[];
  /** Those that cannot go on as they run. */
  readonly changed: readonly Task[];
  readonly removed: readonly Task[];
}

/** Every task of the plan with its entry and its parts, which always agree. */
export class TaskTable {
  readonly #board: PartBoard;
  readonly #entries = new Map<TaskKey, Entry>();
  /** The tasks in the order of the plan. */
  #order: readonly Task[] = [];
  #dirty = new Set<TaskKey>();
  #heldSeries = 0;
  #nextExpiryMs = Number.POSITIVE_INFINITY;
  /**
   * The parts of results that stand behind an `error_value`, which is the same series, while the newest run that was due
   * failed. Null: there is none.
   */
  readonly #covered = new Map<TaskKey, ReadonlyMap<MetricName, Part | null>>();

  constructor(board: PartBoard) {
    this.#board = board;
  }

  /** Samples over all tasks. */
  get heldSeries(): number {
    return this.#heldSeries;
  }

  /** No sample becomes too old before this. */
  get nextExpiryMs(): number {
    return this.#nextExpiryMs;
  }

  get(key: TaskKey): Entry | undefined {
    return this.#entries.get(key);
  }

  /** In the order of the plan. */
  *values(): Generator<Entry> {
    for (const { key } of this.#order) {
      const entry = this.#entries.get(key);
      if (entry !== undefined) yield entry;
    }
  }

  set(entry: Entry): void {
    const { key, query } = entry.task;
    this.#cover(entry);
    this.#heldSeries += entry.series - (this.#entries.get(key)?.series ?? 0);
    this.#entries.set(key, entry);
    this.#dirty.add(key);
    this.#expectExpiry(expiresAtMs(entry.record, query));
  }

  /** Another record and the same samples. False where there is no such task. */
  change(key: TaskKey, next: (record: TaskRecord) => TaskRecord): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    this.set({ ...entry, record: next(entry.record) });
    return true;
  }

  /** No run is under way any more. */
  abortAll(): void {
    for (const { task, record } of this.#entries.values()) {
      if (record.runningSinceMs !== null) this.change(task.key, afterAbort);
    }
  }

  /** The same with other samples: those of the parts, and none in families that are not among them. */
  setWithParts(entry: Entry, parts: readonly Part[]): void {
    this.set({ ...entry, series: countSeries(this.#write(entry.task, parts)) });
  }

  /** Drops the samples that are too old. Whether there were any. */
  expire(nowMs: number): boolean {
    this.#nextExpiryMs = Number.POSITIVE_INFINITY;
    let some = false;
    for (const old of this.#entries.values()) {
      const { entry, isTooOld } = agedEntry(old, nowMs);
      if (isTooOld) this.setWithParts(entry, []);
      else if (entry.record !== old.record) this.set(entry);
      else this.#expectExpiry(expiresAtMs(entry.record, entry.task.query));
      some ||= isTooOld;
    }
    return some;
  }

  partsOf({ key, metrics }: Task): readonly Part[] {
    return this.#read(
      key,
      metrics.map(({ family }) => family),
    );
  }

  /** Of those that ever ran. */
  *known(tasks: Iterable<Task>): Generator<KnownTask> {
    for (const { key } of tasks) {
      const entry = this.#entries.get(key);
      const known = entry === undefined ? null : toKnownTask(entry);
      if (known !== null) yield known;
    }
  }

  /** The entries that were set since this was last asked. */
  *takeDirty(): Generator<Entry> {
    const dirty = this.#dirty;
    this.#dirty = new Set();
    for (const key of dirty) {
      const entry = this.#entries.get(key);
      if (entry !== undefined) yield entry;
    }
  }

  /**
   * Costs what changed, and a look at each task of the two plans. What happens to tasks between the steps is taken over
   * as ever.
   */
  *replacePlan(before: Plan, after: Plan): Steps<TaskChanges> {
    const definitions = { old: yield* byName(before.families), new: yield* byName(after.families) };
    const [added, changed, removed]: [Task[], Task[], Task[]] = [[], [], []];
    const stay = new Set<TaskKey>();
    for (const tasks of chunksOf(after.tasks)) {
      for (const task of tasks) stay.add(task.key);
      yield;
    }
    yield* this.#board.declare(after.families);
    for (const tasks of chunksOf(before.tasks)) {
      for (const task of tasks) if (!stay.has(task.key) && this.#remove(task.key)) removed.push(task);
      yield;
    }
    for (const tasks of chunksOf(after.tasks)) {
      for (const task of tasks) {
        const entry = this.#entries.get(task.key);
        if (entry === undefined) added.push(task);
        else if (entry.task.termsFingerprint !== task.termsFingerprint) changed.push(task);
        if (entry === undefined) this.set(newEntry(task));
        else if (entry.task !== task) this.#change(entry, task, definitions);
        else if (entry.record.suspended) this.change(task.key, afterReload);
      }
      yield;
    }
    this.#order = after.tasks;
    return { added, changed, removed };
  }

  #expectExpiry(atMs: number | null): void {
    if (atMs !== null) this.#nextExpiryMs = Math.min(this.#nextExpiryMs, atMs);
  }

  #change(entry: Entry, task: Task, definitions: { readonly old: Definitions; readonly new: Definitions }): void {
    const families = keptFamilies(entry.task, definitions.old, task, definitions.new);
    const parts = this.#read(task.key, families);
    this.#write(entry.task, []);
    this.setWithParts(reloadEntry(entry, task, parts), parts);
  }

  /** False where it is gone already. */
  #remove(key: TaskKey): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    this.#write(entry.task, []);
    this.#heldSeries -= entry.series;
    return this.#entries.delete(key);
  }

  /** What results brought, whatever stands before it. */
  #read(key: TaskKey, families: Iterable<MetricName>): readonly Part[] {
    const covered = this.#covered.get(key);
    return [...families].flatMap((family) => {
      const part = covered?.get(family);
      return (part === undefined ? this.#board.read(family, key) : part) ?? [];
    });
  }

  /** Puts the values for failures in their places, or gives those back to the results. */
  #cover({ task, record }: Entry): void {
    const { key } = task;
    const isFailing = isUp(record) === false;
    const covered = this.#covered.get(key);
    if (!isFailing && covered !== undefined) {
      this.#covered.delete(key);
      for (const [family, part] of covered) this.#board.write(family, key, part);
    }
    if (!isFailing || covered !== undefined) return;
    const parts = errorParts(task);
    if (parts.length === 0) return;
    this.#covered.set(key, new Map(parts.map(({ family }) => [family, this.#board.read(family, key)])));
    for (const part of parts) this.#board.write(part.family, key, part);
  }

  /** Returns the parts that stand now: those of families that the task feeds. */
  #write({ key, metrics }: Task, parts: readonly Part[]): readonly Part[] {
    this.#covered.delete(key);
    const byFamily = new Map(parts.map((part) => [part.family, part]));
    return metrics.flatMap(({ family }) => {
      const part = byFamily.get(family) ?? null;
      this.#board.write(family, key, part);
      return part ?? [];
    });
  }
}

function* byName(families: readonly Family[]): Steps<Definitions> {
  const definitions = new Map<MetricName, Family>();
  for (const chunk of chunksOf(families)) {
    for (const family of chunk) definitions.set(family.name, family);
    yield;
  }
  return definitions;
}
