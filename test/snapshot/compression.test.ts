import assert from 'node:assert/strict';
import { test } from 'node:test';
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
  /** What compressing costs for a page after results of every so many tasks, as a share of the whole page compressed anew. */
  const publish = (every: number): number => {
    page += 1;
    const atMs = START_MS + page * 250;
    for (let i = page % every; i < tasks.length; i += every) {
      const task = tasks[i];
      if (task !== undefined) snapshot.take(finished(task, aResult(task, 25, page), { asOfMs: atMs }));
    }
    const { calls, bytes } = countCompression(() => exposition.publish());
    return (bytes + calls * CALL_BYTES) / exposition.current().identity.bytes;
  };
  publish(1);
  return publish;
}

const publish = published();

/** Until the page is divided as such changes need it. */
const SETTLING_PAGES = 5;

for (const [results, most] of [
  [1, 0.02],
  [125, 0.5],
  [500, 0.5],
  [2_500, 0.8],
  [5_000, 1],
] as const) {
  test(`zlib has at most ${most} of the work of a whole page for one after ${results} of 5,000 results`, () => {
    const costs = Array.from({ length: SETTLING_PAGES }, () => publish(5_000 / results));
    assert.ok((costs.at(-1) ?? 1) <= most, `${costs}`);
  });
}
