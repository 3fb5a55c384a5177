import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Target } from '../../src/model/plan.ts';
import type { TargetName } from '../../src/model/words.ts';
import { ConnectionPool, type Lease, POOL_OPTIONS } from '../../src/sql/pool/connection-pool.ts';
import { Semaphore } from '../../src/sql/pool/semaphore.ts';
import { SessionCap } from '../../src/sql/pool/session-cap.ts';
import { settle } from '../refresh/set-clock.ts';
import { targetOf } from '../support/plan-parts.ts';
import { LONG_MS, NEVER, SetDeadline } from './driver-bench.ts';
import { FakeServer, FakeSession } from './fake-sessions.ts';

const QUICK_MS = 10_000;

describe('the queue of a server', () => {
  test('lets in as many as it may have connections, and then in the order of their coming', async () => {
    const { enter, inside, leave } = queue({ connections: 2 });
    for (const name of ['a', 'b', 'c', 'd']) enter(name);
    await settle();
    assert.deepEqual(inside, ['a', 'b']);
    await leave('a');
    assert.deepEqual(inside, ['a', 'b', 'c']);
    await leave('c');
    assert.deepEqual(inside, ['a', 'b', 'c', 'd']);
  });

  test('keeps one place for quick runs, where it has two', async () => {
    const { enter, inside, leave } = queue({ connections: 2 });
    enter('slow1', { limitMs: LONG_MS });
    enter('slow2', { limitMs: LONG_MS });
    enter('quick');
    await settle();
    assert.deepEqual(inside, ['slow1', 'quick']);
    await leave('quick');
    assert.deepEqual(inside, ['slow1', 'quick']);
    await leave('slow1');
    assert.deepEqual(inside, ['slow1', 'quick', 'slow2']);
  });

  test('with one connection lets slow and quick in by their coming', async () => {
    const { enter, inside, leave } = queue({ connections: 1 });
    enter('quick1');
    enter('slow', { limitMs: LONG_MS });
    enter('quick2');
    await settle();
    await leave('quick1');
    assert.deepEqual(inside, ['quick1', 'slow']);
  });

  test('lets pings pass by all, also where as much runs as may', async () => {
    const running = new Semaphore(1);
    const { enter, inside } = queue({ connections: 2, running });
    for (const name of ['a', 'b']) enter(name);
    enter('ping', { guest: null });
    await settle();
    assert.deepEqual(inside, ['a', 'ping']);
  });

  test('ends the wait of who has no time left, and does not count him', async () => {
    const { enter, take, inside, leave } = queue({ connections: 1 });
    using deadline = new SetDeadline();
    const guest = {};
    enter('first');
    const waiting = take('late', { deadline, guest });
    await settle();
    deadline.expire();
    await assert.rejects(waiting, (thrown) => thrown === deadline.signal.reason);
    await assert.rejects(take('too late', { deadline }), (thrown) => thrown === deadline.signal.reason);
    enter('second');
    enter('late again', { guest });
    await leave('first');
    await leave('second');
    assert.deepEqual(inside, ['first', 'second', 'late again']);
  });

  test('has the largest limit of its targets, and takes over a new one at once', async () => {
    const { enter, inside, pool, leave } = queue({ connections: 1 });
    const larger = targetOf({ name: 'b' as TargetName, maxConnections: 3 });
    for (const name of ['a', 'b', 'c', 'd']) enter(name);
    await settle();
    assert.deepEqual(inside, ['a']);
    pool.join(larger);
    await settle();
    assert.deepEqual(inside, ['a', 'b', 'c']);
    pool.leave(larger);
    for (const name of ['a', 'b']) await leave(name);
    assert.deepEqual(inside, ['a', 'b', 'c']);
    await leave('c');
    assert.deepEqual(inside, ['a', 'b', 'c', 'd']);
  });
});

describe('several servers', () => {
  test('take turns where as much runs as may, so that the longest queue does not take all', async () => {
    const running = new Semaphore(1);
    const [a, b] = [queue({ connections: 4, running }), queue({ connections: 4, running })];
    for (const name of ['a1', 'a2', 'a3']) a.enter(name);
    b.enter('b1');
    await settle();
    const order: string[] = [];
    for (let turn = 0; turn < 4; turn++) {
      for (const side of [a, b]) {
        const name = side.inside.find((one) => !order.includes(one));
        if (name === undefined) continue;
        order.push(name);
        await side.leave(name);
      }
    }
    assert.deepEqual(order, ['a1', 'a2', 'b1', 'a3']);
  });

  test('do not take the places of others with more than they have connections for', async () => {
    const running = new Semaphore(4);
    const [a, b] = [queue({ connections: 2, running }), queue({ connections: 2, running })];
    for (let index = 0; index < 100; index++) a.enter(`a${index}`);
    for (const name of ['b0', 'b1']) b.enter(name);
    await settle();
    assert.deepEqual(
      [a.inside, b.inside],
      [
        ['a0', 'a1'],
        ['b0', 'b1'],
      ],
    );
  });

  test('may run less or more from now on; who is inside stays', async () => {
    const running = new Semaphore(2);
    const { enter, inside, leave } = queue({ connections: 9, running });
    for (const name of ['a', 'b', 'c', 'd']) enter(name);
    await settle();
    running.setLimit(1);
    await leave('a');
    assert.deepEqual(inside, ['a', 'b']);
    running.setLimit(3);
    await settle();
    assert.deepEqual(inside, ['a', 'b', 'c', 'd']);
  });

  test('of one engine have no more connections together than that allows, and idle ones make room', async () => {
    const cap = new SessionCap(1);
    const [a, b] = [queue({ connections: 1, cap }), queue({ connections: 1, cap })];
    a.enter('a');
    b.enter('b');
    await settle();
    assert.deepEqual([a.inside, b.inside], [['a'], []]);
    await a.leave('a', a.session());
    await settle();
    assert.deepEqual(b.inside, ['b']);
    assert.deepEqual(a.server.log, ['quit 1']);
  });
});

