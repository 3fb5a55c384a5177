// biome-ignore assist/source/organizeImports: what is counted is imported after it
import { countSteps } from '../support/count-steps.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedTasksOf } from '../../src/fleet/shared-plan.ts';
import type { Plan } from '../../src/model/plan.ts';
import type { QueryName, TargetName } from '../../src/model/words.ts';
import { planOf, taskOf } from '../refresh/plans.ts';

/** Two tasks on each target; every fourth target is not shared. */
function aFleetPlan(targets: number): Plan {
  return planOf(
    Array.from({ length: 2 * targets }, (_, i) => {
      const name = `db${i % targets}` as TargetName;
      return taskOf({ query: { name: `q${i}` as QueryName }, target: { name, shared: i % 4 !== 0 } });
    }),
  );
}

/** The work of the step that costs the most, and how many there are. */
function measure(plan: Plan): { readonly most: number; readonly steps: number } {
  const parts = sharedTasksOf(plan);
  let most = 0;
  let steps = 0;
  for (let isDone = false; !isDone; steps++) {
    const work = countSteps(() => {
      isDone = parts.next().done === true;
    });
    most = Math.max(most, work);
  }
  return { most, steps };
}

test('a fleet is told a plan in steps, each as much work among 8,000 tasks as among 1,000', () => {
  const few = measure(aFleetPlan(500));
  const many = measure(aFleetPlan(4_000));
  assert.ok(many.steps > 4 * few.steps, `${many.steps} steps instead of ${few.steps}`);
  assert.ok(many.most < few.most * 1.5, `${many.most} in a step instead of ${few.most}`);
});

test('a fleet is told every server and task that is shared, and no other', () => {
  const plan = aFleetPlan(1_000);
  const parts = [...sharedTasksOf(plan)];
  const shared = plan.tasks.filter(({ target }) => target.shared);
  assert.deepEqual(
    parts.flatMap(({ tasks }) => tasks.map(({ key }) => key)),
    shared.map(({ key }) => key),
  );
  const servers = new Set(parts.flatMap(({ tasks }) => tasks.map(({ server }) => server)));
  assert.deepEqual(new Set(parts.flatMap((part) => part.servers)), servers);
  assert.equal(servers.size, 750);
});
