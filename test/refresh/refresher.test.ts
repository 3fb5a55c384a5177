import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTaskRenderer } from '../../src/metrics/renderer.ts';
import { RefreshError } from '../../src/model/failure.ts';
import type { Query } from '../../src/model/plan.ts';
import { Gate } from '../../src/refresh/gate.ts';
import { type RefreshMeans, refresh, STOPPED } from '../../src/refresh/refresher.ts';
import { FakeDriver, fails, hangs } from './fake-driver.ts';
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

  test('hands its deadline to the driver and aborts it then', async () => {
    const { run, driver, clock } = arranged({ timeoutMs: 2_000 });
    driver.onRun = hangs();
    clock.stall(500);
    const ended = run();
    await clock.pass(1_999);
    assert.equal(driver.running, 1);
    await clock.pass(1);
    const end = await ended;
    assert.equal(driver.asked[0]?.deadlineMs, 2_500);
    assert.deepEqual(end, {
      kind: 'failure',
      failure: {
        reason: 'timeout',
        message: 'query "orders" on target "db1": no answer within the time',
        errno: null,
        sqlState: null,
      },
    });
    assert.equal(clock.pendingTimers, 0);
  });

  test('counts the wait for a place into its deadline, and calls it busy', async () => {
    const { run, clock, driver, gate } = arranged({ timeoutMs: 2_000 });
    gate.setLimits(0, []);
    driver.onRun = hangs();
    const first = run();
    await clock.pass(1_500);
    const second = run();
    gate.setLimits(1, []);
    await clock.pass(500);
    const end = await first;
    assert.equal(end.kind === 'failure' && end.failure.reason, 'timeout');
    assert.deepEqual(
      driver.asked.map(({ deadlineMs }) => deadlineMs),
      [2_000, 3_500],
    );
    const third = run();
    gate.setLimits(0, []);
    await clock.pass(2_000);
    const ends = [await second, await third];
    assert.deepEqual(
      ends.map((last) => last.kind === 'failure' && last.failure.reason),
      ['timeout', 'busy'],
    );
  });

  test('is not begun when most of its time is gone', async () => {
    const { run, clock, driver, gate } = arranged({ timeoutMs: 2_000 });
    gate.setLimits(0, []);
    const ended = run();
    await clock.pass(1_501);
    gate.setLimits(1, []);
    const end = await ended;
    assert.equal(end.kind === 'failure' && end.failure.reason, 'busy');
    assert.deepEqual(driver.asked, []);
    assert.equal(clock.pendingTimers, 0);
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
    assert.deepEqual(await run(), { kind: 'skipped' });
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

  test('names its place once, also where the driver has named it', async () => {
    const { run, driver } = arranged();
    driver.onRun = async () => {
      throw new RefreshError('query', 'query "orders" on target "db1": no such table');
    };
    const end = await run();
    assert.equal(end.kind === 'failure' && end.failure.message, 'query "orders" on target "db1": no such table');
  });

  test('keeps number and state of the server, and names the place', async () => {
    const { run, driver } = arranged();
    driver.onRun = fails('query', 1064);
    const end = await run();
    assert.ok(end.kind === 'failure');
    assert.equal(end.failure.errno, 1064);
    assert.match(end.failure.message, /^query "orders" on target "db1": the server said query$/);
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
  const driver = new FakeDriver(task.target);
  const gate = new Gate();
  let controller = new AbortController();
  gate.setLimits(64, [task.target]);
  const run = () => {
    controller = new AbortController();
    return refresh({
      task,
      driver,
      renderer: createTaskRenderer(task),
      gate,
      clock,
      controller,
      seriesBudget: () => 1_000,
      mayAsk: () => true,
      onStart: () => {},
      onFault: () => {},
      ...means,
    });
  };
  return { run, clock, driver, gate, stop: () => controller.abort(STOPPED) };
}
