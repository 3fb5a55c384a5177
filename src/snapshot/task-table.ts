import { errorParts } from '../metrics/value-part.ts';
import type { Plan, Task } from '../model/plan.ts';
import type { Part } from '../model/update.ts';
import type { MetricName, TaskKey } from '../model/words.ts';
import { countSeries, type Entry, newEntry, reloadEntry } from './entry.ts';
import type { PartBoard } from './part-board.ts';
import { keptFamilies } from './task-change.ts';
import { isUp, type TaskRecord } from './task-record.ts';

/** Every task of the plan with its entry and its parts, which always agree. */
export class TaskTable {
  readonly #board: PartBoard;
  #entries = new Map<TaskKey, Entry>();
  #dirty = new Set<TaskKey>();
  #heldSeries = 0;
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

  get(key: TaskKey): Entry | undefined {
    return this.#entries.get(key);
  }

  /** In the order of the plan. */
  values(): readonly Entry[] {
    return [...this.#entries.values()];
  }

  set(entry: Entry): void {
    const { key } = entry.task;
    this.#cover(entry);
    this.#heldSeries += entry.series - (this.#entries.get(key)?.series ?? 0);
    this.#entries.set(key, entry);
    this.#dirty.add(key);
  }

  /** Another record and the same samples. False where there is no such task. */
  change(key: TaskKey, next: (record: TaskRecord) => TaskRecord): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    this.set({ ...entry, record: next(entry.record) });
    return true;
  }

  /** The same with other samples: those of the parts, and none in families that are not among them. */
  setWithParts(entry: Entry, parts: readonly Part[]): void {
    this.set({ ...entry, series: countSeries(this.#write(entry.task, parts)) });
  }

  partsOf({ key, metrics }: Task): readonly Part[] {
    return this.#read(
      key,
      metrics.map(({ family }) => family),
    );
  }

  /** The entries that were set since this was last asked. */
  takeDirty(): readonly Entry[] {
    const dirty = [...this.#dirty].flatMap((key) => this.#entries.get(key) ?? []);
    this.#dirty = new Set();
    return dirty;
  }

  replacePlan(before: Plan, after: Plan): void {
    const old = this.#entries;
    const kept = after.tasks.map((task) => {
      const entry = old.get(task.key);
      const families = entry === undefined ? [] : keptFamilies(before, entry.task, after, task);
      return { task, entry, parts: this.#read(task.key, families) };
    });
    // Everything is taken away and put back, since a family whose definition changed starts without parts.
    for (const { task } of old.values()) this.#write(task, []);
    this.#board.declare(after.families);
    this.#entries = new Map();
    this.#heldSeries = 0;
    for (const { task, entry, parts } of kept) {
      const next = entry === undefined ? newEntry(task) : reloadEntry(entry, task, parts);
      this.setWithParts(next, parts);
    }
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
