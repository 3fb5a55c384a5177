import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { createRecordLogger, type LogRecord } from '../../src/logger.ts';
import { RefreshError } from '../../src/model/failure.ts';
import { POOL_OPTIONS } from '../../src/sql/pool/connection-pool.ts';
import { NameLookups } from '../../src/sql/pool/name-lookups.ts';
import { PooledDriver } from '../../src/sql/pool/pooled-driver.ts';
import { createServer } from '../../src/sql/pool/pooled-server.ts';
import { Semaphore } from '../../src/sql/pool/semaphore.ts';
import { settle } from '../refresh/set-clock.ts';
import { type TargetParts, targetOf } from '../support/plan-parts.ts';
import { ask, assertFails, eventually, NEVER, notSent, SetDeadline } from './driver-bench.ts';
import { FakeServer, hangs } from './fake-sessions.ts';

const drivers: PooledDriver[] = [];

afterEach(async () => {
  for (const driver of drivers.splice(0)) await driver[Symbol.asyncDispose]();
});

describe('a run', () => {
  test('goes over one connection after the other, each taken back to its first state before and after', async () => {
    const { driver, server } = arranged();
    for (const sql of ['SELECT 1', 'SELECT 2']) await ask(driver, sql);
    await eventually(
      () => server.log.length,
      (length) => length === 6,
    );
    assert.deepEqual(server.log, ['open 1', 'run 1 SELECT 1', 'reset 1', 'reset 1', 'run 1 SELECT 2', 'reset 1']);
  });

  test('sees nothing of an idle connection that is no longer there', async () => {
    const { driver, server } = arranged({ maxConnections: 1 });
    await ask(driver, 'SELECT 1');
    await settle();
    server.onReset = async (session) => {
      session.lose();
      throw new RefreshError('lost', 'gone');
    };
    assert.deepEqual((await ask(driver, 'SELECT 2')).rows, [['2']]);
    assert.equal(server.mostOpen, 1);
  });

  test('leaves half of its time to a new connection where an idle one has fallen silent', async () => {
    const { driver, server } = arranged({ connectTimeoutMs: 60_000 });
    await ask(driver, 'SELECT 1');
    await settle();
    for (const [work, silent] of [
      ['run', 'onReset'],
      ['ping', 'onPing'],
    ] as const) {
      const heard = server.log.length;
      server[silent] = (session) =>
        server.open.size === 1 && session.id !== 'new' ? hangs(session) : Promise.resolve();
      using deadline = new SetDeadline(8_000);
      const done = work === 'run' ? ask(driver, 'SELECT 2', {}, deadline) : driver.ping(deadline);
      await eventually(
        () => server.log.length,
        (length) => length > heard,
      );
      server[silent] = async () => undefined;
      deadline.clock.passQuickly(4_000);
      await done;
      assert.equal(deadline.signal.aborted, false);
      await settle();
    }
  });

  test('whose connection breaks gives the place back only when nothing of it is left', async () => {
    const { driver, server, log } = arranged({ maxConnections: 1 });
    server.sights = ['statement', 'connection', 'gone'];
    server.onRun = hangs;
    using deadline = new SetDeadline();
    const ended = assertFails(ask(driver, 'SELECT 1', {}, deadline), 'timeout');
    await eventually(
      () => server.log.length,
      (length) => length === 2,
    );
    server.onRun = async () => undefined;
    const next = ask(driver, 'SELECT 2');
    deadline.expire();
    await ended;
    await next;
    assert.deepEqual(server.log.slice(0, 7), [
      ...['open 1', 'run 1 SELECT 1', 'destroy 1', 'look for 1', 'stop 1'],
      ...['open 2', 'run 2 SELECT 2'],
    ]);
    assert.deepEqual(log, []);
  });

  test('is not sent again by the same guest while its statement may still be running; others are', async () => {
    for (const sights of [['hidden'], ['statement']] as const) {
      const { driver, server, log, heard } = arranged();
      const guest = {};
      server.sights = [...sights];
      server.onRun = hangs;
      using deadline = new SetDeadline();
      const ended = assertFails(ask(driver, 'SELECT 1', { guest }, deadline), 'timeout');
      await eventually(
        () => server.log.length,
        (length) => length === 2,
      );
      deadline.expire();
      await ended;
      await eventually(
        () => log.length,
        (length) => length === 1,
      );
      assert.equal(log[0]?.message, 'a statement may still be running on the server');
      await settle();
      assert.deepEqual(
        heard.filter((event) => event !== 'facts'),
        ['unconfirmed stop'],
      );
      server.onRun = async () => undefined;
      const held = await notSent(driver, 'SELECT 1', { guest });
      assert.equal(held?.kind, 'guarded');
      assert.match(held.why, /was not seen to end on the server.*not sent again for 1m40s/);
      await ask(driver, 'SELECT 1');
    }
  });

  test('that ended by itself in the last moment is no reason to warn or to wait', async () => {
    for (const sight of ['gone', 'idle'] as const) {
      const { driver, server, log, heard } = arranged();
      const guest = {};
      server.sights = [sight];
      server.onRun = hangs;
      using deadline = new SetDeadline();
      const ended = assertFails(ask(driver, 'SELECT 1', { guest }, deadline), 'timeout');
      await eventually(
        () => server.log.length,
        (length) => length === 2,
      );
      deadline.expire();
      await ended;
      server.onRun = async () => undefined;
      await ask(driver, 'SELECT 1', { guest });
      await driver[Symbol.asyncDispose]();
      assert.deepEqual(log, []);
      assert.ok(!heard.includes('unconfirmed stop'));
    }
  });

  test('is sent again where its server could not be asked: nobody asks a server that is down', async () => {
    const { driver, server, log } = arranged();
    const guest = {};
    server.onStopper = async () => {
      throw new RefreshError('connect', 'ECONNREFUSED');
    };
    server.onRun = async (session) => session.lose();
    await assertFails(ask(driver, 'SELECT 1', { guest }), 'lost');
    await eventually(
      () => log.length,
      (length) => length === 1,
    );
    server.onRun = async () => undefined;
    await ask(driver, 'SELECT 1', { guest });
  });

  test('that ends between its turn and what is done with it does nothing, and keeps its turn', async () => {
    const { driver, server } = arranged({ maxConnections: 1 });
    using deadline = new SetDeadline();
    const onTurn = (): void => assert.fail('it had its turn');
    const failing = assertFails(ask(driver, 'SELECT 1', { onTurn }, deadline), 'connect');
    deadline.stop();
    await failing;
    assert.deepEqual(server.log, []);
    await ask(driver, 'SELECT 2');
  });
});

