import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chunksOf, finish, ITEMS_PER_STEP, type Steps, takeTurns } from '../../src/model/steps.ts';

function* endless(): Steps {
  for (;;) yield;
}

test('chunks hold all items in their order, and never more than one step may deal with', () => {
  const items = Array.from({ length: 2 * ITEMS_PER_STEP + 1 }, (_, i) => i);
  const chunks = [...chunksOf(items)];
  assert.deepEqual(chunks.flat(), items);
  assert.deepEqual(
    chunks.map(({ length }) => length),
    [ITEMS_PER_STEP, ITEMS_PER_STEP, 1],
  );
});

test('between turns the thread does what else there is to do', async () => {
  let others = 0;
  function* untilOthersWork(): Steps<string> {
    while (others < 3) yield;
    return 'done';
  }
  const work = () => {
    others++;
    setImmediate(work).unref();
  };
  work();
  assert.equal(await takeTurns(untilOthersWork()), 'done');
});

test('work that is not wanted any more ends after its turn', async () => {
  const stopping = new AbortController();
  const turns = takeTurns(endless(), stopping.signal);
  setImmediate(() => stopping.abort(new Error('stopping')));
  await assert.rejects(turns, /^Error: stopping$/);
});

test('all steps at once give the same result', () => {
  function* three(): Steps<number> {
    yield;
    yield;
    return 3;
  }
  assert.equal(finish(three()), 3);
});
