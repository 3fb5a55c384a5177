import assert from 'node:assert/strict';
import { test } from 'node:test';
import { finish } from '../../src/model/steps.ts';
import { turnOf } from '../../src/model/turn.ts';
import { pageOrder } from '../../src/snapshot/page-order.ts';
import { aQuery, aTarget, aTask } from './fixtures.ts';

function tasksOf(count: number, periodsMs: readonly number[]) {
  const queries = periodsMs.map((periodMs) => aQuery(`every_${periodMs}`, { periodMs }));
  return Array.from({ length: count / queries.length }, (_, i) => aTarget(`db${i}`)).flatMap((target) =>
    queries.map((query) => aTask(query, target, [query.name])),
  );
}

test('a few tasks stand on the page in the order of the configuration', () => {
  const tasks = tasksOf(400, [10_000, 60_000]);
  assert.deepEqual(finish(pageOrder(tasks)), tasks);
});

test('of thousands, those of a period that come together stand together', () => {
  const tasks = tasksOf(4_000, [10_000, 60_000]);
  const ordered = finish(pageOrder(tasks));
  assert.deepEqual(new Set(ordered), new Set(tasks));
  assert.equal(ordered.length, tasks.length);
  for (const periodMs of [10_000, 60_000]) {
    const ofPeriod = ordered.filter(({ query }) => query.periodMs === periodMs);
    assert.equal(
      ordered.indexOf(ofPeriod.at(-1) as never) - ordered.indexOf(ofPeriod[0] as never),
      ofPeriod.length - 1,
    );
    // The fortieth part of a period, in which a fortieth of the tasks come.
    const together = ofPeriod.flatMap(({ key }, i) => (Math.floor(turnOf(key) * 40) === 7 ? i : []));
    const width = (together.at(-1) ?? 0) - (together[0] ?? 0);
    assert.ok(width < together.length + 16, `${together.length} of them within ${width} places`);
  }
});

test('the turns come in the same order wherever their tasks stand in the configuration', () => {
  const tasks = tasksOf(4_000, [10_000]);
  const keys = finish(pageOrder(tasks)).map(({ key }) => turnOf(key));
  const turned = finish(pageOrder([...tasks].reverse())).map(({ key }) => turnOf(key));
  const rough = (turns: readonly number[]) => turns.map((turn) => Math.floor(turn * 500));
  assert.deepEqual(rough(keys), rough(turned));
});
