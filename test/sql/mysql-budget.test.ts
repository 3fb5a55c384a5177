import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { createRecordLogger } from '../../src/logger.ts';
import type { Target } from '../../src/model/plan.ts';
import type { Driver, Drivers } from '../../src/sql/driver.ts';
import { createDrivers, type DriversOptions } from '../../src/sql/drivers.ts';
import { ask, askOne, assertFails, eventually, LONG_MS, NEVER, SetDeadline, watchStart } from './driver-bench.ts';
import { createMysqlBench, MAX_RUNNING, type MysqlBench, named } from './mysql-bench.ts';

describe('the connections to one server', () => {
  let bench: MysqlBench;
  before(async () => {
    bench = await createMysqlBench({ databases: ['shop', 'stock'] });
  });
  after(async () => {
    await bench[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    await eventually(count, (sessions) => sessions === 0);
  });

  it('are never more than the largest max_connections of its targets', async () => {
    await using drivers = createAll();
    const targets = ['shop', 'stock', ''].map((database, index) => targetOn(database, index + 1));
    let most = 0;
    const watch = setInterval(async () => {
      most = Math.max(most, await count());
    }, 5);
    const rounds = Array.from({ length: 60 }, (_, index) => targets[index % 3] as Target);
    const came = await Promise.all(
      rounds.map((target) =>
        askOne(drivers.driverFor(target), `SELECT IFNULL(DATABASE(), '') FROM (SELECT SLEEP(0.002)) AS s`),
      ),
    );
    clearInterval(watch);
    assert.deepEqual(
      came.flat(),
      rounds.map(({ connection }) => connection.database),
    );
    assert.ok(most >= 2 && most <= 3, `${most} connections`);
  });

  it('and the one for stopping are never more than one above that, whatever is stopped', async () => {
    await using drivers = createAll();
    const driver = drivers.driverFor(targetOn('shop', 2));
    let most = 0;
    const watch = setInterval(async () => {
      most = Math.max(most, await count());
    }, 3);
    const stopped = Array.from({ length: 20 }, (_, index) => {
      const deadline = new SetDeadline();
      const onStart = (): unknown => setTimeout(() => deadline.stop(), index % 3);
      return assertFails(ask(driver, 'SELECT SLEEP(300)', { onStart }, deadline), 'timeout');
    });
    await Promise.all(stopped);
    clearInterval(watch);
    assert.ok(most >= 2 && most <= 3, `${most} connections`);
    assert.deepEqual(await askOne(driver, 'SELECT 1 AS n'), ['1']);
  });

  it('are given in the order of asking', async () => {
    await using drivers = createAll();
    const driver = drivers.driverFor(targetOn('shop', 1));
    const order: string[] = [];
    const names = ['a', 'b', 'c', 'd', 'e'];
    await Promise.all(names.map((name) => ask(driver, 'SELECT 1 AS n', { onStart: () => order.push(name) })));
    assert.deepEqual(order, names);
  });

  it('leave one to quick queries where others may take long', async () => {
    await using drivers = createAll();
    const driver = drivers.driverFor(targetOn('shop', 2));
    using deadline = new SetDeadline(LONG_MS);
    const { started, onStart } = watchStart();
    const slow = [0, 1, 2].map(() =>
      assert.rejects(ask(driver, 'SELECT SLEEP(300)', { onStart }, deadline), { name: 'RefreshError' }),
    );
    await started;
    await Promise.all([1, 2, 3].map((n) => askOne(driver, `SELECT ${n} AS n`)));
    deadline.stop();
    await Promise.all(slow);
  });

  it('let slow queries run where there is only one', async () => {
    await using drivers = createAll();
    const driver = drivers.driverFor(targetOn('shop', 1));
    using deadline = new SetDeadline(LONG_MS);
    assert.equal((await ask(driver, 'SELECT 1 AS n', {}, deadline)).rows.length, 1);
  });

  it('are waited for no longer than the deadline, and every waiter is told what it waited for', async () => {
    await using drivers = createAll();
    const driver = drivers.driverFor(targetOn('shop', 1));
    using first = new SetDeadline();
    using next = new SetDeadline();
    const { started, onStart } = watchStart();
    const slow = assertFails(ask(driver, 'SELECT SLEEP(300)', { onStart }, first), 'timeout');
    await started;
    const busy = Array.from({ length: 100 }, () => assertFails(ask(driver, 'SELECT 1 AS n', {}, next), 'busy'));
    busy.push(assertFails(driver.ping(next), 'busy'));
    next.expire();
    await Promise.all(busy);
    first.stop();
    await slow;
  });

  it('pass to another target when nobody uses them', async () => {
    await using drivers = createAll();
    const [shop, stock] = ['shop', 'stock'].map((database) => drivers.driverFor(targetOn(database, 1)));
    for (const driver of [shop, stock, shop] as Driver[]) {
      assert.equal((await askOne(driver, 'SELECT DATABASE()')).length, 1);
      assert.equal(await count(), 1);
    }
  });

  it('close when nobody has needed them for a while', async () => {
    await using drivers = createAll({ idleMs: 50 });
    await askOne(drivers.driverFor(targetOn('shop', 2)), 'SELECT 1 AS n');
    await eventually(count, (sessions) => sessions === 0);
  });

  it('are not used for ever', async () => {
    await using drivers = createAll({ lifetimeMs: 0 });
    const driver = drivers.driverFor(targetOn('shop', 1));
    const first = await askOne(driver, 'SELECT CONNECTION_ID()');
    assert.notDeepEqual(await askOne(driver, 'SELECT CONNECTION_ID()'), first);
  });

  it('stay open when a reload leaves their target as it was, and close when not', async () => {
    await using drivers = createAll();
    const [kept, changed] = [targetOn('shop', 4), targetOn('stock', 4)];
    drivers.replaceTargets([kept, changed], MAX_RUNNING);
    const driver = drivers.driverFor(kept);
    const [id] = await askOne(driver, 'SELECT CONNECTION_ID()');
    await askOne(drivers.driverFor(changed), 'SELECT 1 AS n');
    const { started, onStart } = watchStart();
    const running = assert.rejects(ask(drivers.driverFor(changed), 'SELECT SLEEP(300)', { onStart }));
    await started;
    drivers.replaceTargets([structuredClone(kept)], MAX_RUNNING);
    await running;
    assert.equal(drivers.driverFor(structuredClone(kept)), driver);
    await eventually(ids, (left) => left.join() === id);
  });

  it('are all gone when the drivers are closed', async () => {
    const drivers = createAll();
    const driver = drivers.driverFor(targetOn('shop', 3));
    const { started, onStart } = watchStart();
    const running = assert.rejects(ask(driver, 'SELECT SLEEP(300)', { onStart }));
    await started;
    await askOne(driver, 'SELECT 1 AS n');
    await drivers[Symbol.asyncDispose]();
    await running;
    await eventually(count, (sessions) => sessions === 0);
  });

  it('answer a ping without a statement', async () => {
    await using drivers = createAll();
    const driver = drivers.driverFor(targetOn('shop', 1));
    await driver.ping(NEVER);
    const before = await bench.server.statementCount();
    await driver.ping(NEVER);
    await driver.ping(NEVER);
    assert.equal(await bench.server.statementCount(), before);
    assert.equal(await count(), 1);
  });

  function createAll(options: DriversOptions = {}): Drivers {
    return createDrivers(
      [],
      MAX_RUNNING,
      createRecordLogger(() => undefined),
      options,
    );
  }

  function targetOn(database: string, maxConnections: number): Target {
    return bench.target({ name: named(`db-${database}`), database, maxConnections });
  }

  async function ids(): Promise<readonly number[]> {
    return (await bench.server.processlist()).map((session) => session.id);
  }

  async function count(): Promise<number> {
    return (await ids()).length;
  }
});
