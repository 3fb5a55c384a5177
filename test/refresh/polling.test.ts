import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createRecordLogger, type LogLevel, type LogRecord } from '../../src/logger.ts';
import type { ShareChange } from '../../src/model/fleet-terms.ts';
import type { KnownTask } from '../../src/model/known-task.ts';
import { type Plan, serverKeyOf, type Target, type Task } from '../../src/model/plan.ts';
import type { PollerEvent } from '../../src/model/poller-event.ts';
import type { TargetHealth } from '../../src/model/standing.ts';
import type { RunResult } from '../../src/model/task-result.ts';
import type { QueryName, TargetName, TaskKey } from '../../src/model/words.ts';
import { ALONE } from '../../src/refresh/coordinator.ts';
import { LAG_TICK_MS, OwnLag } from '../../src/refresh/own-lag.ts';
import { type PollingOptions, startPolling } from '../../src/refresh/polling.ts';
import { answers, type FakeDriver, FakeDrivers, fails, gated, hangs } from './fake-driver.ts';
import { cron, every, planOf, taskOf } from './plans.ts';
import { SetClock, settle } from './set-clock.ts';

const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;

describe('polling', () => {
  test('runs a task at start and on its schedule, and says when it runs next', async () => {
    const { clock, results, events } = polling([taskOf({ query: every(15 * SECOND) })]);
    await clock.pass(46 * SECOND);
    assert.equal(results.length, 4);
    const [first, second] = results;
    assert.equal(first?.outcome.kind, 'result');
    assert.equal(first?.times.nextAtMs, second?.times.asOfMs);
    assert.deepEqual(events.slice(0, 4), [
      'planned orders',
      'started orders',
      'marked orders',
      'finished orders result',
    ]);
  });

  test('never runs a task twice at a time: a run that is due meanwhile is skipped and counted', async () => {
    const task = taskOf({ query: { ...every(SECOND), timeoutMs: 10 * SECOND } });
    const { clock, events, driver } = polling([task]);
    driver(task).onRun = hangs();
    await clock.pass(10 * SECOND - 100);
    assert.equal(driver(task).mostRunning, 1);
    assert.equal(events.filter((event) => event === 'skipped orders overlap').length, 9);
  });

  test('a run where the when does not hold is an answer of the target, without samples and without a line in the log', async () => {
    const when = { role: 'primary', version: null, sql: null } as const;
    const task = taskOf({ query: { ...every(15 * SECOND), when } });
    const { clock, results, events, logs, driver } = polling([task]);
    await clock.pass(16 * SECOND);
    driver(task).whyNot = 'role is replica, not primary';
    await clock.pass(15 * SECOND);
    assert.deepEqual(results.at(-1)?.outcome, { kind: 'not_applicable', why: 'role is replica, not primary' });
    driver(task).whyNot = null;
    await clock.pass(15 * SECOND);
    assert.deepEqual(
      results.map(({ outcome }) => outcome.kind),
      ['result', 'result', 'not_applicable', 'result'],
    );
    assert.ok(events.includes('db1 up'), events.join());
    assert.ok(!events.includes('db1 down'));
    assert.deepEqual(logs, []);
  });

  test('a run that its guard keeps from the server is a skip, said once, and the next one comes as scheduled', async () => {
    const task = taskOf({ query: every(15 * SECOND) });
    const guard = { lock: 'orders of the fleet', claimedMs: null };
    const { clock, results, events, logs, driver } = polling([task], {
      coordinator: { ...ALONE, guardOf: () => guard },
    });
    await clock.pass(SECOND);
    driver(task).guarded = 'another exporter runs it';
    events.length = 0;
    await clock.pass(31 * SECOND);
    assert.deepEqual(
      events.filter((event) => !event.endsWith(' up')),
      Array(2).fill(['started orders', 'aborted orders', 'skipped orders guarded', 'planned orders']).flat(),
    );
    driver(task).guarded = null;
    await clock.pass(15 * SECOND);
    assert.deepEqual(
      results.map(({ outcome }) => outcome.kind),
      ['result', 'result'],
    );
    assert.ok(driver(task).asked.every((request) => request.guard === guard));
    assert.deepEqual(
      logs.map(({ message, fields: { reason, why } }) => [message, reason, why]),
      [
        ['refresh skipped', 'guarded', 'another exporter runs it'],
        ['refresh succeeds again', undefined, undefined],
      ],
    );
  });

  test('a run where the when does not hold gives back the series that its task held', async () => {
    const when = { role: 'primary', version: null, sql: null } as const;
    const task = taskOf({ query: { ...every(15 * SECOND), when } });
    const other = taskOf({ query: { ...every(15 * SECOND), name: 'users' as QueryName } });
    const { clock, results, driver } = polling([task, other], { plan: { maxSeries: 1 } });
    driver(other).onRun = fails('query', 1146);
    await clock.pass(SECOND);
    driver(task).whyNot = 'role is replica, not primary';
    driver(other).onRun = answers;
    await clock.pass(31 * SECOND);
    assert.deepEqual(results.filter(({ task: key }) => key === other.key).at(-1)?.outcome.kind, 'result');
  });

  test('does not run a task again before its result is acknowledged', async () => {
    const task = taskOf({ query: every(SECOND) });
    const { clock, events, driver, polling: it } = polling([task], { acknowledge: false });
    await clock.pass(3.5 * SECOND);
    assert.equal(driver(task).asked.length, 1);
    assert.equal(events.filter((event) => event === 'skipped orders overlap').length, 3);
    it.acknowledge(task.key);
    await clock.pass(SECOND);
    assert.equal(driver(task).asked.length, 2);
  });

  test('runs a task now when somebody says so, once at a time, and leaves its schedule alone', async () => {
    const task = taskOf({ query: every(60 * MINUTE) });
    const { clock, results, driver, polling: it } = polling([task]);
    await clock.pass(MINUTE);
    const nextAtMs = results[0]?.times.nextAtMs;
    assert.deepEqual([it.run(task.key), it.run(task.key)], ['started', 'running']);
    await clock.pass(MINUTE);
    assert.deepEqual([results.length, results[1]?.times.nextAtMs], [2, nextAtMs]);
    assert.equal(driver(task).mostRunning, 1);
    assert.equal(it.run('nobody' as TaskKey), 'unknown');
  });

  test('does not run a task now that is not acknowledged, is suspended, or whose target is down, and says which', async () => {
    const task = taskOf({ query: every(60 * MINUTE) });
    const waiting = polling([task], { acknowledge: false });
    await waiting.clock.pass(MINUTE);
    assert.equal(waiting.polling.run(task.key), 'running');
    assert.equal(polling([task], { suspended: [task.key] }).polling.run(task.key), 'suspended');
    const down = polling([task]);
    down.driver(task).onRun = fails('connect');
    down.driver(task).onPing = fails('connect');
    await down.clock.pass(SECOND);
    assert.equal(down.polling.run(task.key), 'backoff');
    assert.equal(down.driver(task).asked.length, 1);
  });

  test('runs that end well keep the time of the last answer of their target fresh, and are not told one by one', async () => {
    const task = taskOf({ query: every(100) });
    const { clock, events, results } = polling([task]);
    await clock.pass(21 * SECOND);
    assert.ok(results.length > 200);
    assert.deepEqual(
      events.filter((event) => event === 'db1 up'),
      Array.from({ length: 5 }, () => 'db1 up'),
    );
  });

  test('tells every refresh at debug, with its statement, and nothing of one that succeeds at info', async () => {
    const task = taskOf({ query: every(60 * MINUTE) });
    const [loud, quiet] = [polling([task], { level: 'debug' }), polling([task])];
    for (const { clock, driver, polling: it } of [loud, quiet]) {
      await clock.pass(SECOND);
      driver(task).onRun = fails('query');
      it.run(task.key);
      await clock.pass(SECOND);
    }
    const ends = loud.logs
      .filter(({ message }) => message === 'refresh ended')
      .map(({ level, fields }) => ({ level, ...fields }));
    const about = { level: 'debug', query: 'orders', target: task.target.name, duration_ms: 0, sql: task.query.sql };
    assert.deepEqual(ends, [
      { ...about, rows: 1, series: 1 },
      { ...about, reason: 'query' },
    ]);
    assert.deepEqual(
      quiet.logs.map(({ message }) => message),
      ['refresh failed'],
    );
  });

  test('a suspended task is skipped until the plan is replaced, and then runs at once', async () => {
    const task = taskOf({ query: every(60 * MINUTE) });
    const { clock, events, driver, reload } = polling([task], { suspended: [task.key] });
    await clock.pass(90 * MINUTE);
    assert.equal(driver(task).asked.length, 0);
    assert.equal(events.filter((event) => event === 'skipped orders suspended').length, 2);
    reload([task]);
    await clock.pass(SECOND);
    assert.equal(driver(task).asked.length, 1);
  });

  test('a process that was stopped for half an hour makes up each task once', async () => {
    const tasks = ['a', 'b', 'c'].map((name) => taskOf({ query: { ...every(10 * SECOND), name: name as QueryName } }));
    const { clock, results, driver } = polling(tasks);
    await clock.pass(SECOND);
    clock.stall(30 * MINUTE);
    await clock.pass(SECOND);
    assert.equal(results.length, 6);
    assert.ok(driver(tasks[0] as Task).mostRunning <= 2);
  });

  test('one hung target does not delay another, and many of its tasks do not take its place', async () => {
    const hung = Array.from({ length: 40 }, (_, index) =>
      taskOf({ query: { ...every(10 * SECOND), name: `h${index}` as QueryName } }),
    );
    const well = taskOf({ query: every(SECOND), target: { name: 'db2' as TargetName } });
    const { clock, results, driver } = polling([...hung, well], { plan: { maxRunning: 4 } });
    driver(hung[0] as Task).onRun = hangs();
    driver(hung[0] as Task).onPing = hangs('connect');
    await clock.pass(60 * SECOND);
    const lags = results.filter(({ task }) => task === well.key).map(({ times }) => times.asOfMs % SECOND);
    assert.ok(lags.length >= 60);
    assert.ok(new Set(lags).size === 1, 'every run began on its second');
    assert.ok(driver(hung[0] as Task).mostRunning <= 2);
  });

  test('restored tasks whose period has not passed are not run, and go on where they were', async () => {
    const task = taskOf({ query: every(HOUR) });
    const start = new SetClock().now();
    const restored = {
      task: task.key,
      lastRefreshAtMs: start - 40 * MINUTE,
      lastSuccessAtMs: start - 40 * MINUTE,
      series: 1,
      nextAtMs: start + 19 * MINUTE,
    };
    const { clock, results } = polling([task], { restored: [restored] });
    await clock.pass(18 * MINUTE);
    assert.equal(results.length, 0);
    await clock.pass(2 * MINUTE);
    assert.deepEqual(
      results.map(({ times }) => times.asOfMs - start),
      [19 * MINUTE],
    );
  });

  test('all tasks together hold no more than max_series', async () => {
    const tasks = ['a', 'b'].map((name) => taskOf({ query: { ...every(10 * SECOND), name: name as QueryName } }));
    const { clock, events, reload } = polling(tasks, { plan: { maxSeries: 1 } });
    await clock.pass(SECOND);
    const ends = () => events.filter((event) => event.startsWith('finished')).map((event) => event.split(' ').at(-1));
    assert.deepEqual(ends().sort(), ['result', 'too_many_series']);
    const failed = events.find((event) => event.endsWith('too_many_series'))?.split(' ')[1];
    reload(tasks.filter(({ query }) => query.name === failed));
    await clock.pass(10 * SECOND);
    assert.equal(ends().at(-1), 'result', 'the place of the task that is gone is free');
  });
});

