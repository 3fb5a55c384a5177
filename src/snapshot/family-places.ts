import type { SampleFamily } from '../metrics/families.ts';
import type { Plan } from '../model/plan.ts';
import type { MetricName } from '../model/words.ts';
import type { FamilyPlace } from './layout.ts';
import type { OwnFamilies } from './own-families.ts';

/** Where the parts of every family stand on the page: those of tasks in the order of the plan. */
export function placesOf(plan: Plan, families: readonly SampleFamily[], own: OwnFamilies): readonly FamilyPlace[] {
  const feeding = new Map<MetricName, string[]>(plan.families.map(({ name }) => [name, []]));
  for (const task of plan.tasks) for (const { family } of task.metrics) feeding.get(family)?.push(task.key);
  return families.map((family) => {
    const keys = feeding.get(family.name);
    return keys === undefined ? own.placeOf(family, plan) : { family, scope: 'task', keys, narrow: null };
  });
}
