import type { SampleFamily } from '../metrics/families.ts';
import type { Plan, Task } from '../model/plan.ts';
import { chunksOf, type Steps } from '../model/steps.ts';
import type { MetricName } from '../model/words.ts';
import type { FamilyPlace } from './layout.ts';
import type { OwnFamilies } from './own-families.ts';

/** Where the parts of every family stand on the page. `ordered`: the tasks of the plan as they stand there. */
export function* placesOf(
  plan: Plan,
  ordered: readonly Task[],
  families: readonly SampleFamily[],
  own: OwnFamilies,
): Steps<readonly FamilyPlace[]> {
  const feeding = new Map<MetricName, string[]>();
  for (const chunk of chunksOf(plan.families)) {
    for (const { name } of chunk) feeding.set(name, []);
    yield;
  }
  for (const tasks of chunksOf(ordered)) {
    for (const task of tasks) for (const { family } of task.metrics) feeding.get(family)?.push(task.key);
    yield;
  }
  const places: FamilyPlace[] = [];
  for (const chunk of chunksOf(families)) {
    for (const family of chunk) {
      const keys = feeding.get(family.name);
      places.push(keys === undefined ? own.placeOf(family, plan) : { family, scope: 'task', keys, narrow: null });
    }
    yield;
  }
  return places;
}