describe('a target that does not answer', () => {
  test('is probed with growing pauses while its tasks are skipped, and is made up for when it answers', async () => {
    const task = taskOf({ query: every(10 * SECOND) });
    const { clock, events, driver, results, logs } = polling([task]);
    driver(task).onRun = fails('connect');
    driver(task).onPing = fails('connect');
    await clock.pass(35 * SECOND);
    assert.deepEqual(outcomes(results), ['connect']);
    // After 1, 2, 4, 8 and 16 seconds.
    assert.equal(driver(task).pings, 5);
    assert.equal(events.filter((event) => event === 'skipped orders backoff').length, 3);
    assert.equal(logs.length, 1, 'one line, not one for each attempt');

    driver(task).onRun = answers;
    driver(task).onPing = answers;
    await clock.pass(27 * SECOND);
    assert.deepEqual(outcomes(results).slice(0, 2), ['connect', 'result']);
    // The probe after 1+2+4+8+16+30 s finds it, and the owed run begins at once.
    assert.equal(Math.round(((results[1]?.times.asOfMs ?? 0) - clock.now() + 62 * SECOND) / SECOND), 61);
    assert.deepEqual(
      events.filter((event) => event.startsWith('db1')),
      ['db1 down', 'db1 down', 'db1 down', 'db1 down', 'db1 down', 'db1 down', 'db1 up'],
    );
    assert.deepEqual(
      logs.map(({ message }) => message),
      ['target does not answer', 'target answers again'],
    );
  });

  test('is noticed to be back long before a slow query is due, which is then made up', async () => {
    const task = taskOf({ query: every(6 * HOUR) });
    const { clock, driver, results } = polling([task]);
    driver(task).onRun = fails('connect');
    await clock.pass(500);
    driver(task).onRun = answers;
    await clock.pass(2 * SECOND);
    assert.deepEqual(outcomes(results), ['connect', 'result']);
    await clock.pass(5 * HOUR);
    assert.equal(results.length, 2);
  });

  test('is made up for within catch_up only, where a cron schedule says when', async () => {
    for (const [downMs, count] of [
      [30 * MINUTE, 2],
      [90 * MINUTE, 1],
    ] as const) {
      const task = taskOf({ query: cron('0 3 * * *', 'UTC', { periodMs: DAY, catchUpMs: HOUR }) });
      const { clock, driver, results } = polling([task]);
      driver(task).onRun = fails('connect');
      driver(task).onPing = fails('connect');
      await clock.pass(3 * HOUR + downMs);
      driver(task).onRun = answers;
      driver(task).onPing = answers;
      await clock.pass(MINUTE);
      assert.equal(results.length, count);
    }
  });

  test('that refuses the password is asked by one run and then seldom, however many tasks are due', async () => {
    const tasks = Array.from({ length: 50 }, (_, index) =>
      taskOf({ query: { ...every(15 * SECOND), name: `q${index}` as QueryName }, target: { maxConnections: 1 } }),
    );
    const { clock, driver } = polling(tasks);
    const target = driver(tasks[0] as Task);
    target.onRun = fails('auth', 1045);
    target.onPing = fails('auth', 1045);
    await clock.pass(10 * MINUTE);
    // 30 s, 1, 2, 4 and 8 minutes.
    assert.equal(target.asked.length, 1);
    assert.equal(target.pings, 4);
  });

  test('tells how it stands: since when it is down, why, and when it is tried again', async () => {
    const task = taskOf({ query: every(10 * SECOND) });
    const { clock, health, driver } = polling([task]);
    await clock.pass(SECOND);
    const startMs = health[0]?.checkedAtMs ?? 0;
    driver(task).onRun = fails('connect');
    driver(task).onPing = fails('auth', 1045);
    await clock.pass(11 * SECOND);
    const [up, down, refused] = health;
    assert.deepEqual([up?.standing, up?.downSinceMs, up?.nextTryAtMs, up?.lastFailure], ['up', null, null, null]);
    assert.deepEqual(
      [down?.standing, down?.downSinceMs, down?.nextTryAtMs, down?.lastFailure?.reason],
      ['down', startMs + 10 * SECOND, startMs + 11 * SECOND, 'connect'],
    );
    assert.deepEqual(
      [refused?.downSinceMs, refused?.nextTryAtMs, refused?.lastFailure?.reason, refused?.lastFailure?.errno],
      [startMs + 10 * SECOND, startMs + 41 * SECOND, 'auth', 1045],
    );
    driver(task).onPing = answers;
    driver(task).onRun = answers;
    await clock.pass(30 * SECOND);
    const last = health.at(-1);
    assert.deepEqual([last?.standing, last?.downSinceMs, last?.lastFailure?.reason], ['up', null, 'auth']);
  });

  test('is tried at once after a reload, however long its back-off is, and its runs are made up', async () => {
    const tasks = ['a', 'b'].map((name) =>
      taskOf({ query: { name: name as QueryName, ...every(HOUR) }, target: { name: name as TargetName } }),
    );
    const { clock, driver, reload, events, results } = polling(tasks);
    for (const task of tasks) {
      driver(task).onRun = fails('auth');
      driver(task).onPing = fails('auth');
    }
    await clock.pass(10 * MINUTE);
    const failed = results.length;
    for (const task of tasks) {
      driver(task).onRun = answers;
      driver(task).onPing = answers;
    }
    reload(tasks);
    await clock.pass(20);
    assert.deepEqual(
      results.slice(failed).map(({ outcome }) => outcome.kind),
      ['result', 'result'],
    );
    assert.deepEqual(events.filter((event) => / up$/.test(event)).sort(), ['a up', 'b up']);
  });

  test('that is another one after a reload is asked for the run that the earlier one owed', async () => {
    const query = { ...every(HOUR), sql: 'select 1 n' };
    const before = taskOf({ query, target: { password: { kind: 'text', text: 'wrong' } } });
    const after = taskOf({ query, target: { password: { kind: 'text', text: 'right' } } });
    const { clock, driver, reload, results } = polling([before], {
      restored: [restoredNow(before)],
    });
    await clock.pass(0);
    driver(before).onRun = fails('auth');
    driver(before).onPing = fails('auth');
    await clock.pass(HOUR + MINUTE);
    assert.deepEqual(
      results.map(({ outcome }) => outcome.kind),
      ['failure'],
    );
    reload([after], [restoredNow(before)]);
    await clock.pass(0);
    assert.equal(results.at(-1)?.outcome.kind, 'result');
  });

  test('is not blamed in the log for each run that failed while the exporter itself was held up', async () => {
    const tasks = Array.from({ length: 77 }, (_, index) =>
      taskOf({ query: { name: `q${index}` as QueryName, ...every(HOUR), timeoutMs: 5 * SECOND } }),
    );
    const { clock, driver, logs, results } = polling(tasks, { isLate: true });
    for (const task of tasks) driver(task).onRun = hangs();
    await clock.pass(HOUR / 2);
    const failures = results.flatMap(({ outcome }) => (outcome.kind === 'failure' ? outcome.failure.message : []));
    assert.ok(failures.length > 0 && failures.every((message) => /itself was held up/.test(message)));
    const lines = logs.filter(({ level }) => level === 'warn').map(({ message }) => message);
    assert.deepEqual([...new Set(lines)], ['refreshes fail while the exporter is late']);
    assert.ok(lines.length < 31, `${lines.length} lines`);
  });

  test('is told from a query that hangs by a probe', async () => {
    const task = taskOf({ query: { ...every(MINUTE), timeoutMs: 2 * SECOND } });
    const { clock, driver, events } = polling([task]);
    driver(task).onRun = hangs();
    await clock.pass(3 * SECOND);
    assert.equal(driver(task).pings, 1);
    assert.deepEqual(
      events.filter((event) => event.startsWith('db1')),
      ['db1 up'],
    );
    await clock.pass(50 * SECOND);
    assert.equal(driver(task).asked.length, 1, 'a query that is too slow is not repeated before it is due');
  });

  test('is down where the probe after a hanging query hangs too, and the query is made up', async () => {
    const task = taskOf({ query: { ...every(HOUR), timeoutMs: 2 * SECOND } });
    const { clock, driver, events, results } = polling([task]);
    driver(task).onRun = hangs();
    driver(task).onPing = hangs('connect');
    await clock.pass(7.5 * SECOND);
    assert.deepEqual(
      events.filter((event) => event.startsWith('db1')),
      ['db1 down'],
    );
    driver(task).onRun = answers;
    driver(task).onPing = answers;
    await clock.pass(MINUTE);
    assert.deepEqual(outcomes(results), ['timeout', 'result']);
  });

  test('is not asked once more by a probe that waits, when a run was refused meanwhile', async () => {
    const hanging = taskOf({ query: { ...every(HOUR), timeoutMs: 2 * SECOND } });
    const refused = taskOf({ query: { name: 'refused' as QueryName, ...every(3 * SECOND), runOnStart: false } });
    const { clock, driver, events } = polling([hanging, refused]);
    let isOver = false;
    driver(hanging).onRun = hangs();
    driver(hanging).onPing = (signal) => hangs('connect')(signal).finally(() => (isOver = true));
    await clock.pass(2.5 * SECOND);
    assert.deepEqual([driver(hanging).pings, isOver], [1, false]);
    driver(hanging).onRun = fails('auth');
    await clock.pass(SECOND);
    assert.equal(isOver, true);
    assert.deepEqual(
      events.filter((event) => event.startsWith('db1')),
      ['db1 down'],
    );
  });

  test('that cuts a run off is made up for once: somebody may be killing it on purpose', async () => {
    const task = taskOf({ query: every(HOUR) });
    const { clock, driver, results } = polling([task]);
    driver(task).onRun = fails('lost');
    await clock.pass(10 * MINUTE);
    assert.deepEqual(outcomes(results), ['lost', 'lost']);
  });

  test('is not suspected because of a wrong query', async () => {
    const task = taskOf({ query: every(10 * SECOND) });
    const { clock, driver, events, results } = polling([task]);
    driver(task).onRun = fails('query', 1064);
    await clock.pass(65 * SECOND);
    assert.equal(results.length, 7);
    assert.equal(driver(task).pings, 0);
    assert.ok(events.includes('db1 up'));
    assert.ok(!events.includes('db1 down'));
  });

  test('is pinged between slow queries, and only where nothing else has answered', async () => {
    const target = { pingIntervalMs: 30 * SECOND };
    const slow = taskOf({ query: { ...every(HOUR), runOnStart: false }, target });
    const first = polling([slow]);
    await first.clock.pass(5 * MINUTE);
    assert.equal(first.driver(slow).pings, 10);
    assert.equal(first.events.filter((event) => event === 'db1 up').length, 10);

    const quick = taskOf({ query: every(20 * SECOND), target });
    const second = polling([quick]);
    await second.clock.pass(5 * MINUTE);
    assert.equal(second.driver(quick).pings, 0);
  });
});