describe('the end of a driver', () => {
  test('stops what runs and closes what is idle, and waits for both', async () => {
    const { driver, server } = arranged();
    await ask(driver, 'SELECT 1');
    server.onRun = hangs;
    const running = assertFails(ask(driver, 'SELECT 2'), 'timeout');
    const more = assertFails(ask(driver, 'SELECT 3'), 'timeout');
    await eventually(
      () => server.log.filter((line) => line.startsWith('run')).length,
      (count) => count === 3,
    );
    await driver[Symbol.asyncDispose]();
    await Promise.all([running, more]);
    assert.equal(server.open.size, 0);
    // Both over one connection.
    assert.deepEqual(
      server.log.filter((line) => line.startsWith('look')),
      ['look for 1'],
    );
    await assertFails(driver.ping(NEVER), 'internal');
  });

  test('does not wait for a connection that cannot be made', async () => {
    const { driver, server } = arranged();
    let isAsked = false;
    server.onOpen = ({ signal }) => {
      isAsked = true;
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    };
    const failing = assertFails(ask(driver, 'SELECT 1'), 'connect');
    await eventually(
      () => isAsked,
      (is) => is,
    );
    await driver[Symbol.asyncDispose]();
    await failing;
  });
});

function arranged(parts: TargetParts = {}) {
  const log: LogRecord[] = [];
  const server = new FakeServer();
  const shared = createServer(server.engine, {
    lookups: new NameLookups(),
    running: new Semaphore(64),
    cap: null,
    logger: createRecordLogger((record) => log.push(record)),
    pool: POOL_OPTIONS,
  });
  const heard: string[] = [];
  const driver = new PooledDriver(targetOf(parts), shared, {
    onFacts: () => heard.push('facts'),
    onUnconfirmedStop: () => heard.push('unconfirmed stop'),
  });
  drivers.push(driver);
  return { driver, server, log, heard };
}
