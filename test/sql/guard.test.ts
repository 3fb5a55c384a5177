import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createRecordLogger, type LogRecord } from '../../src/logger.ts';
import type { Target } from '../../src/model/plan.ts';
import type { Driver } from '../../src/sql/driver.ts';
import { createDrivers } from '../../src/sql/drivers.ts';
import { targetOf } from '../support/plan-parts.ts';
import { ask, askOne, assertFails, eventually, notSent } from './driver-bench.ts';
import { HolderProcess } from './guard-process.ts';
import { createMysqlBench, MAX_RUNNING } from './mysql-bench.ts';
import { OK, startFakeServer } from './mysql-proxy.ts';
import { openPostgres, startShop } from './postgres-drivers.ts';
import { openFile } from './sqlite-drivers.ts';
import { DatabaseFolder, FRUIT } from './sqlite-files.ts';

const GUARD = { lock: 'query-exporter prod 0123456789abcdef', claimedMs: null };

/** A server of one engine, and how the test sees what runs there. */
interface Scene extends AsyncDisposable {
  readonly target: Target;
  readonly sleep: string;
  sleepers(): Promise<number>;
}

const SCENES: Readonly<Record<string, () => Promise<Scene>>> = {
  MariaDB: async () => {
    const bench = await createMysqlBench();
    return {
      target: bench.target(),
      sleep: 'SELECT SLEEP(300)',
      sleepers: async () => (await bench.server.processlist()).filter(({ sql }) => sql?.includes('SLEEP')).length,
      [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose](),
    };
  },
  PostgreSQL: async () => {
    const server = await startShop();
    return {
      target: openPostgres(server.port).target,
      sleep: 'SELECT pg_sleep(300)',
      sleepers: async () => {
        const backends = await server.backends();
        return backends.filter(({ state, sql }) => state === 'active' && sql.includes('pg_sleep')).length;
      },
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
};

for (const [engine, setUp] of Object.entries(SCENES)) {
  describe(`a guard on ${engine}`, () => {
    let scene: Scene;
    before(async () => {
      scene = await setUp();
    });
    after(async () => {
      await scene[Symbol.asyncDispose]();
    });

    it('lets whoever claims a server stop what a process left there that was killed in mid-statement', async () => {
      const { target, sleep, sleepers } = scene;
      await using holder = await HolderProcess.start({ target, sql: sleep, guard: GUARD });
      await eventually(sleepers, (count) => count === 1);
      await holder.kill();
      await using next = opened(target);
      assert.deepEqual(await takeOver(next.driver), ['1']);
      await eventually(sleepers, (count) => count === 0);
    });

    it('lets whoever claims a server stop what a process runs there that stands still, which then has no result', async () => {
      const { target, sleep, sleepers } = scene;
      await using holder = await HolderProcess.start({ target, sql: sleep, guard: GUARD });
      await eventually(sleepers, (count) => count === 1);
      holder.signal('SIGSTOP');
      await using next = opened(target);
      assert.equal((await notSent(next.driver, 'SELECT 1', { guard: GUARD }))?.kind, 'guarded');
      assert.equal(await sleepers(), 1);
      assert.deepEqual(await takeOver(next.driver), ['1']);
      await eventually(sleepers, (count) => count === 0);
      const [line] = next.log;
      assert.equal(line?.message, 'stopped a statement that another exporter left running');
      assert.match(String(line?.fields['statement']), /^query-exporter orders /);
      const ended = holder.hear();
      holder.signal('SIGCONT');
      assert.equal(await ended, 'lost');
    });
  });
}

it('a server that refuses locks by name, as a Galera cluster does, is asked without a guard, which is said once', async () => {
  const asked: string[] = [];
  await using server = await startFakeServer((sql) => {
    asked.push(sql);
    return [[1, sql.includes('GET_LOCK') ? NOT_SUPPORTED_YET : OK]];
  });
  await using it = opened(targetOf({ address: { kind: 'tcp', host: '127.0.0.1', port: server.port } }));
  // What it says to everything else gives no result.
  for (let run = 0; run < 2; run++) await assertFails(ask(it.driver, 'DO 1', { guard: GUARD }), 'no_result');
  assert.equal(asked.filter((sql) => sql.includes('GET_LOCK')).length, 1);
  assert.equal(asked.filter((sql) => sql.endsWith('DO 1')).length, 2);
  const { missing, isGuarded } = it.driver.facts;
  assert.deepEqual([missing.guard, isGuarded], ['the server refuses it: GET_LOCK in cluster', true]);
  assert.equal(it.log.filter(({ fields }) => fields['protection'] === 'guard').length, 1);
});

it('an SQLite file has no guard, and is asked', async () => {
  await using folder = await DatabaseFolder.create();
  await using driver = openFile(folder.database(FRUIT));
  assert.deepEqual(await askOne(driver, 'SELECT 1', { guard: GUARD }), ['1']);
  assert.deepEqual(driver.facts.missing, { guard: 'SQLite has no locks by name' });
});

/** 1235, as MariaDB answers with Galera on. */
const NOT_SUPPORTED_YET = Buffer.concat([Buffer.from([0xff, 0xd3, 0x04]), Buffer.from('#42000GET_LOCK in cluster')]);

/** A driver that has just claimed its server takes over what is there. */
function takeOver(driver: Driver): Promise<(string | null)[]> {
  return eventually(
    () => askOne(driver, 'SELECT 1 AS n', { guard: { ...GUARD, claimedMs: performance.now() } }),
    ({ length }) => length === 1,
  );
}

interface Opened extends AsyncDisposable {
  readonly driver: Driver;
  readonly log: readonly LogRecord[];
}

function opened(target: Target): Opened {
  const log: LogRecord[] = [];
  const logger = createRecordLogger((record) => log.push(record));
  const drivers = createDrivers([target], MAX_RUNNING, logger);
  return { driver: drivers.driverFor(target), log, [Symbol.asyncDispose]: () => drivers[Symbol.asyncDispose]() };
}