describe('a share of the servers', () => {
  const [mine, other] = ['db1', 'db2'].map((name) =>
    taskOf({ query: every(10 * SECOND), target: { name: name as TargetName, shared: true, server: `${name}:3306` } }),
  ) as [Task, Task];
  const serverOf = ({ target }: Task) => serverKeyOf(target);
  const change = (parts: Partial<ShareChange>): ShareChange => {
    return { losses: 0, taken: [], isClaimed: true, released: [], lost: [], ...parts };
  };

  /** Polls what is in the set, while it may. */
  function sharing(owned: Set<string>) {
    const state = { mayRun: true };
    const coordinator = {
      owns: (target: Target) => owned.has(serverKeyOf(target)),
      mayRun: (target: Target) => state.mayRun && owned.has(serverKeyOf(target)),
      guardOf: () => null,
    };
    return { ...polling([mine, other], { coordinator }), state };
  }

  test('is all that is polled, and a server that is taken goes on where its last owner was', async () => {
    const owned = new Set([serverOf(mine)]);
    const { polling: it, clock, driver } = sharing(owned);
    await clock.pass(11 * SECOND);
    assert.deepEqual([driver(mine).asked.length, driver(other).asked.length], [2, 0]);
    owned.add(serverOf(other));
    const nowMs = clock.now();
    const known = {
      task: other.key,
      lastRefreshAtMs: nowMs - 6 * SECOND,
      lastSuccessAtMs: nowMs - 6 * SECOND,
      series: 1,
    };
    it.changeShare(change({ taken: [serverOf(other)] }), [{ ...known, nextAtMs: nowMs + 4 * SECOND }], []);
    await clock.pass(4 * SECOND - 1);
    assert.equal(driver(other).asked.length, 0);
    await clock.pass(1);
    assert.equal(driver(other).asked.length, 1);
  });

  test('is given back when what is under way has ended, or was ended after five seconds', async () => {
    const owned = new Set([serverOf(mine), serverOf(other)]);
    const { polling: it, clock, driver, events, left } = sharing(owned);
    const { behaviour, open } = gated();
    driver(mine).onRun = behaviour;
    driver(other).onRun = hangs();
    await clock.pass(SECOND);
    owned.clear();
    it.changeShare(change({ released: [serverOf(mine), serverOf(other)] }), [], []);
    await settle();
    assert.deepEqual(left, []);
    open();
    await settle();
    assert.deepEqual(left, [serverOf(mine)]);
    await clock.pass(5 * SECOND);
    assert.deepEqual(left, [serverOf(mine), serverOf(other)]);
    assert.deepEqual(events.filter((event) => event.startsWith('finished')).length, 1);
    await clock.pass(MINUTE);
    assert.deepEqual([driver(mine).asked.length, driver(other).asked.length], [1, 1]);
  });

  test('that was lost begins nothing more and leaves what is under way its time', async () => {
    const owned = new Set([serverOf(mine)]);
    const { polling: it, clock, driver, left } = sharing(owned);
    const { behaviour, open } = gated();
    driver(mine).onRun = behaviour;
    await clock.pass(SECOND);
    owned.clear();
    it.changeShare(change({ lost: [serverOf(mine)] }), [], []);
    await clock.pass(8 * SECOND);
    assert.deepEqual([driver(mine).running, left], [1, []]);
    open();
    await settle();
    assert.deepEqual(left, [serverOf(mine)]);
    assert.equal(driver(mine).asked.length, 1);
  });

  test('is not run without the right, and made up for once when that is back', async () => {
    const owned = new Set([serverOf(mine)]);
    const { polling: it, clock, driver, events, state } = sharing(owned);
    await clock.pass(SECOND);
    state.mayRun = false;
    await clock.pass(35 * SECOND);
    assert.equal(driver(mine).asked.length, 1);
    assert.ok(!events.some((event) => event.startsWith('skipped')));
    assert.equal(it.run(mine.key), 'elsewhere');
    state.mayRun = true;
    it.changeShare(change({}), [], []);
    await settle();
    assert.equal(driver(mine).asked.length, 2);
  });

  test('does not end a suspension when it comes back; a new plan does', async () => {
    const owned = new Set([serverOf(mine)]);
    const { polling: it, clock, driver, events, reload } = sharing(owned);
    owned.add(serverOf(other));
    it.changeShare(change({ taken: [serverOf(other)] }), [], [other.key]);
    await clock.pass(11 * SECOND);
    assert.deepEqual([driver(mine).asked.length, driver(other).asked.length], [2, 0]);
    assert.ok(events.includes('skipped orders suspended'));
    reload([mine, other]);
    await settle();
    assert.equal(driver(other).asked.length, 1);
  });
});

