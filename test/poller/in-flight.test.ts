import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TaskKey } from '../../src/model/words.ts';
import { InFlight } from '../../src/poller/in-flight.ts';
import { targetOf } from '../support/plan-parts.ts';

const KILLER = 'killer' as TaskKey;
const INNOCENT = 'innocent' as TaskKey;
const TARGET = targetOf();
const mark = (marker: string) => ({ connectionId: '1', address: '127.0.0.1:3306', marker, cancelKey: null });

test('a task that was in flight at two deaths is suspended, one that finished in between is not', () => {
  const inFlight = new InFlight();
  inFlight.start(KILLER, mark('k'));
  inFlight.start(INNOCENT, mark('i'));
  assert.deepEqual(
    inFlight.died(() => TARGET),
    [],
  );
  inFlight.start(INNOCENT, mark('i'));
  inFlight.end(INNOCENT);
  inFlight.start(KILLER, mark('k'));
  inFlight.start(INNOCENT, mark('i'));
  assert.deepEqual(
    inFlight.died(() => TARGET),
    [KILLER],
  );
  assert.deepEqual(inFlight.suspended, [KILLER]);
});

test('the statements of a dead thread are handed to the next one, once', () => {
  const inFlight = new InFlight();
  inFlight.start(KILLER, null);
  inFlight.start(KILLER, mark('k'));
  inFlight.start(INNOCENT, null);
  inFlight.died(() => TARGET);
  assert.deepEqual(inFlight.takeLeftovers(), [{ target: TARGET, mark: mark('k') }]);
  assert.deepEqual(inFlight.takeLeftovers(), []);
});

test('a reload gives suspended tasks another chance', () => {
  const inFlight = new InFlight();
  for (const _death of [1, 2]) {
    inFlight.start(KILLER, null);
    inFlight.died(() => TARGET);
  }
  inFlight.forgive();
  assert.deepEqual(inFlight.suspended, []);
  inFlight.start(KILLER, null);
  assert.deepEqual(
    inFlight.died(() => TARGET),
    [],
  );
});
