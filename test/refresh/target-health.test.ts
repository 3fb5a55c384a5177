import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FAILURE_REASONS } from '../../src/model/failure.ts';
import {
  afterAnswer,
  afterDoubt,
  afterMending,
  afterNoConnection,
  atStart,
  type BackoffCause,
  type Health,
  signOf,
} from '../../src/refresh/target-health.ts';

const longest = () => 0;
const shortest = () => 1;

describe('the back-off of a target', () => {
  const waits = (cause: BackoffCause, random: () => number, count: number) => {
    let health: Health = atStart(0, null);
    const list: number[] = [];
    for (let now = 0; list.length < count; now = health.probeAtMs) {
      health = afterNoConnection(health, cause, now, now, random);
      list.push(Math.round(health.probeAtMs - now));
    }
    return list;
  };

  test('grows from one second to thirty', () => {
    assert.deepEqual(waits('connect', longest, 7), [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  test('of a refused login grows from thirty seconds to ten minutes', () => {
    assert.deepEqual(waits('auth', longest, 7), [30_000, 60_000, 120_000, 240_000, 480_000, 600_000, 600_000]);
  });

  test('differs by a fifth at random, but is never shorter than its first step', () => {
    assert.deepEqual(waits('connect', shortest, 6), [1_000, 1_600, 3_200, 6_400, 12_800, 24_000]);
  });

  test('is cut short by a mending, of which an attempt under way knows nothing, and goes on as long as before', () => {
    const down = afterNoConnection(atStart(0, null), 'auth', 0, 0, longest);
    const mended = afterMending(down, 5_000, 10);
    assert.equal(mended.probeAtMs, 5_010);
    assert.equal(afterNoConnection(mended, 'auth', 4_000, 6_000, longest), mended);
    assert.equal(afterNoConnection(mended, 'auth', 5_010, 6_000, longest).probeAtMs, 66_000);
    assert.equal(afterMending(down, 29_995, 10), down);
    assert.equal(afterMending(atStart(0, 1_000), 0, 10).standing, 'unknown');
  });

  test('takes many runs that fail together as one step', () => {
    const first = afterNoConnection(atStart(0, null), 'connect', 0, 100, longest);
    assert.equal(afterNoConnection(first, 'connect', 50, 101, longest), first);
  });

  test('begins anew after an answer, and when the cause is another one', () => {
    const down = afterNoConnection(
      afterNoConnection(atStart(0, null), 'connect', 0, 0, longest),
      'connect',
      1_000,
      1_000,
      longest,
    );
    assert.equal(down.probeAtMs, 3_000);
    assert.equal(afterNoConnection(down, 'auth', 3_000, 3_000, longest).probeAtMs, 33_000);
    assert.equal(afterNoConnection(afterAnswer(5_000, null), 'connect', 6_000, 6_000, longest).probeAtMs, 7_000);
  });
});

test('a target that answers is asked again after its ping interval, or never', () => {
  assert.equal(afterAnswer(100, 30_000).probeAtMs, 30_100);
  assert.equal(afterAnswer(100, null).probeAtMs, Number.POSITIVE_INFINITY);
});

test('a doubtful run asks for a probe at once, but not during a back-off', () => {
  assert.deepEqual(afterDoubt(afterAnswer(0, null), 50), { standing: 'up', probeAtMs: 50 });
  const down = afterNoConnection(atStart(0, null), 'connect', 0, 0, longest);
  assert.equal(afterDoubt(down, 50), down);
});

test('only a missing connection is a matter of the target; a wrong query shows that it is up', () => {
  const signs = FAILURE_REASONS.map((reason) => [reason, signOf({ reason, endedBy: 'exporter' })]);
  assert.deepEqual(Object.fromEntries(signs), {
    connect: 'connect',
    auth: 'auth',
    timeout: 'doubt',
    query: 'answer',
    read_only: 'answer',
    no_result: 'answer',
    missing_column: 'answer',
    too_large: 'answer',
    empty: 'answer',
    lost: 'doubt',
    busy: 'silent',
    too_many_series: 'answer',
    no_samples: 'answer',
    internal: 'silent',
  });
  assert.equal(signOf({ reason: 'timeout', endedBy: 'server' }), 'answer');
  assert.equal(signOf({ reason: 'lost', endedBy: null }), 'doubt');
});