describe('a new plan', () => {
  test('leaves unchanged tasks alone, in flight or not', async () => {
    const task = taskOf({ query: every(MINUTE) });
    const { clock, driver, results, reload, events } = polling([task]);
    const { behaviour, open } = gated();
    driver(task).onRun = behaviour;
    await clock.pass(SECOND);
    reload([task, taskOf({ query: { ...every(MINUTE), name: 'more' as QueryName } })]);
    open();
    await clock.pass(50 * SECOND);
    assert.deepEqual(results.map(({ task: key }) => key).sort(), ['more@db1', 'orders@db1']);
    assert.equal(driver(task).asked.filter(({ query }) => query === 'orders').length, 1);
    assert.ok(!events.includes('aborted orders'));
  });

  test('ends a changed task in flight and runs it on the new terms, never both at once', async () => {
    const task = taskOf({ query: every(MINUTE) });
    const { clock, driver, reload, events } = polling([task]);
    driver(task).onRun = hangs();
    await clock.pass(SECOND);
    const changed = taskOf({ query: { ...every(MINUTE), sql: 'select 2 n' } });
    reload([changed]);
    driver(task).onRun = answers;
    await clock.pass(SECOND);
    assert.equal(driver(task).mostRunning, 1);
    assert.deepEqual(
      driver(task).asked.map(({ sql }) => sql),
      ['select n from orders', 'select 2 n'],
    );
    assert.deepEqual(
      events.filter((event) => /started|aborted|finished/.test(event)),
      ['started orders', 'aborted orders', 'started orders', 'finished orders result'],
    );
  });

  test('goes on with the schedule of a task whose samples still stand', async () => {
    const task = taskOf({ query: every(HOUR) });
    const { clock, driver, reload, results } = polling([task]);
    await clock.pass(20 * MINUTE);
    const [first] = results;
    assert.ok(first);
    const changed = taskOf({ query: { ...every(30 * MINUTE), maxAgeMs: HOUR } });
    const { asOfMs: atMs } = first.times;
    reload([changed], [{ task: task.key, lastRefreshAtMs: atMs, lastSuccessAtMs: atMs, series: 1, nextAtMs: null }]);
    await clock.pass(9 * MINUTE);
    assert.equal(driver(changed).asked.length, 1);
    await clock.pass(2 * MINUTE);
    assert.equal(driver(changed).asked.length, 2);
  });

  test('stops the tasks and the probes that it leaves out', async () => {
    const kept = taskOf({ query: every(10 * SECOND) });
    const gone = taskOf({ query: every(10 * SECOND), target: { name: 'db2' as TargetName, pingIntervalMs: SECOND } });
    const { clock, driver, reload, events } = polling([kept, gone]);
    driver(gone).onRun = hangs();
    await clock.pass(SECOND);
    reload([kept]);
    await clock.pass(0);
    assert.ok(events.includes('aborted orders'));
    assert.equal(driver(gone).running, 0);
    const { pings } = driver(gone);
    await clock.pass(MINUTE);
    assert.equal(driver(gone).asked.length, 1);
    assert.equal(driver(gone).pings, pings);
  });
});

