import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRecordLogger, type LogRecord } from '../../src/logger.ts';
import type { Failure, FailureReason } from '../../src/model/failure.ts';
import { LAG_TICK_MS, OwnLag } from '../../src/refresh/own-lag.ts';
import { SetClock } from './set-clock.ts';

function failureOf(reason: FailureReason): Failure {
  return { reason, message: 'no answer', errno: null, sqlState: null, endedBy: null };
}

/** Ticks that come by the clock until the test lets it stand still. */
function measured() {
  const clock = new SetClock();
  const logs: LogRecord[] = [];
  const lag = new OwnLag(
    () => clock.monotonic(),
    createRecordLogger((record) => logs.push(record)),
  );
  const tick = (): void => {
    lag.tick(LAG_TICK_MS.busy);
    clock.setTimeout(tick, LAG_TICK_MS.busy);
  };
  tick();
  return { clock, lag, logs };
}

test('ticks in time are no lag, and a standstill is one for a minute', () => {
  const { clock, lag } = measured();
  clock.passQuickly(10_000);
  assert.equal(lag.longestMs, 0);
  clock.stall(3_250);
  assert.equal(lag.longestMs, 3_000);
  clock.passQuickly(LAG_TICK_MS.busy);
  clock.passQuickly(59_000);
  assert.equal(lag.longestMs, 3_000);
  clock.passQuickly(2_000);
  assert.equal(lag.longestMs, 0);
});

test('a tick is late by the time for which it was set, however long that is', () => {
  const clock = new SetClock();
  const lag = new OwnLag(
    () => clock.monotonic(),
    createRecordLogger(() => undefined),
  );
  clock.stall(5_000);
  assert.equal(lag.longestMs, 0);
  lag.tick(LAG_TICK_MS.idle);
  clock.stall(1_000);
  assert.equal(lag.longestMs, 0);
  lag.tick(LAG_TICK_MS.busy);
  clock.stall(1_000);
  assert.equal(lag.longestMs, 750);
});

test('a run that failed while the exporter was held up says so, where that may be why', () => {
  const { clock, lag } = measured();
  clock.passQuickly(1_000);
  const startedMs = clock.monotonic();
  clock.stall(3_250);
  clock.passQuickly(1_000);
  const late = lag.explain(failureOf('timeout'), startedMs);
  assert.equal(late.message, 'no answer; the exporter itself was held up for 3s of that time: its host lacks CPU');
  for (const reason of ['busy', 'connect'] as const)
    assert.match(lag.explain(failureOf(reason), startedMs).message, /CPU/);
  const refused = failureOf('query');
  assert.equal(lag.explain(refused, startedMs), refused);
  const other = failureOf('timeout');
  assert.equal(lag.explain(other, clock.monotonic()), other);
  // Of a run of a minute three seconds are not what it failed for.
  clock.passQuickly(57_000);
  assert.equal(lag.explain(other, startedMs), other);
});

test('the log says it once while it lasts, and when it is over', () => {
  const { clock, lag, logs } = measured();
  for (let count = 0; count < 77; count++) {
    clock.stall(1_000);
    clock.passQuickly(LAG_TICK_MS.busy);
    lag.say({ failed: 'timeout', query: `q${count}` });
    if (count === 40) assert.equal(logs.length, 1);
  }
  assert.deepEqual(
    logs.map(({ message }) => message),
    ['refreshes fail while the exporter is late', 'refreshes fail while the exporter is late'],
  );
  clock.passQuickly(120_000);
  assert.equal(logs.at(-1)?.message, 'the exporter is in time again');
});
