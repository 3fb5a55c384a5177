import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createRecordLogger } from '../../src/logger.ts';
import type { Address } from '../../src/model/plan.ts';
import type { Driver } from '../../src/sql/driver.ts';
import { createDrivers } from '../../src/sql/drivers.ts';
import { targetOf } from '../support/plan-parts.ts';
import { ask, askOne, assertFails, eventually, LONG_MS, notSent, SetDeadline, watchStart } from './driver-bench.ts';
import { createMysqlBench, MAX_RUNNING, type MysqlBench } from './mysql-bench.ts';
import { type MysqlProxy, OK, startFakeServer, startProxy } from './mysql-proxy.ts';

describe('behind a proxy', () => {
  let bench: MysqlBench;
  let other: MysqlBench;
  before(async () => {
    [bench, other] = await Promise.all([createMysqlBench(), createMysqlBench()]);
  });
  after(async () => {
    await bench[Symbol.asyncDispose]();
    await other[Symbol.asyncDispose]();
  });

  it('that hands out connection numbers of its own, a statement is found by its mark and ended', async () => {
    await using proxy = await startProxy({ serverOf: () => bench.server.port, idOffset: 1_000 });
    await using driver = bench.open({ address: at(proxy) });
    const warned = bench.log.length;
    const guest = {};
    await stopSleeping(driver, guest);
    await eventually(sleepers, (count) => count === 0);
    assert.deepEqual(await askOne(driver, 'SELECT 1 AS n', { guest }), ['1']);
    await driver[Symbol.asyncDispose]();
    assert.deepEqual(
      bench.log.slice(warned).map(({ message, fields }) => [message, fields['protection']]),
      [['a protection of the server is missing', 'kill']],
    );
  });

  it('that goes to another server for every connection, nothing is claimed, and the statement is not sent again', async () => {
    const ports = [bench.server.port, other.server.port];
    await using proxy = await startProxy({ serverOf: (connection) => ports[connection % 2] ?? 0 });
    await using driver = bench.open({ address: at(proxy) });
    const warned = bench.log.length;
    const guest = {};
    await stopSleeping(driver, guest);
    await eventually(
      () => bench.log.slice(warned),
      (log) => log.length === 1,
    );
    const { message, fields } = bench.log[warned] ?? {};
    assert.equal(message, 'a statement may still be running on the server');
    assert.match(String(fields?.['error']), /not found there; a proxy/);
    assert.equal(await sleepers(), 1);
    const held = await notSent(driver, 'SELECT 1 AS n', { guest });
    assert.equal(held?.kind, 'guarded');
    assert.match(held.why, /not seen to end/);
    assert.deepEqual(await askOne(driver, 'SELECT 1 AS n'), ['1']);
    for (const { id, sql } of await bench.server.processlist()) {
      if (sql?.includes('SLEEP')) await bench.server.query(`KILL ${id}`);
    }
  });

  for (const version of ['8.0.11 (ProxySQL)', '5.5.30', '10.0.38-MariaDB']) {
    it(`that greets as ${version}, a session has the limits of the server that is there`, async () => {
      await using proxy = await startProxy({ serverOf: () => bench.server.port, version });
      await using driver = bench.open({ address: at(proxy) });
      using deadline = new SetDeadline(2_500);
      const sql = 'SELECT CONCAT_WS(" ", @@max_statement_time, @@tx_read_only, @@lock_wait_timeout)';
      for (let run = 0; run < 2; run++) assert.deepEqual(await askOne(driver, sql, {}, deadline), ['2.450000 ON 3']);
      const failure = await assertFails(ask(driver, 'SELECT SLEEP(300) FROM fruit', {}, deadline), 'timeout');
      assert.deepEqual([failure.errno, failure.endedBy], [1969, 'server']);
    });
  }

  async function sleepers(): Promise<number> {
    return (await bench.server.processlist()).filter(({ sql }) => sql?.includes('SLEEP')).length;
  }

  async function stopSleeping(driver: Driver, guest: object): Promise<void> {
    using deadline = new SetDeadline(LONG_MS);
    const { started, onStart } = watchStart();
    const ended = assertFails(ask(driver, 'SELECT SLEEP(300)', { guest, onStart }, deadline), 'timeout');
    await started;
    await eventually(sleepers, (count) => count === 1);
    deadline.stop();
    await ended;
  }
});

describe('a server that sends what cannot be right', () => {
  const answers: Readonly<Record<string, readonly (readonly [number, Buffer])[]>> = {
    'packets out of order': Array.from({ length: 1_000 }, () => [77, OK] as const),
    'an empty packet': [[1, Buffer.alloc(0)]],
    'a number that is none': [
      [1, Buffer.from([1])],
      [2, Buffer.from([3, 0x64, 0x65, 0x66, 0xff])],
    ],
  };
  for (const [what, packets] of Object.entries(answers)) {
    it(`such as ${what} loses the connection, and nothing but the logger writes`, async (t) => {
      const written = ['log', 'warn', 'error', 'trace'].map((name) =>
        t.mock.method(console, name as 'log', () => undefined),
      );
      await using server = await startFakeServer((sql) => (sql.includes('SELECT 1') ? packets : [[1, OK]]));
      const target = targetOf({ address: at(server) });
      await using drivers = createDrivers(
        [target],
        MAX_RUNNING,
        createRecordLogger(() => undefined),
      );
      const driver = drivers.driverFor(target);
      const failure = await assertFails(ask(driver, 'SELECT 1 AS n'), 'lost');
      assert.match(failure.message, /out of order|cannot be read/);
      assert.deepEqual(
        written.map((method) => method.mock.callCount()),
        [0, 0, 0, 0],
      );
    });
  }
});

function at({ port }: MysqlProxy): Address {
  return { kind: 'tcp', host: '127.0.0.1', port };
}
