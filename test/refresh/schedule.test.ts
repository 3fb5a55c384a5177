import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KnownTask } from '../../src/model/known-task.ts';
import type { Query } from '../../src/model/plan.ts';
import type { TaskKey } from '../../src/model/words.ts';
import {
  type Appointment,
  isWithinCatchUp,
  judge,
  type Moment,
  planAfterJump,
  planAfterSetback,
  planFirstRun,
  planNextRun,
  planSpread,
} from '../../src/refresh/schedule.ts';
import { queryOf } from '../support/plan-parts.ts';
import { cron, every, taskOf } from './plans.ts';

const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;
const NO_DELAYS = { spreadMs: 0, jitterMs: 0 };

describe('the first run', () => {
  test('is at once, after its spread and jitter, where the query runs on start', () => {
    const first = planFirstRun(queryOf(every(15 * SECOND)), at('12:00', 100), null, { spreadMs: 40, jitterMs: 3 });
    assert.deepEqual(first, { sinceMs: 100, dueMs: 140, runMs: 143 });
  });

  test('is a period later where it does not', () => {
    const query = queryOf({ ...every(15 * SECOND), runOnStart: false });
    assert.equal(planFirstRun(query, at('12:00', 100), null, NO_DELAYS)?.runMs, 100 + 15 * SECOND);
  });

  test('of a cron schedule is its next point', () => {
    assert.equal(clock(planFirstRun(queryOf(cron('0 3 * * *')), at('12:00'), null, NO_DELAYS)), '2026-01-06T03:00Z');
  });

  test('of a cron schedule that runs on start is at once, and the schedule follows', () => {
    const query = queryOf(cron('0 3 * * *', 'UTC', { runOnStart: true }));
    const first = planFirstRun(query, at('12:00'), null, NO_DELAYS);
    assert.equal(clock(first), '2026-01-05T12:00Z');
    assert.ok(first);
    assert.equal(clock(planNextRun(query, first, at('12:00'), NO_DELAYS)), '2026-01-06T03:00Z');
  });

  test('after a restart is when it would have been, if its samples are younger than its period', () => {
    const query = queryOf(every(HOUR));
    const continued = (restored: KnownTask) => planFirstRun(query, at('12:00', 100), restored, NO_DELAYS)?.runMs;
    assert.equal(continued(restoredAt('11:20')), 100 + 20 * MINUTE);
    assert.equal(continued({ ...restoredAt('11:20'), nextAtMs: wall('12:15') }), 100 + 15 * MINUTE);
    // Planned by an interval that was longer then.
    assert.equal(continued({ ...restoredAt('11:20'), nextAtMs: wall('17:00') }), 100 + 20 * MINUTE);
  });

  test('after a restart is at once where the samples are older, missing, or from the future', () => {
    const query = queryOf(every(HOUR));
    for (const restored of [
      restoredAt('10:59'),
      { ...restoredAt('11:59'), lastSuccessAtMs: null },
      { ...restoredAt('11:59'), lastSuccessAtMs: wall('10:00') },
      restoredAt('18:00'),
    ]) {
      assert.equal(planFirstRun(query, at('12:00', 100), restored, NO_DELAYS)?.runMs, 100);
    }
  });

  test('after a restart makes up an interval that passed meanwhile, also without run_on_start', () => {
    const query = queryOf({ ...every(HOUR), runOnStart: false });
    assert.equal(planFirstRun(query, at('12:00', 100), restoredAt('10:30'), NO_DELAYS)?.runMs, 100);
    assert.equal(planFirstRun(query, at('12:00', 100), restoredAt('11:30'), NO_DELAYS)?.runMs, 100 + 30 * MINUTE);
  });

  test('after a restart makes up a cron run that was missed within catch_up, and only then', () => {
    const nightly = queryOf(cron('0 3 * * *', 'UTC', { periodMs: DAY, catchUpMs: HOUR }));
    const yesterday = {
      ...restoredAt('03:00'),
      lastRefreshAtMs: wall('03:00') - DAY,
      lastSuccessAtMs: wall('03:00') - DAY,
    };
    const first = (time: string, restored: KnownTask) => clock(planFirstRun(nightly, at(time), restored, NO_DELAYS));
    assert.equal(first('03:59', yesterday), '2026-01-05T03:59Z');
    assert.equal(first('04:01', yesterday), '2026-01-06T03:00Z');
    assert.equal(first('03:59', restoredAt('03:00')), '2026-01-06T03:00Z');
  });
});

