import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTaskRenderer } from '../../src/metrics/renderer.ts';
import { Deadline } from '../../src/model/deadline.ts';
import { RefreshError } from '../../src/model/failure.ts';
import type { Query } from '../../src/model/plan.ts';
import { type RefreshMeans, refresh } from '../../src/refresh/refresher.ts';
import { ConnectionPool, POOL_OPTIONS } from '../../src/sql/pool/connection-pool.ts';
import { Semaphore } from '../../src/sql/pool/semaphore.ts';
import { FakeDriver, hangs } from './fake-driver.ts';
import { taskOf } from './plans.ts';
import { SetClock, settle } from './set-clock.ts';

describe('a refresh', () => {
  test('ends in a result with the rendered parts', async () => {
    const { run, driver } = arranged();
    const end = await run();
    assert.equal(end.kind, 'result');
    assert.ok(end.kind === 'result');
    assert.equal(new TextDecoder().decode(end.parts[0]?.text), 'orders_n{target="db1"} 1\n');
    assert.deepEqual([end.rows, end.series, end.rejections], [1, 1, []]);
    assert.equal(driver.asked[0]?.sql, 'select n from orders');
  });

  test('hands its deadline to the driver, which ends it then', async () => {
    const { run, driver, clock } = arranged({ timeoutMs: 2_000 });
    driver.onRun = hangs();
    clock.stall(500);
    const ended = run();
    await clock.pass(1_999);
    assert.equal(driver.running, 1);
    await clock.pass(1);
    assert.deepEqual(await ended, {
      kind: 'failure',
      failure: {
        reason: 'timeout',
        message: 'query "orders" on target "db1": no answer within the time',
        errno: null,
        sqlState: null,
        endedBy: 'exporter',
      },
    });
    assert.equal(clock.pendingTimers, 0);
  });

  test('counts the wait for a place into its deadline, and calls it busy', async () => {
    const { run, clock, driver, running } = arranged({ timeoutMs: 2_000 });
    running.setLimit(0);
    driver.onRun = hangs();
    const first = run();
    await clock.pass(1_500);
    const second = run();
    running.setLimit(1);
    await clock.pass(499);
    assert.equal(driver.running, 1);
    await clock.pass(1);
    running.setLimit(0);
    const third = run();
    await clock.pass(2_000);
    const ends = [await first, await second, await third];
    assert.deepEqual(
      ends.map((end) => end.kind === 'failure' && end.failure.reason),
      ['timeout', 'timeout', 'busy'],
    );
  });

  test('is not begun when most of its time is gone', async () => {
    const { run, clock, driver, running } = arranged({ timeoutMs: 2_000 });
    running.setLimit(0);
    const ended = run();
    await clock.pass(1_501);
    running.setLimit(1);
    const end = await ended;
    assert.equal(end.kind === 'failure' && end.failure.reason, 'busy');
    assert.deepEqual(driver.asked, []);
  });

  test('that is stopped is no failure', async () => {
    const { run, driver, stop } = arranged();
    driver.onRun = hangs();
    const ended = run();
    await settle();
    stop();
    assert.deepEqual(await ended, { kind: 'stopped' });
    assert.equal(driver.running, 0);
  });

  test('does not ask a target that has gone down while it waited', async () => {
    const { run, driver } = arranged({}, { mayAsk: () => false });
    assert.deepEqual(await run(), { kind: 'skipped', reason: 'backoff', why: 'the target does not answer' });
    assert.equal(driver.asked.length, 0);
  });

  test('without a row fails where on_empty says so', async () => {
    for (const [onEmpty, reason] of [
      ['fail', 'empty'],
      ['clear', null],
      ['keep', null],
    ] as const) {
      const { run, driver } = arranged({ onEmpty });
      driver.values = [];
      const end = await run();
      assert.equal(end.kind === 'failure' ? end.failure.reason : null, reason);
    }
  });

  test('fails where other tasks hold the series that it would need, also those that came meanwhile', async () => {
    for (const budgets of [
      [0, 0],
      [9, 0],
    ]) {
      const left = [...budgets];
      const { run } = arranged({}, { seriesBudget: () => left.shift() ?? 0 });
      const end = await run();
      assert.equal(end.kind === 'failure' && end.failure.reason, 'too_many_series');
    }
  });

  test('keeps number and state of the server and who ended it, and names the place', async () => {
    const { run, driver } = arranged();
    driver.onRun = async () => {
      throw new RefreshError('query', 'no such table', { errno: 1146, sqlState: '42S02', endedBy: 'server' });
    };
    assert.deepEqual(await run(), {
      kind: 'failure',
      failure: {
        reason: 'query',
        message: 'query "orders" on target "db1": no such table',
        errno: 1146,
        sqlState: '42S02',
        endedBy: 'server',
      },
    });
  });

  test('tells what the query needs where the user lacks a privilege, and only there', async () => {
    const { run, driver } = arranged({ needs: 'GRANT PROCESS ON *.* TO monitor' });
    const messageOf = async (lacksPrivilege: boolean) => {
      driver.onRun = async () => {
        throw new RefreshError('query', 'denied', { endedBy: 'server', lacksPrivilege });
      };
      const end = await run();
      return end.kind === 'failure' && end.failure.message;
    };
    const failed = 'query "orders" on target "db1": denied';
    assert.equal(await messageOf(true), `${failed}; it needs: GRANT PROCESS ON *.* TO monitor`);
    assert.equal(await messageOf(false), failed);
  });

  test('calls everything else a fault of the exporter, and does not quote it', async () => {
    const faults: unknown[] = [];
    const { run, driver } = arranged({}, { onFault: (error) => faults.push(error) });
    driver.onRun = async () => {
      throw new TypeError('Received "the password"');
    };
    const end = await run();
    assert.ok(end.kind === 'failure');
    assert.equal(end.failure.reason, 'internal');
    assert.match(end.failure.message, /a fault of the exporter \(TypeError\)/);
    assert.equal(faults.length, 1);
  });
});

function arranged(query: Partial<Query> = {}, means: Partial<RefreshMeans> = {}) {
  const task = taskOf({ query });
  const clock = new SetClock();
  const running = new Semaphore(64);
  const driver = new FakeDriver(task.target, new ConnectionPool(running, null, POOL_OPTIONS));
  let deadline: Deadline | null = null;
  const run = () => {
    deadline = new Deadline(clock, task.query.timeoutMs);
    return refresh({
      task,
      driver,
      renderer: createTaskRenderer(task),
      guard: null,
      deadline,
      seriesBudget: () => 1_000,
      mayAsk: () => true,
      onStart: () => {},
      onFault: () => {},
      ...means,
    });
  };
  return { run, clock, driver, running, stop: () => deadline?.stop() };
}
