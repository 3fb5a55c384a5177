import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeState, encodeState, type SavedTask } from '../../src/snapshot/state-file.ts';
import { aFailure, aPlan, aQuery, aResult, aSnapshot, aTarget, aTask, finished, START_MS } from './fixtures.ts';

const task = aTask(aQuery('örders\n'), aTarget('east'), ['orders', 'orders_age', 'empty']);

function aSavedTask(series: number): SavedTask {
  const snapshot = aSnapshot(aPlan([task]));
  snapshot.take(finished(task, aResult(task, series)));
  snapshot.take(finished(task, aFailure({ errno: 1_146 }), { finishedAtMs: START_MS + 1_000 }));
  const saved = snapshot.saved(task.key);
  assert.ok(saved);
  return saved;
}

function bytesOf(saved: SavedTask): Buffer {
  return Buffer.concat(encodeState(saved));
}

test('what was encoded is decoded, small parts and large ones with their blocks', () => {
  for (const series of [0, 1, 50, 20_000]) {
    const saved = aSavedTask(series);
    const decoded = decodeState(bytesOf(saved));
    assert.ok(decoded.ok);
    const plain = ({ parts, ...rest }: SavedTask) => ({
      ...rest,
      parts: parts.map(({ text, deflated, ...part }) => ({
        ...part,
        text: Buffer.from(text).toString(),
        deflated: deflated && Buffer.from(deflated).toString('hex'),
      })),
    });
    assert.deepEqual(plain(decoded.saved), plain(saved));
  }
});

test('large samples are kept compressed', () => {
  const saved = aSavedTask(20_000);
  const text = saved.parts.reduce((sum, part) => sum + part.text.length, 0);
  assert.ok(bytesOf(saved).length < text / 4);
});

test('a file that was cut anywhere, or to which something was added, is torn', () => {
  const bytes = bytesOf(aSavedTask(200));
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), (length) => {
      const decoded = decodeState(bytes.subarray(0, length));
      assert.ok(!decoded.ok);
      assert.match(decoded.problem, /^is (torn|no state file|damaged)$/);
    }),
  );
  assert.deepEqual(decodeState(Buffer.concat([bytes, Buffer.from('x')])), { ok: false, problem: 'is torn' });
});

test('a single changed bit is found, wherever it is', () => {
  const bytes = bytesOf(aSavedTask(200));
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(7), (at, bit) => {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ (1 << bit);
      assert.equal(decodeState(damaged).ok, false);
    }),
    { numRuns: 1_000 },
  );
});

test('any other bytes are refused and never thrown at the caller', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
      assert.equal(decodeState(bytes).ok, false);
    }),
  );
});

test('a file of a future version is told from damage', () => {
  const bytes = bytesOf(aSavedTask(1)).toString('latin1').replace('state 1 ', 'state 27 ');
  assert.deepEqual(decodeState(Buffer.from(bytes, 'latin1')), {
    ok: false,
    problem: 'is of version 27, this program knows 1',
  });
});
