import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Driver } from '../../src/sql/driver.ts';
import type { Mariadb } from '../support/mariadb.ts';
import { ask, askOne, assertFails, eventually, LONG_MS, NEVER, SetDeadline, watchStart } from './driver-bench.ts';
import { createMysqlBench, type MysqlBench } from './mysql-bench.ts';

describe('after a fault of the server', () => {
  let bench: MysqlBench;
  let server: Mariadb;
  before(async () => {
    bench = await createMysqlBench();
    ({ server } = bench);
  });
  after(async () => {
    await bench[Symbol.asyncDispose]();
  });

  it('a run sees nothing of an idle connection that the server closed', async () => {
    await using driver = bench.open({ maxConnections: 1 });
    const [first] = await askOne(driver, 'SELECT CONNECTION_ID()');
    await server.query(`KILL CONNECTION ${first}`);
    const [second] = await askOne(driver, 'SELECT CONNECTION_ID()');
    assert.notEqual(second, first);
    await server.query(`KILL CONNECTION ${second}`);
    await driver.ping(NEVER);
  });

  it('a run sees nothing of a short wait_timeout', async () => {
    await server.query('SET GLOBAL wait_timeout = 1');
    try {
      await using driver = bench.open({ maxConnections: 1 });
      const first = await askOne(driver, 'SELECT CONNECTION_ID()');
      await eventually(
        () => server.processlist(),
        (sessions) => sessions.length === 0,
      );
      assert.notDeepEqual(await askOne(driver, 'SELECT CONNECTION_ID()'), first);
    } finally {
      await server.query('SET GLOBAL wait_timeout = DEFAULT');
    }
  });

  it('a run works again as soon as a killed server is back', async () => {
    await using driver = bench.open();
    await askOne(driver, 'SELECT 1 AS n');
    await server.kill();
    await assertFails(askOne(driver, 'SELECT 1 AS n'), 'connect');
    await assertFails(driver.ping(NEVER), 'connect');
    await server.restart();
    await assertWorks(driver);
  });

  it('a run works again after a restart in the middle of a statement', async () => {
    await using driver = bench.open();
    const { started, onStart } = watchStart();
    const failing = assertFails(ask(driver, 'SELECT SLEEP(30) FROM fruit', { onStart }), 'lost');
    await started;
    await eventually(
      () => server.processlist(),
      (sessions) => sessions.some((session) => session.sql?.includes('SLEEP')),
    );
    await server.restart();
    await failing;
    await assertWorks(driver);
  });

  it('a run ends at its deadline while the server stands still, and the next one works', async () => {
    await using driver = bench.open();
    await askOne(driver, 'SELECT 1 AS n');
    using deadline = new SetDeadline();
    const { started, onStart } = watchStart();
    const running = assertFails(ask(driver, 'SELECT SLEEP(300) FROM fruit', { onStart }, deadline), 'timeout');
    await started;
    await server.pause();
    try {
      deadline.expire();
      await running;
      // An idle connection does not answer, and a new one is not greeted.
      using next = new SetDeadline();
      let hasTurn = false;
      const onTurn = (): void => {
        hasTurn = true;
      };
      const failing = assert.rejects(askOne(driver, 'SELECT 1 AS n', { onTurn }, next), { name: 'RefreshError' });
      await eventually(
        () => hasTurn,
        (has) => has,
      );
      next.expire();
      await failing;
    } finally {
      server.resume();
    }
    await assertWorks(driver);
    await eventually(
      () => server.processlist(),
      (sessions) => sessions.every((session) => session.command === 'Sleep'),
    );
  });

  it('a run ends when the server stays silent for longer than the read timeout', async () => {
    await using driver = bench.open({ readTimeoutMs: 2_000 });
    using deadline = new SetDeadline(LONG_MS);
    const failure = await assertFails(ask(driver, 'SELECT SLEEP(300) FROM fruit', {}, deadline), 'timeout');
    assert.match(failure.message, /sent nothing for 2s; raise readTimeout/);
    await assertWorks(driver);
  });

  async function assertWorks(driver: Driver): Promise<void> {
    assert.deepEqual(await askOne(driver, 'SELECT name FROM fruit ORDER BY id'), ['apple', 'pear']);
  }
});