describe('the end of polling', () => {
  test('aborts what is in flight, waits for it, and leaves no timer', async () => {
    const task = taskOf({ query: every(10 * SECOND), target: { pingIntervalMs: SECOND } });
    const { clock, driver, results, polling: it } = polling([task]);
    driver(task).onRun = hangs();
    driver(task).onPing = hangs('connect');
    await clock.pass(2 * SECOND);
    assert.equal(driver(task).running, 1);
    await it.stop();
    assert.equal(driver(task).running, 0);
    assert.equal(clock.pendingTimers, 0);
    assert.equal(results.length, 0);
  });

  test('waits for a run that needs time to stop', async () => {
    const task = taskOf({ query: every(10 * SECOND) });
    const { clock, driver, polling: it } = polling([task]);
    let end = () => {};
    driver(task).onRun = () =>
      new Promise((resolve) => {
        end = () => resolve();
      });
    await clock.pass(SECOND);
    let hasStopped = false;
    const stopped = it.stop().then(() => {
      hasStopped = true;
    });
    await settle();
    assert.equal(hasStopped, false);
    end();
    await stopped;
  });
});

describe('the log', () => {
  test('has one line when a query fails, one a minute while it does, and one when it is well again', async () => {
    const task = taskOf({ query: every(SECOND) });
    const { clock, driver, logs } = polling([task]);
    driver(task).onRun = fails('query', 1064);
    await clock.pass(2 * MINUTE + SECOND / 2);
    driver(task).onRun = answers;
    await clock.pass(2 * SECOND);
    assert.deepEqual(
      logs.map(({ message, fields: { suppressed } }) => [message, suppressed]),
      [
        ['refresh failed', undefined],
        ['refresh failed', 59],
        ['refresh failed', 59],
        ['refresh succeeds again', undefined],
      ],
    );
    const { query, target, errno } = logs[0]?.fields ?? {};
    assert.deepEqual([query, target, errno], ['orders', 'db1', 1064]);
  });

  test('names query, column and first offender of rejected samples', async () => {
    const task = taskOf({ query: every(10 * SECOND) });
    const { clock, driver, logs } = polling([task]);
    driver(task).values = ['abc', '1'];
    await clock.pass(MINUTE + SECOND);
    assert.equal(logs.length, 2);
    const { query, metric, column, count, example } = logs[0]?.fields ?? {};
    assert.deepEqual([query, metric, column, count, example], ['orders', 'orders_n', 'n', 1, 'abc']);
  });
});

