import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { ReloadQueue } from '../../src/exporter/reload-queue.ts';
import type { ReloadOutcome } from '../../src/web/site.ts';

function aQueue() {
  const begun: { readonly end: (problem: string) => void; readonly fail: (error: Error) => void }[] = [];
  const queue = new ReloadQueue(
    () =>
      new Promise<ReloadOutcome>((resolve, reject) => {
        begun.push({ end: (problem) => resolve({ ok: false, problems: [problem] }), fail: reject });
      }),
  );
  /** Resolves when so many have begun. */
  const hasBegun = async (count: number) => {
    while (begun.length < count) await setImmediate();
  };
  return { queue, begun, hasBegun };
}

const problemsOf = async (asked: Promise<ReloadOutcome>) => (await asked).problems;

test('who asks in one turn of the thread gets one answer', async () => {
  const { queue, begun, hasBegun } = aQueue();
  const asked = [queue.ask(), queue.ask()].map(problemsOf);
  await hasBegun(1);
  begun[0]?.end('first');
  assert.deepEqual(await Promise.all(asked), [['first'], ['first']]);
  assert.equal(begun.length, 1);
});

test('who asks while a reload runs gets the answer of the next, which begins when that one has ended', async () => {
  const { queue, begun, hasBegun } = aQueue();
  const first = problemsOf(queue.ask());
  await hasBegun(1);
  const others = [queue.ask(), queue.ask()].map(problemsOf);
  await setImmediate();
  assert.equal(begun.length, 1);
  begun[0]?.end('first');
  assert.deepEqual(await first, ['first']);
  await hasBegun(2);
  begun[1]?.end('second');
  assert.deepEqual(await Promise.all(others), [['second'], ['second']]);
  assert.equal(begun.length, 2);
});

test('a fault of one reload is told to whom it concerns, and the next one runs', async () => {
  const { queue, begun, hasBegun } = aQueue();
  const first = queue.ask();
  await hasBegun(1);
  const next = problemsOf(queue.ask());
  begun[0]?.fail(new Error('injected'));
  await assert.rejects(first, /injected/);
  await hasBegun(2);
  begun[1]?.end('second');
  assert.deepEqual(await next, ['second']);
});
