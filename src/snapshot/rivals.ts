import type { Plan, Task } from '../model/plan.ts';
import type { TaskKey } from '../model/words.ts';
import { excludeEachOther } from '../sql/applies.ts';

/**
 * For each task those that may give the same series when it does not apply: on the same target, for one family, with a
 * `when` that excludes its own. When a server changes its role, the one that now applies may run before the other has
 * found out that it does not.
 */
export function rivalsOf({ tasks }: Plan): ReadonlyMap<TaskKey, readonly TaskKey[]> {
  const byPlace = new Map<string, Task[]>();
  for (const task of tasks) {
    if (task.query.when === null) continue;
    for (const { family } of task.metrics) {
      const place = `${family} ${task.target.name}`;
      const siblings = byPlace.get(place);
      if (siblings === undefined) byPlace.set(place, [task]);
      else siblings.push(task);
    }
  }
  const rivals = new Map<TaskKey, Set<TaskKey>>();
  for (const siblings of byPlace.values()) {
    for (const task of siblings) {
      const excluded = siblings.filter(({ query }) => excludeEachOther(query.when, task.query.when));
      if (excluded.length === 0) continue;
      const known = rivals.get(task.key) ?? new Set();
      for (const { key } of excluded) known.add(key);
      rivals.set(task.key, known);
    }
  }
  return new Map(Array.from(rivals, ([key, keys]) => [key, [...keys]]));
}
