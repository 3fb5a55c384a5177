import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Query } from '../../src/model/plan.ts';
import type { QueryName, TaskKey } from '../../src/model/words.ts';
import { Scheduler } from '../../src/refresh/scheduler.ts';
import { cron, every, taskOf } from './plans.ts';
import { SetClock } from './set-clock.ts';

const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;

describe('a schedule under way', () => {
  test('every second is every second: nothing drifts in five minutes', () => {
    for (const query of [every(SECOND), cron('* * * * * *', 'UTC', { periodMs: SECOND })]) {
      const { clock, runs } = scheduled(query);
      clock.passQuickly(5 * MINUTE + 500);
      assert.ok(runs.length >= 300 && runs.length <= 301, `${runs.length} runs`);
      assert.ok(runs.every((at) => (at - (runs[0] ?? 0)) % SECOND === 0));
    }
  });

  test('a busy loop makes runs late, not rare and not shifted', () => {
    const { clock, runs } = scheduled(every(SECOND));
    for (let second = 0; second < 60; second++) {
      clock.stall(300);
      clock.passQuickly(700);
    }
    assert.equal(runs.length, 60);
    assert.ok((runs.at(-1) ?? 0) - (runs[0] ?? 0) <= 59_300);
  });

  test('a period beyond the reach of a timer is kept', () => {
    const { clock, runs } = scheduled({ ...every(40 * DAY), runOnStart: false });
    clock.passQuickly(40 * DAY - MINUTE);
    assert.equal(runs.length, 0);
    clock.passQuickly(2 * MINUTE);
    assert.equal(runs.length, 1);
  });

  test('a process that was stopped for half an hour runs each task once', () => {
    for (const query of [every(30 * SECOND), cron('* * * * *', 'UTC', { periodMs: MINUTE, catchUpMs: MINUTE })]) {
      const { clock, runs } = scheduled(query);
      clock.passQuickly(10 * MINUTE);
      const before = runs.length;
      clock.stall(30 * MINUTE + 10 * SECOND);
      clock.passQuickly(1);
      assert.equal(runs.length, before + 1);
    }
  });

  test('a host that was asleep for eight hours runs an interval once, and it goes on from there', () => {
    const { clock, runs } = scheduled(every(HOUR));
    clock.passQuickly(MINUTE);
    clock.step(8 * HOUR);
    clock.passQuickly(11 * SECOND);
    assert.equal(runs.length, 2);
    clock.passQuickly(2 * HOUR);
    assert.equal(runs.length, 4);
  });

  test('a wall clock set forward by a month neither stops nor storms a schedule', () => {
    for (const query of [every(MINUTE), cron('* * * * *', 'UTC', { periodMs: MINUTE })]) {
      const { clock, runs } = scheduled(query);
      clock.passQuickly(10 * MINUTE);
      const before = runs.length;
      clock.step(30 * DAY);
      clock.passQuickly(10 * MINUTE);
      assert.ok(
        runs.length - before >= 10 && runs.length - before <= 11,
        `${runs.length - before} runs in ten minutes`,
      );
    }
  });

  test('a wall clock set back by an hour neither stops nor doubles a schedule', () => {
    for (const query of [every(MINUTE), cron('* * * * *', 'UTC', { periodMs: MINUTE })]) {
      const { clock, runs } = scheduled(query);
      clock.passQuickly(10 * MINUTE);
      const before = runs.length;
      clock.step(-HOUR);
      clock.passQuickly(10 * MINUTE);
      assert.ok(Math.abs(runs.length - before - 10) <= 1, `${runs.length - before} runs in ten minutes`);
    }
  });

  test('a nightly run is not doubled by a clock that is set back after it', () => {
    const { clock, runs } = scheduled(cron('0 3 * * *', 'UTC', { periodMs: DAY, catchUpMs: HOUR }));
    clock.passQuickly(3 * HOUR + 10 * MINUTE);
    clock.step(-HOUR);
    clock.passQuickly(12 * HOUR);
    assert.equal(runs.length, 1);
    clock.passQuickly(DAY);
    assert.equal(runs.length, 2);
  });

  test('a clock that is trimmed all the time does not repeat cron runs', () => {
    const { clock, runs } = scheduled(cron('*/10 * * * * *', 'UTC', { periodMs: 10 * SECOND }));
    for (let minute = 0; minute < 60; minute++) {
      clock.passQuickly(MINUTE + 5);
      clock.step(-5);
    }
    assert.equal(runs.length, 360);
  });

  test('a cron run missed in sleep is made up within catch_up only', () => {
    const nightly = cron('0 3 * * *', 'UTC', { periodMs: DAY, catchUpMs: HOUR });
    for (const [wokenAt, count] of [
      [3 * HOUR + 50 * MINUTE, 1],
      [4 * HOUR + 10 * MINUTE, 0],
    ] as const) {
      const { clock, runs } = scheduled(nightly);
      clock.stall(wokenAt);
      clock.passQuickly(MINUTE);
      assert.equal(runs.length, count);
      clock.passQuickly(DAY);
      assert.equal(runs.length, count + 1);
    }
  });

  test('daylight saving: a schedule of minutes has no gap, and a nightly one runs once every day', () => {
    for (const zone of ['Europe/Berlin', 'America/New_York']) {
      for (const start of ['2026-03-01T00:00:00Z', '2026-10-20T00:00:00Z']) {
        const quick = scheduled(cron('*/5 * * * *', zone, { periodMs: 5 * MINUTE }), start);
        const nightly = scheduled(cron('30 2 * * *', zone, { periodMs: DAY }), start);
        quick.clock.passQuickly(30 * DAY + SECOND);
        nightly.clock.passQuickly(30 * DAY + SECOND);
        assert.equal(quick.runs.length, 30 * 24 * 12);
        assert.equal(nightly.runs.length, 30);
      }
    }
  });

  test('jitter delays each run by its own part of a random time', () => {
    const values = [0.1, 0.5, 0.9, 0.3];
    const { clock, runs } = scheduled({ ...every(10 * SECOND), jitterMs: 2_000 }, undefined, () => values.shift() ?? 0);
    clock.passQuickly(35 * SECOND);
    const first = (runs[0] ?? 0) - 200;
    assert.deepEqual(
      runs.map((at) => at - first),
      [200, 11_000, 21_800, 30_600],
    );
  });

  test('five thousand tasks are spread, are served by one timer, and leave none behind', () => {
    const clock = new SetClock();
    const runs: number[] = [];
    const scheduler = new Scheduler({
      clock,
      random: () => 0,
      onDue: () => runs.push(clock.monotonic()),
      onPlanned: () => {},
    });
    for (let index = 0; index < 5_000; index++) {
      scheduler.add(taskOf({ query: { ...every(10 * SECOND), name: `q${index}` as QueryName } }), null, 5_000);
      assert.equal(clock.pendingTimers, 1);
    }
    clock.passQuickly(60 * SECOND - 1);
    assert.equal(runs.length, 6 * 5_000);
    const seconds = Array.from(
      { length: 10 },
      (_, second) => runs.filter((at) => Math.floor(at / SECOND) === second).length,
    );
    const busiest = Math.max(...seconds);
    assert.equal(
      seconds.reduce((sum, count) => sum + count),
      5_000,
    );
    assert.ok(busiest < 650, `${busiest} of 5,000 within a second`);
    scheduler.stop();
    assert.equal(clock.pendingTimers, 0);
  });

  test('the next run is known, and a removed task does not run again', () => {
    const { clock, runs, planned, scheduler, key } = scheduled({ ...every(MINUTE), runOnStart: false });
    const lateMs = (scheduler.nextAtMs(key) ?? 0) - Date.parse('2026-01-05T00:01Z');
    assert.ok(lateMs >= 0 && lateMs < 10, 'a minute and its spread from now');
    assert.deepEqual(planned, [scheduler.nextAtMs(key)]);
    scheduler.remove(key);
    assert.equal(scheduler.nextAtMs(key), null);
    clock.passQuickly(HOUR);
    assert.equal(runs.length, 0);
  });
});

function scheduled(query: Partial<Query>, start = '2026-01-05T00:00:00Z', random: () => number = () => 0) {
  const clock = new SetClock(start);
  const runs: number[] = [];
  const planned: (number | null)[] = [];
  const task = taskOf({ query });
  const scheduler = new Scheduler({
    clock,
    random,
    onDue: () => runs.push(clock.monotonic()),
    onPlanned: (_key: TaskKey, nextAtMs) => planned.push(nextAtMs),
  });
  scheduler.add(task, null, 1);
  return { clock, runs, planned, scheduler, key: task.key };
}
