import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Deadline, DeadlinePassed, Stopped } from '../../src/model/deadline.ts';
import { SetClock } from '../refresh/set-clock.ts';

test('a deadline passes once its time is over, and says so', () => {
  const clock = new SetClock();
  const deadline = new Deadline(clock, 1_000);
  clock.passQuickly(999);
  assert.deepEqual([deadline.signal.aborted, deadline.spentMs, deadline.leftMs], [false, 999, 1]);
  clock.passQuickly(1);
  assert.ok(deadline.signal.reason instanceof DeadlinePassed);
  assert.ok(deadline.hasPassed);
  deadline.stop();
  assert.ok(deadline.hasPassed, 'what came first holds');
});

test('a deadline that is stopped has not passed', () => {
  const clock = new SetClock();
  using deadline = new Deadline(clock, 1_000);
  deadline.stop();
  clock.passQuickly(1_000);
  assert.ok(deadline.signal.reason instanceof Stopped);
  assert.equal(deadline.hasPassed, false);
});

test('a deadline without time has passed from the start, and an infinite one never passes', () => {
  const clock = new SetClock();
  assert.ok(new Deadline(clock, 0).hasPassed);
  using endless = new Deadline(clock, Number.POSITIVE_INFINITY);
  clock.passQuickly(1e12);
  assert.equal(endless.signal.aborted, false);
  assert.equal(clock.pendingTimers, 0);
});

test('a step ends with the whole, for the same reason, or earlier by itself', () => {
  const clock = new SetClock();
  const whole = new Deadline(clock, 1_000);
  const [short, long] = [whole.within(400), whole.within(5_000)];
  assert.deepEqual([short.limitMs, long.limitMs], [400, 1_000]);
  clock.passQuickly(400);
  assert.deepEqual([short.hasPassed, long.hasPassed, whole.hasPassed], [true, false, false]);
  whole.stop();
  assert.equal(long.signal.reason, whole.signal.reason);
  assert.equal(whole.within(10).signal.reason, whole.signal.reason);
});

test('a deadline also ends with a signal, whose reason it takes', () => {
  const controller = new AbortController();
  using deadline = new Deadline(new SetClock(), 1_000, controller.signal);
  const reason = new Stopped('the program ends');
  controller.abort(reason);
  assert.equal(deadline.signal.reason, reason);
});

test('a deadline that is disposed of leaves no timer and does not end any more', () => {
  const clock = new SetClock();
  const whole = new Deadline(clock, 1_000);
  const step = whole.within(500);
  step[Symbol.dispose]();
  whole.stop();
  whole[Symbol.dispose]();
  assert.equal(clock.pendingTimers, 0);
  assert.equal(step.signal.aborted, false);
});
