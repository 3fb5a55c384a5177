import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createRecordLogger } from '../../src/logger.ts';
import type { Address, Target } from '../../src/model/plan.ts';
import { createDrivers } from '../../src/sql/drivers.ts';
import { createFolder, removeFolder } from '../support/daemon.ts';
import type { Mariadb } from '../support/mariadb.ts';
import type { TargetParts } from '../support/plan-parts.ts';
import { askOne, assertFails, eventually, LONG_MS, NEVER, SetDeadline, watchStart } from './driver-bench.ts';
import { createMysqlBench, MAX_RUNNING, type MysqlBench, named } from './mysql-bench.ts';

describe('a connection to a server', () => {
  let bench: MysqlBench;
  let server: Mariadb;
  let folder: string;
  before(async () => {
    bench = await createMysqlBench({ flags: ['--max-connections=10'] });
    ({ server } = bench);
    folder = await createFolder('mysql-connect');
  });
  after(async () => {
    await bench[Symbol.asyncDispose]();
    await removeFolder(folder);
  });

  it('is refused with what has to be checked, and never with the password', async () => {
    await server.query(`CREATE USER locked@'%' IDENTIFIED BY 'hunter2' ACCOUNT LOCK`);
    await server.query(`CREATE USER expired@'%' IDENTIFIED BY 'hunter2' PASSWORD EXPIRE`);
    await server.query("CREATE USER limited@'%' IDENTIFIED BY 'hunter2' WITH MAX_CONNECTIONS_PER_HOUR 1");
    const password = { kind: 'text', text: 'hunter2' } as const;
    const refused = async (overrides: TargetParts, errno: number, advice: RegExp): Promise<void> => {
      await using driver = bench.open({ password, ...overrides });
      const reason = errno === 1226 ? 'connect' : 'auth';
      const failure = await assertFails(askOne(driver, 'SELECT 1 AS n'), reason);
      assert.equal(failure.errno, errno, failure.message);
      assert.match(failure.message, advice);
      assert.doesNotMatch(failure.message, /hunter2/);
    };
    await refused({}, 1045, /check user and password/);
    await refused({ password: { kind: 'none' } }, 1045, /check user and password/);
    await refused(
      { password: { kind: 'text', text: server.password }, database: 'nowhere' },
      1049,
      /name of the database/,
    );
    await refused({ user: 'locked', database: '' }, 4151, /unlock/);
    await refused({ user: 'expired', database: '' }, 1820, /renew/);
    await using first = bench.open({ password, user: 'limited', database: '' });
    assert.deepEqual(await askOne(first, 'SELECT 1 AS n'), ['1']);
    await refused({ user: 'limited', database: '' }, 1226, /limit/);
  });

  it('fails with the place where nobody answers', async () => {
    const free = await freePort();
    const fails = async (address: Address, text: RegExp): Promise<void> => {
      await using driver = bench.open({ address });
      const failure = await assertFails(askOne(driver, 'SELECT 1 AS n'), 'connect');
      assert.match(failure.message, text);
      await assertFails(driver.ping(NEVER), 'connect');
    };
    await fails({ kind: 'tcp', host: '127.0.0.1', port: free }, new RegExp(`ECONNREFUSED 127\\.0\\.0\\.1:${free}`));
    await fails({ kind: 'tcp', host: 'localhost', port: free }, new RegExp(`ECONNREFUSED.*${free}`));
    await fails({ kind: 'tcp', host: 'no-such-host.invalid', port: 3306 }, /no-such-host\.invalid/);
    await fails({ kind: 'socket', path: join(folder, 'nobody') }, /ENOENT.*nobody/);
  });

  const silent: Strangers = {
    'stays silent': () => undefined,
    'sends two bytes': (socket) => socket.write('\x4a\0'),
    'begins a greeting and never ends it': (socket) => socket.write('\x4a\0\0\0\x0a11.4'),
  };
  for (const [what, answer] of Object.entries(silent)) {
    it(`fails at its own limit where somebody listens who ${what}, and gives its place back`, async () => {
      await using stranger = await listen(answer);
      await using driver = bench.open({
        address: { kind: 'tcp', host: '127.0.0.1', port: stranger.port },
        maxConnections: 1,
        connectTimeoutMs: 1_500,
      });
      for (let attempt = 0; attempt < 2; attempt++) {
        using deadline = new SetDeadline();
        const failing = assertFails(askOne(driver, 'SELECT 1 AS n', {}, deadline), 'connect');
        await eventually(stranger.open, (open) => open === 1);
        deadline.clock.passQuickly(1_500);
        assert.match((await failing).message, new RegExp(`no connection to 127.0.0.1:${stranger.port} within 1s500ms`));
        await eventually(stranger.open, (open) => open === 0);
      }
    });
  }

  const strangers: Strangers = {
    'speaks HTTP': (socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'),
    'announces a huge packet': (socket) => socket.write(Buffer.alloc(100, 0xff)),
    'greets with nonsense': (socket) => socket.write(`\x4a\0\0\0\x0a${'\xff'.repeat(73)}`, 'latin1'),
    'closes at once': (socket) => socket.end(),
    'resets at once': (socket) => socket.resetAndDestroy(),
  };
  for (const [what, answer] of Object.entries(strangers)) {
    it(`fails at once where somebody listens who ${what}, and gives its place back`, async () => {
      await using stranger = await listen(answer);
      await using driver = bench.open({
        address: { kind: 'tcp', host: '127.0.0.1', port: stranger.port },
        maxConnections: 1,
      });
      for (let attempt = 0; attempt < 2; attempt++) await assertFails(askOne(driver, 'SELECT 1 AS n'), 'connect');
      await eventually(stranger.open, (open) => open === 0);
    });
  }

  it('does not outlast the deadline of the run, whatever its own limit', async () => {
    await using stranger = await listen(() => undefined);
    await using driver = bench.open({ address: { kind: 'tcp', host: '127.0.0.1', port: stranger.port } });
    for (const work of [
      (deadline) => askOne(driver, 'SELECT 1 AS n', {}, deadline),
      (deadline) => driver.ping(deadline),
    ] as ((deadline: SetDeadline) => Promise<unknown>)[]) {
      using deadline = new SetDeadline(1_000);
      const failing = assertFails(work(deadline), 'connect');
      await eventually(stranger.open, (open) => open === 1);
      deadline.expire();
      await failing;
      await eventually(stranger.open, (open) => open === 0);
    }
  });

  it('is not called impossible where most of the time was spent waiting before', async () => {
    await using stranger = await listen(() => undefined);
    const address = { kind: 'tcp', host: '127.0.0.1', port: stranger.port } as const;
    await using driver = bench.open({ address, maxConnections: 1, connectTimeoutMs: LONG_MS });
    for (const [waitedMs, reason] of [
      [600, 'busy'],
      [400, 'connect'],
    ] as const) {
      using first = new SetDeadline();
      using second = new SetDeadline(1_000);
      const before = assertFails(askOne(driver, 'SELECT 1 AS n', {}, first), 'connect');
      await eventually(stranger.open, (open) => open === 1);
      const failing = assertFails(askOne(driver, 'SELECT 1 AS n', {}, second), reason);
      second.clock.passQuickly(waitedMs);
      first.stop();
      await before;
      await eventually(stranger.count, (count) => count % 2 === 0);
      second.expire();
      await failing;
      await eventually(stranger.open, (open) => open === 0);
    }
  });

  it('is not held up by a name that cannot be looked up', async () => {
    const never = new Promise<never>(() => undefined);
    const asked: string[] = [];
    await using drivers = createDrivers(
      [],
      MAX_RUNNING,
      createRecordLogger(() => undefined),
      {
        lookup: (host) => {
          asked.push(host);
          return host === 'db1.test' ? Promise.resolve([{ address: '127.0.0.1', family: 4 }]) : never;
        },
      },
    );
    const at = (host: string): Target =>
      bench.target({ name: named(host), address: { kind: 'tcp', host, port: server.port }, maxConnections: 3 });
    using deadline = new SetDeadline();
    const hung = ['a.test', 'a.test', 'a.test'].map((host) =>
      assertFails(askOne(drivers.driverFor(at(host)), 'SELECT 1 AS n', {}, deadline), 'connect'),
    );
    assert.deepEqual(await askOne(drivers.driverFor(at('db1.test')), 'SELECT 1 AS n'), ['1']);
    deadline.expire();
    await Promise.all(hung);
    assert.deepEqual(asked, ['a.test', 'db1.test']);
    // Nor is the end of the drivers, while one more run waits for the name.
    const last = assertFails(askOne(drivers.driverFor(at('a.test')), 'SELECT 1 AS n'), 'connect');
    await new Promise((resolve) => setImmediate(resolve));
    await drivers[Symbol.asyncDispose]();
    await last;
  });

  it('uses the password that stands in the file now', async () => {
    const path = join(folder, 'password');
    await server.query(`CREATE USER rotated@'%' IDENTIFIED BY 'first'`);
    await writeFile(path, 'first\n');
    await using driver = bench.open({ user: 'rotated', password: { kind: 'file', path }, database: '' });
    assert.deepEqual(await askOne(driver, 'SELECT 1 AS n'), ['1']);
    await server.query(`ALTER USER rotated@'%' IDENTIFIED BY 'second '`);
    await kickOut('rotated');
    await assertFails(askOne(driver, 'SELECT 1 AS n'), 'auth');
    await writeFile(path, 'second \r\n');
    assert.deepEqual(await askOne(driver, 'SELECT 1 AS n'), ['1']);
    await rm(path);
    await kickOut('rotated');
    const failure = await assertFails(askOne(driver, 'SELECT 1 AS n'), 'connect');
    assert.match(failure.message, /password_file/);
  });

  it('goes over a socket, and shows the server who asks', async () => {
    await using driver = bench.open({ address: { kind: 'socket', path: server.socketPath } });
    const [row] = await askOne(driver, `SELECT CONCAT(USER(), ' ', @@character_set_results, ' ', DATABASE())`);
    assert.equal(row, 'test@localhost utf8mb4 shop');
  });

  it('is refused by a server that is full, and the statement ends all the same', async () => {
    await using driver = bench.open({ maxConnections: 1 });
    await using late = bench.open({ maxConnections: 1 });
    using deadline = new SetDeadline();
    const crowd = await Promise.all(Array.from({ length: 9 }, () => bench.guest()));
    try {
      const { started, onStart } = watchStart();
      const failing = assertFails(askOne(driver, 'SELECT SLEEP(300)', { onStart }, deadline), 'timeout');
      await started;
      await eventually(sleepers, (count) => count === 1);
      const failure = await assertFails(askOne(late, 'SELECT 1 AS n'), 'connect');
      assert.equal(failure.errno, 1040);
      deadline.expire();
      await failing;
      // No connection is left for a KILL: the limit in the session ends it.
      await eventually(sleepers, (count) => count === 0);
    } finally {
      await Promise.all(crowd.map((guest) => guest[Symbol.asyncDispose]()));
    }
    assert.deepEqual(await askOne(late, 'SELECT 1 AS n'), ['1']);
  });

  async function sleepers(): Promise<number> {
    return (await server.processlist()).filter((session) => session.sql?.includes('SLEEP')).length;
  }

  async function kickOut(user: string): Promise<void> {
    for (const session of await server.processlist()) {
      if (session.user === user) await server.query(`KILL CONNECTION ${session.id}`);
    }
    await eventually(
      () => server.processlist(),
      (sessions) => sessions.every((session) => session.user !== user),
    );
  }
});

type Strangers = Readonly<Record<string, (socket: Socket) => unknown>>;

interface Stranger extends AsyncDisposable {
  readonly port: number;
  /** Connections that are open now. */
  readonly open: () => number;
  /** All that there were. */
  readonly count: () => number;
}

/** Something else that listens on a port. */
async function listen(answer: (socket: Socket) => unknown): Promise<Stranger> {
  const sockets = new Set<Socket>();
  let count = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    count += 1;
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.resume();
    answer(socket);
  });
  await started(server);
  return {
    port: portOf(server),
    open: () => sockets.size,
    count: () => count,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await started(server);
  const port = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function started(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : assert.fail('not listening');
}
