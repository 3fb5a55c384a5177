import type { Plan, Task } from '../model/plan.ts';
import { chunksOf, type Steps } from '../model/steps.ts';
import type { TaskKey } from '../model/words.ts';
import { excludeEachOther } from '../sql/applies.ts';
import type { Entry } from './entry.ts';
import { afterRival } from './task-record.ts';
import type { TaskTable } from './task-table.ts';

/**
 * Tasks that may give the same series, but never at one time: on one target, for one family, with a `when` that excludes
 * the other's. When a server changes its role, the one that now applies may run before the other has found out that it
 * does not; no page shows a series twice meanwhile.
 */
export class Rivals {
  readonly #tasks: TaskTable;
  #keys: ReadonlyMap<TaskKey, ReadonlySet<TaskKey>> = new Map();

  constructor(tasks: TaskTable) {
    this.#tasks = tasks;
  }

  *replacePlan(plan: Plan): Steps {
    this.#keys = yield* rivalsOf(plan);
  }

  /** The task applies now: its rivals hold no samples from here on. */
  drop({ key, query }: Task): void {
    for (const entry of this.#holdersBeside(key)) {
      this.#tasks.setWithParts({ ...entry, record: afterRival(entry.record, query.name), outdated: false }, []);
    }
  }

  /** Makes room for samples that were saved. False where a rival holds newer ones, which stay. */
  giveWayTo({ task, record }: Entry): boolean {
    const { renewedAtMs } = record;
    if (this.#holdersBeside(task.key).some((rival) => (rival.record.renewedAtMs ?? 0) >= (renewedAtMs ?? 0)))
      return false;
    this.drop(task);
    return true;
  }

  #holdersBeside(key: TaskKey): readonly Entry[] {
    const entries = [...(this.#keys.get(key) ?? [])].flatMap((rival) => this.#tasks.get(rival) ?? []);
    return entries.filter(({ series }) => series > 0);
  }
}

function* rivalsOf({ tasks }: Plan): Steps<ReadonlyMap<TaskKey, ReadonlySet<TaskKey>>> {
  const byPlace = new Map<string, Task[]>();
  for (const chunk of chunksOf(tasks)) {
    for (const task of chunk) if (task.query.when !== null) addTo(byPlace, task);
    yield;
  }
  const rivals = new Map<TaskKey, Set<TaskKey>>();
  for (const places of chunksOf(byPlace.values())) {
    for (const siblings of places) for (const task of siblings) addRivals(rivals, task, siblings);
    yield;
  }
  return rivals;
}

function addTo(byPlace: Map<string, Task[]>, task: Task): void {
  for (const { family } of task.metrics) {
    const place = `${family} ${task.target.name}`;
    const siblings = byPlace.get(place);
    if (siblings === undefined) byPlace.set(place, [task]);
    else siblings.push(task);
  }
}

function addRivals(rivals: Map<TaskKey, Set<TaskKey>>, { key, query }: Task, siblings: readonly Task[]): void {
  const excluded = siblings.filter((sibling) => excludeEachOther(sibling.query.when, query.when));
  if (excluded.length === 0) return;
  const known = rivals.get(key) ?? new Set();
  for (const rival of excluded) known.add(rival.key);
  rivals.set(key, known);
}
