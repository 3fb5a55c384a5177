// biome-ignore assist/source/organizeImports: what is counted is imported after it
import { countSteps } from '../support/count-steps.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Selection } from '../../src/model/page.ts';
import type { Task } from '../../src/model/plan.ts';
import { Exposition } from '../../src/snapshot/exposition.ts';
import { aPlan, aQuery, aResult, aSnapshot, aTarget, aTask, checked, finished, START_MS } from './fixtures.ts';

const QUERIES = ['orders', 'users', 'stock', 'carts'].map((name) => aQuery(name, { collector: 'shop' }));

/** Targets of four tasks each, all with a result and on the page. */
function published(targets: number) {
  const all = Array.from({ length: targets }, (_, i) => aTarget(`t${i}`, { groups: [`g${i % (targets / 5)}`] }));
  const tasks = QUERIES.flatMap((query) => all.map((target) => aTask(query, target, [query.name, 'queries_done'])));
  const snapshot = aSnapshot(aPlan(tasks));
  for (const task of tasks) snapshot.take(finished(task, aResult(task, 5)));
  for (const target of all) snapshot.take(checked(target, true));
  const exposition = new Exposition(snapshot);
  exposition.publish();
  return { snapshot, exposition, tasks };
}

const SMALL = published(100);
const LARGE = published(5_000);

function narrow({ exposition }: typeof SMALL, selection: Partial<Selection>): void {
  const narrowed = exposition.narrow({ queries: [], targets: [], groups: [], collectors: [], ...selection });
  assert.equal(narrowed.kind, 'page');
}

const SELECTIONS: readonly (readonly [string, Partial<Selection>])[] = [
  ['a target', { targets: ['t7'] }],
  ['a group of five targets', { groups: ['g3'] }],
  ['a task', { queries: ['users'], targets: ['t60'] }],
  ['what is of a target among everything', { collectors: ['shop'], targets: ['t61'] }],
];

for (const [what, selection] of SELECTIONS) {
  test(`narrowing to ${what} is as much work among 20,000 tasks as among 400`, () => {
    const few = countSteps(() => narrow(SMALL, selection));
    const many = countSteps(() => narrow(LARGE, selection));
    // There are a few more levels between the page and each slot.
    assert.ok(many < few * 2, `${many} steps instead of ${few}`);
  });
}

test('a narrowed page is made once, until something changes that it shows', () => {
  const [task, other] = [LARGE.tasks[20], LARGE.tasks[2_020]] as [Task, Task];
  const selection = { targets: [task.target.name] };
  const publish = (changed: Task, value: number) => {
    LARGE.snapshot.take(finished(changed, aResult(changed, 5, value), { asOfMs: START_MS + value }));
    LARGE.exposition.publish();
  };
  const first = countSteps(() => narrow(LARGE, selection));
  publish(other, 2_000);
  assert.ok(countSteps(() => narrow(LARGE, selection)) < first / 10);
  publish(task, 3_000);
  assert.ok(countSteps(() => narrow(LARGE, selection)) > first / 2);
});

test('a page after one result is about as much work among 20,000 tasks as among 400', () => {
  const [few, many] = [SMALL, LARGE].map(({ snapshot, exposition, tasks }) => {
    const task = tasks[123] as Task;
    const publish = (value: number): number => {
      snapshot.take(finished(task, aResult(task, 5, value), { asOfMs: START_MS + value }));
      return countSteps(() => exposition.publish());
    };
    // At the first the page is divided around what changes.
    publish(4_000);
    return publish(5_000);
  }) as [number, number];
  // Each level above what changed has a joint, and there are fifty times as many tasks.
  assert.ok(many < few * 3, `${many} steps instead of ${few}`);
});
