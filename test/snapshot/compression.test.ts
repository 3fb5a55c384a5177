import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Task } from '../../src/model/plan.ts';
import { turnOf } from '../../src/model/turn.ts';
import { Exposition } from '../../src/snapshot/exposition.ts';
import { countCompression } from '../support/count-compression.ts';
import { aPlan, aQuery, aResult, aSnapshot, aTarget, aTask, finished, START_MS } from './fixtures.ts';

/** Of text that zlib compresses in the time that a call of it takes beside: about 9 µs. */
const CALL_BYTES = 7_000;

/** 5,000 tasks with a kilobyte each, all on the page. */
function published() {
  const queries = Array.from({ length: 10 }, (_, i) => aQuery(`orders_${i}`));
  const targets = Array.from({ length: 500 }, (_, i) => aTarget(`target_${i}`));
  const tasks = targets.flatMap((target) => queries.map((query) => aTask(query, target, [query.name])));
  const snapshot = aSnapshot(aPlan(tasks));
  const exposition = new Exposition(snapshot);
  let page = 0;
  /** What compressing costs for a page after results of these tasks, as a share of the whole page compressed anew. */
  const publish = (choose: (page: number) => readonly Task[]): number => {
    page += 1;
    const atMs = START_MS + page * 250;
    for (const task of choose(page)) snapshot.take(finished(task, aResult(task, 25, page), { asOfMs: atMs }));
    const { calls, bytes } = countCompression(() => exposition.publish());
    return (bytes + calls * CALL_BYTES) / exposition.current().identity.bytes;
  };
  publish(() => tasks);
  return { tasks, publish };
}

const { tasks, publish } = published();

/** Until the page is divided as such changes need it. */
const SETTLING_PAGES = 5;

function settled(choose: (page: number) => readonly Task[]): number {
  return Array.from({ length: SETTLING_PAGES }, () => publish(choose)).at(-1) ?? 1;
}

for (const [results, most] of [
  [1, 0.02],
  [125, 0.5],
  [500, 0.5],
  [2_500, 0.8],
  [5_000, 1],
] as const) {
  test(`zlib has at most ${most} of the work of a whole page for one after ${results} of 5,000 results`, () => {
    const every = tasks.length / results;
    // One task again and again; of several, others each time, scattered over the configuration.
    const cost = settled((page) =>
      results === 1 ? tasks.slice(0, 1) : tasks.filter((_, i) => i % every === page % every),
    );
    assert.ok(cost <= most, `${cost}`);
  });
}

for (const [results, most] of [
  [125, 0.15],
  [500, 0.3],
] as const) {
  test(`zlib has at most ${most} of that work after ${results} of 5,000 results whose turns are together`, () => {
    const turns = tasks.length / results;
    const cost = settled((page) => tasks.filter(({ key }) => Math.floor(turnOf(key) * turns) === page % turns));
    assert.ok(cost <= most, `${cost}`);
  });
}
