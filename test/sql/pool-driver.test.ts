import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { createRecordLogger, type LogRecord } from '../../src/logger.ts';
import { RefreshError } from '../../src/model/failure.ts';
import type { Guard } from '../../src/model/guard.ts';
import { POOL_OPTIONS } from '../../src/sql/pool/connection-pool.ts';
import { NameLookups } from '../../src/sql/pool/name-lookups.ts';
import { PooledDriver } from '../../src/sql/pool/pooled-driver.ts';
import { createServer } from '../../src/sql/pool/pooled-server.ts';
import { Semaphore } from '../../src/sql/pool/semaphore.ts';
import type { LockHolder } from '../../src/sql/session.ts';
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

describe('a run under a guard', () => {
  const HOUR_MS = 3_600_000;
  const holder = (ageMs: number | null): LockHolder => {
    return { connectionId: '7', marker: ageMs === null ? null : 'query-exporter orders 1-1', ageMs };
  };
  const guardOf = (claimedMs: number | null): Guard => ({ lock: 'orders of the fleet', claimedMs });
  const claimedAgo = (ms: number): number => performance.now() - ms;

  test('is not sent where another holds the lock, and leaves that other alone', async () => {
    for (const [claimedMs, ageMs] of [
      // It claims nothing.
      [null, HOUR_MS],
      // The statement began after the claim.
      [claimedAgo(HOUR_MS), HOUR_MS / 2],
      // Nobody knows what it does.
      [claimedAgo(0), null],
    ] as const) {
      const { driver, server, heard } = arranged();
      server.holders = [holder(ageMs)];
      const onStart = (): void => assert.fail('a statement was sent');
      const held = await notSent(driver, 'SELECT 1', { guard: guardOf(claimedMs), onStart });
      assert.deepEqual(held, { kind: 'guarded', why: 'connection 7 has it at work on the server' });
      await settle();
      assert.deepEqual(server.log, ['open 1', 'reset 1']);
      assert.ok(heard.every((event) => event === 'facts'));
      assert.deepEqual((await ask(driver, 'SELECT 1', { guard: guardOf(null) })).rows, [['1']]);
    }
  });

  test('stops a holder whose statement is older than the claim, once, and runs when the lock is free', async () => {
    const { driver, server, heard } = arranged();
    const guard = guardOf(claimedAgo(HOUR_MS));
    server.holders = Array.from({ length: 3 }, () => holder(2 * HOUR_MS));
    assert.deepEqual((await ask(driver, 'SELECT 1', { guard })).rows, [['1']]);
    assert.equal(server.holders.length, 0);
    server.holders = [holder(2 * HOUR_MS)];
    assert.equal((await notSent(driver, 'SELECT 1', { guard }))?.kind, 'guarded');
    const ends = (): readonly string[] => server.log.filter((line) => line.startsWith('end'));
    assert.deepEqual(ends(), ['end holder 7']);
    // Of another task, and after another claim.
    for (const next of [{ ...guard, lock: 'users of the fleet' }, guardOf(claimedAgo(HOUR_MS - 1))]) {
      server.holders = [holder(2 * HOUR_MS)];
      await ask(driver, 'SELECT 1', { guard: next });
    }
    assert.equal(ends().length, 3);
    assert.equal(heard.filter((event) => event === 'takeover 7').length, 3);
  });

  test('asks whether it may while the statement of its when does, and says that it is guarded', async () => {
    const { driver, server } = arranged();
    server.holders = [holder(null)];
    const when = { role: null, version: null, sql: 'SELECT 2' };
    assert.equal((await notSent(driver, 'SELECT 1', { guard: guardOf(null), when }))?.kind, 'guarded');
    assert.equal(driver.facts.isGuarded, true);
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
    onTakeover: ({ connectionId }) => heard.push(`takeover ${connectionId}`),
  });
  drivers.push(driver);
  return { driver, server, log, heard };
}