describe('the runs of an interval', () => {
  test('stand on one grid: lateness and jitter do not add up', () => {
    const query = queryOf(every(SECOND));
    let appointment: Appointment = { sinceMs: 0, dueMs: 0, runMs: 0 };
    for (let run = 1; run <= 300; run++) {
      const late = { wallMs: 0, monotonicMs: appointment.runMs + 7 };
      const next = planNextRun(query, appointment, late, { spreadMs: 0, jitterMs: run % 90 });
      assert.ok(next);
      appointment = next;
      assert.equal(appointment.dueMs, run * SECOND);
    }
  });

  test('happen once for any number that were missed', () => {
    const query = queryOf(every(30 * SECOND));
    const now = at('12:30', 30 * MINUTE + 5);
    assert.deepEqual(judge(query, { sinceMs: 0, dueMs: 0, runMs: 0 }, now), { kind: 'run', dueMs: 0 });
    const next = planNextRun(query, { sinceMs: 0, dueMs: 0, runMs: 0 }, now, NO_DELAYS);
    assert.equal(next?.dueMs, 30 * MINUTE + 30 * SECOND);
  });

  test('may lie further apart than a timer reaches', () => {
    const query = queryOf(every(25 * DAY));
    assert.equal(
      planNextRun(query, { sinceMs: 0, dueMs: 5, runMs: 5 }, at('12:00', 6), NO_DELAYS)?.dueMs,
      25 * DAY + 5,
    );
  });

  test('come earlier by the time that the host was asleep, at most now', () => {
    const query = queryOf(every(HOUR));
    const appointment = { sinceMs: 0, dueMs: HOUR, runMs: HOUR + 5 };
    assert.equal(planAfterJump(query, appointment, at('12:00', 10), 20 * MINUTE, 7).runMs, 40 * MINUTE + 5);
    assert.equal(planAfterJump(query, appointment, at('12:00', 10), 30 * DAY, 7).runMs, 17);
  });
});

describe('the runs of a cron schedule', () => {
  const nightly = queryOf(cron('0 3 * * *', 'UTC', { periodMs: DAY, catchUpMs: HOUR }));

  test('that are late by a moment happen, whatever catch_up says', () => {
    const query = queryOf(cron('* * * * * *', 'UTC', { periodMs: SECOND, catchUpMs: 0 }));
    const now = { wallMs: wall('12:00') + 30_300, monotonicMs: 0 };
    const planned = { sinceMs: wall('12:00'), dueMs: wall('12:00') + SECOND, runMs: wall('12:00') + SECOND };
    assert.deepEqual(judge(query, planned, now), { kind: 'run', dueMs: wall('12:00') + 30 * SECOND });
  });

  test('that were missed happen within catch_up, the last of them', () => {
    const planned = {
      sinceMs: wall('00:00') - 9 * DAY,
      dueMs: wall('03:00') - 9 * DAY,
      runMs: wall('03:00') - 9 * DAY,
    };
    assert.deepEqual(judge(nightly, planned, at('03:59')), { kind: 'run', dueMs: wall('03:00') });
    assert.deepEqual(judge(nightly, planned, at('04:01')), { kind: 'missed' });
    assert.equal(clock(planNextRun(nightly, planned, at('04:01'), NO_DELAYS)), '2026-01-06T03:00Z');
  });

  test('are not repeated when the clock is set back a little after one', () => {
    const planned = { sinceMs: wall('03:00'), dueMs: wall('03:00') + DAY, runMs: wall('03:00') + DAY };
    assert.equal(planAfterSetback(nightly, planned, at('02:30'), NO_DELAYS), planned);
  });

  test('do not wait for the clock to come round again', () => {
    const quick = queryOf(cron('*/5 * * * *'));
    const planned = { sinceMs: wall('12:00'), dueMs: wall('12:05'), runMs: wall('12:05') };
    assert.equal(clock(planAfterSetback(quick, planned, at('11:01'), NO_DELAYS)), '2026-01-05T11:05Z');
    const monthAhead = { sinceMs: wall('03:00') + 30 * DAY, dueMs: wall('03:00') + 31 * DAY, runMs: 0 };
    assert.equal(clock(planAfterSetback(nightly, monthAhead, at('12:00'), NO_DELAYS)), '2026-01-06T03:00Z');
  });

  test('may be made up within catch_up; those of an interval always', () => {
    assert.equal(isWithinCatchUp(nightly, wall('03:00'), wall('04:00')), true);
    assert.equal(isWithinCatchUp(nightly, wall('03:00'), wall('04:01')), false);
    assert.equal(isWithinCatchUp(queryOf(every(MINUTE)), wall('03:00'), wall('23:00')), true);
  });
});

describe('the spread of equal schedules', () => {
  const spreads = (query: Partial<Query>, count: number) =>
    Array.from({ length: count }, (_, index) =>
      planSpread({ ...taskOf({ query }), key: `q@t${index}` as TaskKey }, count),
    );

  test('is the same at every start, and even', () => {
    const first = spreads(every(HOUR), 1_000);
    assert.deepEqual(first, spreads(every(HOUR), 1_000));
    const tenths = Array.from(
      { length: 10 },
      (_, tenth) => first.filter((ms) => Math.floor(ms / 1_000) === tenth).length,
    );
    assert.ok(
      tenths.every((count) => count > 60 && count < 140),
      `1,000 tasks over ten parts of ten seconds: ${tenths}`,
    );
  });

  test('is narrow for few tasks and for cron, and never wider than a period', () => {
    assert.ok(Math.max(...spreads(every(HOUR), 3)) < 30);
    assert.ok(Math.max(...spreads(every(SECOND), 500)) < SECOND);
    assert.ok(Math.max(...spreads(cron('0 * * * *'), 1_000)) < SECOND);
  });
});

function wall(time: string): number {
  return Date.parse(`2026-01-05T${time}Z`);
}

function at(time: string, monotonicMs = 0): Moment {
  return { wallMs: wall(time), monotonicMs };
}

function clock(appointment: Appointment | null): string | null {
  return appointment && `${new Date(appointment.runMs).toISOString().slice(0, 16)}Z`;
}

function restoredAt(time: string): KnownTask {
  const atMs = wall(time);
  return { task: 'orders@db1' as TaskKey, lastRefreshAtMs: atMs, lastSuccessAtMs: atMs, series: 1, nextAtMs: null };
}