function outcomes(results: readonly RunResult[]): string[] {
  return results.map(({ outcome }) => (outcome.kind === 'failure' ? outcome.failure.reason : outcome.kind));
}

function polling(
  tasks: readonly Task[],
  {
    plan = {},
    acknowledge = true,
    restored = [],
    suspended = [],
    level = 'info',
    isLate = false,
    coordinator = ALONE,
  }: Partial<Pick<PollingOptions, 'restored' | 'suspended' | 'coordinator'>> & {
    readonly plan?: Partial<Plan>;
    readonly acknowledge?: boolean;
    readonly level?: LogLevel;
    readonly isLate?: boolean;
  } = {},
) {
  const clock = new SetClock();
  const drivers = new FakeDrivers(plan.maxRunning ?? 64);
  const events: string[] = [];
  const results: RunResult[] = [];
  const logs: LogRecord[] = [];
  const health: TargetHealth[] = [];
  const left: string[] = [];
  const nameOf = (key: TaskKey) => key.split('@')[0];
  const noteOf = (event: PollerEvent): string => {
    switch (event.kind) {
      case 'started':
        return `${event.mark === null ? 'started' : 'marked'} ${nameOf(event.task)}`;
      case 'finished': {
        const { task, outcome } = event.result;
        results.push(event.result);
        if (acknowledge) setImmediate(() => it.acknowledge(task));
        return `finished ${nameOf(task)} ${outcome.kind === 'failure' ? outcome.failure.reason : outcome.kind}`;
      }
      case 'skipped':
        return `skipped ${nameOf(event.task)} ${event.reason}`;
      case 'health':
        health.push(event.health);
        return `${event.target} ${event.health.standing}`;
      case 'facts':
      case 'unconfirmed_stop':
        return `${event.target} ${event.kind}`;
      case 'lag':
        return event.kind;
      default:
        return `${event.kind} ${nameOf(event.task)}`;
    }
  };
  const logger = createRecordLogger(
    (record) => logs.push(record),
    level,
    () => clock.now(),
  );
  // In time as long as nobody looks: its ticks are the test's.
  const lag = new OwnLag(() => (isLate ? clock.monotonic() : 0), logger);
  lag.tick(LAG_TICK_MS.busy);
  const it = startPolling({
    plan: planOf(tasks, plan),
    restored,
    suspended,
    drivers,
    clock,
    random: () => 0,
    logger,
    lag,
    coordinator,
    onLeft: (servers) => left.push(...servers),
    emit: (event) => events.push(noteOf(event)),
  });
  const reload = (next: readonly Task[], known: PollingOptions['restored'] = []) =>
    it.replacePlan(planOf(next, { ...plan, revision: 2 }), known);
  const driver = (task: Task): FakeDriver => drivers.driverFor(task.target);
  return { polling: it, clock, events, results, logs, health, left, driver, reload };
}

/** As main knows a task that has just succeeded. */
function restoredNow(task: Task): KnownTask {
  const nowMs = new SetClock().now();
  return { task: task.key, lastRefreshAtMs: nowMs, lastSuccessAtMs: nowMs, series: 1, nextAtMs: null };
}
