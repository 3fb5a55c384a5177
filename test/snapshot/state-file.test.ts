import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { KnownResult } from '../../src/model/task-result.ts';
import { decodeState, encodeState } from '../../src/snapshot/state-file.ts';
import { aFailure, aPlan, aQuery, aResult, aSnapshot, aTarget, aTask, finished, START_MS } from './fixtures.ts';

const task = aTask(aQuery('örders\n'), aTarget('east'), ['orders', 'orders_age', 'empty']);

function aKnownResult(series: number): KnownResult {
  const snapshot = aSnapshot(aPlan([task]));
  snapshot.take(finished(task, aResult(task, series)));
  snapshot.take(finished(task, aFailure({ errno: 1_146 }), { asOfMs: START_MS + 1_000 }));
  const saved = snapshot.result(task.key);
  assert.ok(saved);
  return saved;
}

function bytesOf(saved: KnownResult): Buffer {
  return Buffer.concat(encodeState(saved));
}

test('what was encoded is decoded, small parts and large ones with their blocks', () => {
  for (const series of [0, 1, 50, 20_000]) {
    const saved = aKnownResult(series);
    const decoded = decodeState(bytesOf(saved));
    assert.ok(decoded.ok);
    const plain = ({ outcome: { parts, ...outcome }, ...rest }: KnownResult) => ({
      ...rest,
      ...outcome,
      parts: parts.map(({ text, deflated, ...part }) => ({
        ...part,
        text: Buffer.from(text).toString(),
        deflated: deflated && Buffer.from(deflated).toString('hex'),
      })),
    });
    assert.deepEqual(plain(decoded.result), plain(saved));
  }
});

test('large samples are kept compressed', () => {
  const saved = aKnownResult(20_000);
  const text = saved.outcome.parts.reduce((sum, part) => sum + part.text.length, 0);
  assert.ok(bytesOf(saved).length < text / 4);
});

test('a file that was cut anywhere, or to which something was added, is torn', () => {
  const bytes = bytesOf(aKnownResult(200));
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
  const bytes = bytesOf(aKnownResult(200));
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

test('a file of an earlier or a later version is told from damage', () => {
  for (const version of [1, 27]) {
    const bytes = bytesOf(aKnownResult(1)).toString('latin1').replace('state 2 ', `state ${version} `);
    assert.deepEqual(decodeState(Buffer.from(bytes, 'latin1')), {
      ok: false,
      problem: `is of version ${version}, this program knows 2`,
    });
  }
});
