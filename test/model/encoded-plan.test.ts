import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodePlan, encodeDifference, encodePlan } from '../../src/model/encoded-plan.ts';
import type { Plan, Task } from '../../src/model/plan.ts';
import { finish } from '../../src/model/steps.ts';
import { aPlan, aQuery, aTarget, aTask } from '../snapshot/fixtures.ts';

/** Any plan of a few queries and targets in any order; some are written in two ways. */
const plans = fc
  .record({
    queries: fc.shuffledSubarray(['a', 'b', 'c', 'd'], { minLength: 1 }),
    targets: fc.shuffledSubarray(['east', 'west', 'south'], { minLength: 1 }),
    changed: fc.subarray(['a', 'east', 'a@west']),
    revision: fc.nat(9),
  })
  .map(({ queries, targets, changed, revision }): Plan => {
    const all = targets.map((name) => aTarget(name, changed.includes(name) ? { maxConnections: 9 } : {}));
    const tasks = queries.flatMap((name) => {
      const query = aQuery(name, changed.includes(name) ? { description: 'Changed.' } : {});
      return all.map((target) => {
        const print = changed.includes(`${name}@${target.name}`) ? 'changed' : 'same';
        return aTask(query, target, [name], { samplesFingerprint: print });
      });
    });
    return aPlan(tasks, { revision });
  });

test('a plan comes back from its bytes as it was, each target and query once', () => {
  fc.assert(
    fc.property(plans, (plan) => {
      const decoded = finish(decodePlan(encodePlan(plan)));
      assert.deepEqual(decoded, plan);
      for (const { query, target } of decoded.tasks) {
        assert.ok(decoded.queries.includes(query) && decoded.targets.includes(target));
      }
    }),
  );
});

test('whoever has a plan gets another one from the difference, and what is the same stays the same object', () => {
  fc.assert(
    fc.property(plans, plans, (before, after) => {
      const decoded = finish(decodePlan(encodeDifference(before, after), before));
      assert.deepEqual(decoded, after);
      const isSame = (task: Task) => before.tasks.some((old) => JSON.stringify(old) === JSON.stringify(task));
      for (const task of decoded.tasks) assert.equal(before.tasks.includes(task), isSame(task));
    }),
  );
});

test('what did not change costs no bytes', () => {
  const east = aTarget('east');
  const plan = (tasks: number) => aPlan(Array.from({ length: tasks }, (_, i) => aTask(aQuery(`q${i}`), east, ['m'])));
  const sizes = [10, 1_000].map((tasks) => encodeDifference(plan(tasks), { ...plan(tasks), revision: 2 }).byteLength);
  // A number is longer by a byte where it is larger.
  assert.ok((sizes[1] ?? 0) - (sizes[0] ?? 0) < 8, sizes.join(' and '));
});
