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
  /**
   * What compressing costs for a page after results of one of so many tasks, as a share of the whole page compressed anew.
   * `which`: the tasks that come at this page, of so many pages on which each comes once.
   */
  return (every: number, which: Which): number => {
    page += 1;
    const atMs = START_MS + page * 250;
    for (const task of tasks.filter((task, i) => which(task, i, every) === page % every)) {
      snapshot.take(finished(task, aResult(task, 25, page), { asOfMs: atMs }));
    }
    const { calls, bytes } = countCompression(() => exposition.publish());
    return (bytes + calls * CALL_BYTES) / exposition.current().identity.bytes;
  };
}

type Which = (task: Task, position: number, every: number) => number;

const SCATTERED: Which = (_, position, every) => position % every;
const IN_TURN: Which = ({ key }, _, every) => Math.floor(turnOf(key) * every);

const publish = published();
publish(1, SCATTERED);

/** Until the page is divided as such changes need it. */
const SETTLING_PAGES = 5;

for (const [results, inTurn, scattered] of [
  [1, 0.05, 0.1],
  [125, 0.15, 0.5],
  [500, 0.3, 0.5],
  [2_500, 0.8, 0.8],
  [5_000, 1, 1],
] as const) {
  test(`zlib has little work for a page after ${results} of 5,000 results, beside that for the whole page`, () => {
    const cost = (which: Which): number => {
      const costs = Array.from({ length: SETTLING_PAGES }, () => publish(5_000 / results, which));
      return costs.at(-1) ?? 1;
    };
    const costs = [cost(IN_TURN), cost(SCATTERED)] as const;
    assert.ok(costs[0] <= inTurn && costs[1] <= scattered, `${costs}`);
  });
}