describe('a connection that is given back', () => {
  test('is used again by its own target, and closed where another one needs its place', async () => {
    const { enter, leases, leave, session, server, pool } = queue({ connections: 1 });
    const other = targetOf({ name: 'other' as TargetName, maxConnections: 1 });
    pool.join(other);
    enter('a');
    await settle();
    const kept = session();
    await leave('a', kept);
    enter('b');
    await settle();
    assert.equal(leases.get('b')?.session, kept);
    await leave('b', kept);
    enter('c', { target: other });
    await settle();
    assert.equal(leases.get('c')?.session, null);
    assert.deepEqual(server.log, ['quit 1']);
  });

  test('leaves its place only when the server has let go of it', async () => {
    const { enter, inside, leave, session, server, pool } = queue({ connections: 1 });
    const other = targetOf({ name: 'other' as TargetName, maxConnections: 1 });
    pool.join(other);
    let letGo = (): void => undefined;
    server.onQuit = () =>
      new Promise((resolve) => {
        letGo = resolve;
      });
    enter('a');
    await settle();
    await leave('a', session());
    enter('b', { target: other });
    await settle();
    assert.deepEqual(inside, ['a']);
    letGo();
    await settle();
    assert.deepEqual(inside, ['a', 'b']);
  });

  test('is closed where it is old, dead, or of a target that has left', async () => {
    const { enter, leases, leave, session, server, pool, target } = queue({ connections: 3 });
    for (const name of ['old', 'dead', 'left']) enter(name);
    await settle();
    const [old, dead, left] = [session(), session(), session()];
    old.openedMs -= POOL_OPTIONS.lifetimeMs + 1;
    dead.lose();
    await leave('old', old);
    await leave('dead', dead);
    pool.join(targetOf({ name: 'stays' as TargetName }));
    pool.leave(target);
    await leave('left', left);
    assert.deepEqual(server.log, ['quit 1', 'quit 3']);
    enter('next');
    await settle();
    assert.equal(leases.get('next')?.session, null);
  });

  test('is forgotten when the server closes it', async () => {
    const { enter, leases, leave, session, pool } = queue({ connections: 1 });
    enter('a');
    await settle();
    const lost = session();
    await leave('a', lost);
    assert.equal(pool.size, 1);
    lost.lose();
    await settle();
    assert.equal(pool.size, 0);
    enter('b');
    await settle();
    assert.equal(leases.get('b')?.session, null);
  });
});

interface EnterOptions {
  readonly limitMs?: number;
  readonly guest?: object | null;
  readonly deadline?: SetDeadline;
  readonly target?: Target;
}

function queue({
  connections,
  running = new Semaphore(64),
  cap = null,
}: {
  readonly connections: number;
  readonly running?: Semaphore;
  readonly cap?: SessionCap | null;
}) {
  const target = targetOf({ name: 'a' as TargetName, maxConnections: connections });
  const pool = new ConnectionPool(running, cap, POOL_OPTIONS);
  pool.join(target);
  const server = new FakeServer();
  const inside: string[] = [];
  const leases = new Map<string, Lease>();
  let sessions = 0;
  const take = async (name: string, options: EnterOptions = {}): Promise<void> => {
    const { limitMs = QUICK_MS, guest = {}, deadline = NEVER } = options;
    leases.set(name, await pool.take(options.target ?? target, { guest, limitMs }, deadline.signal));
    inside.push(name);
  };
  return {
    pool,
    server,
    target,
    inside,
    leases,
    take,
    enter: (name: string, options: EnterOptions = {}): void => {
      void take(name, options);
    },
    leave: async (name: string, kept: FakeSession | null = null) => {
      leases.get(name)?.endRun();
      leases.get(name)?.giveBack(kept);
      await settle();
    },
    session: () => {
      sessions += 1;
      return new FakeSession(server, `${sessions}`);
    },
  };
}
