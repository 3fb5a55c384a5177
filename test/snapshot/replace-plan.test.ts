import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodePlan, encodeDifference } from '../../src/model/encoded-plan.ts';
import type { Plan, Task } from '../../src/model/plan.ts';
import { finish, ITEMS_PER_STEP, type Steps } from '../../src/model/steps.ts';
import { Exposition } from '../../src/snapshot/exposition.ts';
import { aPlan, aQuery, aResult, aSnapshot, aTarget, aTask, finished, samplesOf, textOf } from './fixtures.ts';

const east = aTarget('east');

function planOf(count: number, revision: number, overrides: Partial<Task> = {}): Plan {
  const query = aQuery('orders');
  const tasks = Array.from({ length: count }, (_, i) => aTask(query, aTarget(`db${i}`), ['orders'], overrides));
  return aPlan(tasks, { revision });
}

/** How often the key of a task is read; whatever is done with a task begins with that. */
function counted(plan: Plan): { readonly plan: Plan; readonly reads: () => number } {
  let reads = 0;
  const tasks = plan.tasks.map(({ key, ...task }) => ({
    ...task,
    get key() {
      reads++;
      return key;
    },
  }));
  const taken = () => {
    const sum = reads;
    reads = 0;
    return sum;
  };
  return { plan: { ...plan, tasks }, reads: taken };
}

/** What the step that costs the most reads, and how many steps there are. */
function measure(steps: Steps<unknown>, reads: () => number): { readonly most: number; readonly steps: number } {
  let most = 0;
  let count = 0;
  for (reads(); !steps.next().done; count++) most = Math.max(most, reads());
  return { most: Math.max(most, reads()), steps: count };
}

for (const [name, overrides] of [
  ['nothing', {}],
  ['every task', { samplesFingerprint: 'changed', termsFingerprint: 'changed' }],
] as const) {
  test(`a step of a reload deals with a few tasks, however many there are, where ${name} changed`, () => {
    for (const tasks of [2_000, 8_000]) {
      const before = planOf(tasks, 1);
      const snapshot = aSnapshot(before);
      const exposition = new Exposition(snapshot);
      exposition.publish();
      const after = finish(decodePlan(encodeDifference(before, planOf(tasks, 2, overrides)), before));
      const { plan, reads } = counted(after);
      const replaced = measure(snapshot.replacePlan(plan), reads);
      assert.ok(replaced.steps >= tasks / ITEMS_PER_STEP, `${replaced.steps} steps for ${tasks} tasks`);
      // A task is looked up, changed and entered in a step, which reads its key several times.
      assert.ok(replaced.most <= 10 * ITEMS_PER_STEP, `${replaced.most} reads in a step`);
      const prepared = measure(exposition.prepare(), reads);
      assert.ok(prepared.most <= 10 * ITEMS_PER_STEP, `${prepared.most} reads in a step of the page`);
      exposition.publish();
      assert.ok(reads() <= 10 * ITEMS_PER_STEP, 'the page itself finds everything done');
    }
  });
}

test('what did not change is not touched: the same entries stand in the same page', () => {
  const before = planOf(500, 1);
  const snapshot = aSnapshot(before);
  const exposition = new Exposition(snapshot);
  for (const task of before.tasks) snapshot.take(finished(task, aResult(task, 1)));
  const old = exposition.publish();
  const after = finish(decodePlan(encodeDifference(before, { ...planOf(500, 2) }), before));
  const changes = finish(snapshot.replacePlan(after));
  assert.deepEqual(changes, { added: [], changed: [], removed: [] });
  assert.equal(textOf(exposition.publish().identity), textOf(old.identity));
});

test('results that come between the steps are taken over, and the page of before stays until all steps are done', () => {
  const [stays, changes, goes, comes] = ['stays', 'changes', 'goes', 'comes'].map((name) =>
    aTask(aQuery(name), east, [name]),
  ) as [Task, Task, Task, Task];
  const changed = { ...changes, samplesFingerprint: 'changed', termsFingerprint: 'changed' };
  const fill = Array.from({ length: 3 * ITEMS_PER_STEP }, (_, i) => aTask(aQuery(`fill_${i}`), east, ['fill']));
  const before = aPlan([...fill, stays, changes, goes]);
  const snapshot = aSnapshot(before);
  const exposition = new Exposition(snapshot);
  for (const task of [stays, changes, goes]) snapshot.take(finished(task, aResult(task, 1, 1)));
  const page = exposition.publish();
  let value = 1;
  const steps = snapshot.replacePlan(aPlan([comes, ...fill, stays, changed], { revision: 2 }));
  for (;;) {
    const step = steps.next();
    if (step.done) {
      assert.deepEqual(
        [step.value.added, step.value.changed, step.value.removed].map((tasks) => tasks.map(({ key }) => key)),
        [[comes.key], [changed.key], [goes.key]],
      );
      break;
    }
    value++;
    for (const task of [stays, changes, goes]) snapshot.take(finished(task, aResult(task, 1, value)));
    assert.equal(exposition.current(), page);
  }
  finish(exposition.prepare());
  assert.equal(exposition.current(), page);
  snapshot.take(finished(comes, aResult(comes, 1, 7)));
  const samples = samplesOf(textOf(exposition.publish().identity));
  const latest = (name: string) => [...samples].find(([sample]) => sample.startsWith(`${name} `))?.[1] ?? null;
  assert.equal(latest('stays'), value);
  assert.equal(latest('goes'), null);
  assert.equal(latest('comes'), 7);
  // The last result of the query as it was, until the first of the new one.
  assert.ok((latest('changes') ?? 0) > 1);
  snapshot.take(finished(changed, aResult(changed, 1, 100)));
  assert.equal(
    [...samplesOf(textOf(exposition.publish().identity))].find(([sample]) => sample.startsWith('changes '))?.[1],
    100,
  );
});
