import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { postgresSessions } from '../../src/sql/postgres/postgres-sessions.ts';
import type { RunMark, Stopper } from '../../src/sql/session.ts';
import { type Postgres, startPostgres } from '../support/postgres.ts';
import { SetDeadline } from './driver-bench.ts';
import {
  askRow,
  assertFails,
  eventually,
  markOf,
  meansOf,
  never,
  openSession,
  refused,
  runOn,
  targetOf,
} from './postgres-bench.ts';
import { Detour } from './postgres-detour.ts';
import { FakePostgres, failure, login, ready } from './postgres-fake.ts';

/** Goes on when it is cancelled. */
const DEAF = `DO $$ BEGIN LOOP BEGIN PERFORM pg_sleep(600); EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP; END $$`;

describe('a statement that is to end', () => {
  let server: Postgres;
  before(async () => {
    server = await startPostgres({ databases: ['shop'] });
    await server.queryIn('shop', 'CREATE TABLE fruit (id int); GRANT ALL ON fruit TO test');
  });
  after(() => server?.[Symbol.asyncDispose]());

  const open = (): ReturnType<typeof openSession> => openSession({ port: server.port, database: 'shop' });

  /** Waits until the server works on a statement, and gives its process. */
  const working = (marker: string): Promise<number> =>
    eventually(`the server to work on ${marker}`, async () => {
      const backends = await server.backends();
      return backends.find(({ state, sql }) => state === 'active' && sql.includes(marker))?.pid;
    });
  const gone = (marker: string): Promise<true> =>
    eventually(`${marker} to be gone`, async () => {
      const backends = await server.backends();
      return backends.some(({ state, sql }) => state === 'active' && sql.includes(marker)) ? undefined : true;
    });

  const stopperFor = async (mark: RunMark, port = server.port): Promise<Stopper> => {
    const stopper = await postgresSessions.openStopper(targetOf({ port, database: 'shop' }), mark, meansOf(), never());
    assert.ok(stopper !== null);
    return stopper;
  };

  it('is ended by the server a little before its deadline, and the session goes on', async () => {
    await using session = await open();
    const failed = await refused(session, 'SELECT pg_sleep(600)', 'timeout', {
      deadline: new SetDeadline(300),
    });
    assert.equal(failed.sqlState, '57014');
    assert.equal(failed.endedBy, 'server');
    assert.match(failed.message, /make the query cheaper or raise its timeout$/);
  });

  it('is told from others where it waits for a lock', async () => {
    await using holder = await open();
    await using session = await open();
    await runOn(holder, 'SELECT pg_advisory_lock(1)');
    const failed = await refused(session, 'SELECT pg_advisory_lock(1)', 'timeout', {
      deadline: new SetDeadline(300),
    });
    assert.equal(failed.sqlState, '55P03');
    assert.match(failed.message, /another session holds a lock that the query needs$/);
  });

  it('ends by the smaller limit of its role, which the message names', async () => {
    await server.query(`ALTER ROLE test SET statement_timeout = '1s'; ALTER ROLE test SET lock_timeout = '1min'`);
    await using session = await open();
    await server.query('ALTER ROLE test RESET ALL');
    const failed = await refused(session, 'SELECT pg_sleep(600)', 'timeout');
    assert.match(failed.message, /; statement_timeout of the user or the database is 1s: make the query cheaper/);
    assert.deepEqual(await askRow(session, `SELECT current_setting('lock_timeout')`), ['1min']);
  });

  it('is told from one that somebody cancelled', async () => {
    await using session = await open();
    const running = assertFails(runOn(session, 'SELECT /* mine */ pg_sleep(600)'), 'query');
    await server.query(`SELECT pg_cancel_backend(${await working('mine')})`);
    const failed = await running;
    assert.equal(failed.sqlState, '57014');
    assert.match(failed.message, /somebody cancelled the statement on the server$/);
    await session.reset();
    // Its own words for that are no cancelling.
    const raised = `DO $$ BEGIN RAISE 'x' USING ERRCODE = '57P01'; END $$`;
    await refused(session, raised, 'query');
  });

  it('is gone from the server when its session is destroyed', async () => {
    await using session = await open();
    const running = assertFails(runOn(session, 'SELECT /* sleeper */ pg_sleep(600)'), 'lost');
    const pid = await working('sleeper');
    session.destroy();
    assert.equal(session.isDead, true);
    await running;
    await session.closed;
    await eventually('the backend to be gone', async () =>
      (await server.backends()).every((backend) => backend.pid !== pid) ? true : undefined,
    );
    await assertFails(session.ping(), 'lost');
    await assertFails(session.reset(), 'lost');
    await assertFails(runOn(session, 'SELECT 1'), 'lost');
  });

  it('is seen and stopped by a stopper', async () => {
    await using session = await open();
    const mark = markOf(session, 'query-exporter orders 1-1');
    const running = assertFails(runOn(session, `/* ${mark.marker} */ SELECT pg_sleep(600)`), 'query');
    await working(mark.marker);
    const stopper = await stopperFor(mark);
    assert.equal(await stopper.look(mark), 'statement');
    await stopper.stop(mark);
    await running;
    // The transaction has failed, and nothing of it works any more.
    assert.equal(await stopper.look(mark), 'idle');
    const other = markOf(session, 'query-exporter orders 1-2');
    const again = runOn(session, `/* ${other.marker} */ SELECT pg_sleep(600)`).catch(() => undefined);
    await working(other.marker);
    assert.equal(await stopper.look(mark), 'connection');
    session.destroy();
    await again;
    await eventually('the stopper to see nothing', async () =>
      (await stopper.look(other)) === 'gone' ? true : undefined,
    );
    // Of another server, which looks the same from here, it knows nothing.
    const elsewhere = { ...other, cancelKey: (other.cancelKey ?? '').replace(/\S+$/, '0123456789abcdef') };
    assert.equal(await stopper.look(elsewhere), 'hidden');
    assert.equal(await stopper.look({ ...other, cancelKey: (other.cancelKey ?? '').replace(/\S+$/, '-') }), 'hidden');
    await stopper.quit();
  });

  it('is ended by force where it takes no notice of being cancelled', async () => {
    await using session = await open();
    const mark = markOf(session, 'query-exporter deaf 1-1');
    const running = assertFails(runOn(session, `/* ${mark.marker} */ ${DEAF}`), 'lost');
    await working(mark.marker);
    const stopper = await stopperFor(mark);
    await eventually('the statement to be gone', async () => {
      await stopper.stop(mark);
      return (await stopper.look(mark)) === 'gone' ? true : undefined;
    });
    await stopper.quit();
    const failed = await running;
    assert.equal(failed.sqlState, '57P01');
    assert.match(failed.message, /the next run connects again$/);
  });

  it('may be there unseen where the server shows it to others only', async () => {
    await server.query(`CREATE ROLE stranger LOGIN PASSWORD 'test123'`);
    await using session = await open();
    const mark = markOf(session, 'query-exporter orders 2-1');
    const running = runOn(session, `/* ${mark.marker} */ SELECT pg_sleep(600)`).catch(() => undefined);
    await working(mark.marker);
    const target = targetOf({ port: server.port, user: 'stranger' });
    const stopper = await postgresSessions.openStopper(target, mark, meansOf(), never());
    assert.equal(await stopper?.look(mark), 'hidden');
    await stopper?.quit();
    session.destroy();
    await running;
  });

  it('is not looked for by marks of others', async () => {
    await using session = await open();
    const mark = markOf(session, 'query-exporter orders 3-1');
    const wrong: Partial<RunMark>[] = [
      { cancelKey: null },
      { cancelKey: '1 2' },
      { cancelKey: '1 OR true' },
      { marker: `' OR true --` },
      { address: 'nowhere' },
    ];
    for (const part of wrong) {
      assert.equal(await postgresSessions.openStopper(targetOf({}), { ...mark, ...part }, meansOf(), never()), null);
    }
  });

  it('is gone where nobody reads its result any more', async () => {
    const proxy = await Detour.before(server.port);
    try {
      const session = await openSession({ port: proxy.port, database: 'shop' });
      const mark = markOf(session, 'query-exporter writer 1-1');
      const sql = `/* ${mark.marker} */ SELECT repeat('x', 100) FROM generate_series(1, 10000000)`;
      let onRow: () => void = () => undefined;
      const firstRow = new Promise<void>((resolve) => {
        onRow = resolve;
      });
      const sink = { columns: () => undefined, row: () => onRow() };
      const running = assertFails(runOn(session, sql, { maxRows: 1e9, maxBytes: 1e12, sink }), 'lost');
      await firstRow;
      proxy.stall();
      await eventually('the server to wait until it is read', async () => {
        const waiting = `SELECT 1 FROM pg_stat_activity WHERE wait_event = 'ClientWrite' AND query LIKE '%${mark.marker}%'`;
        return (await server.query(waiting)).length > 0 ? true : undefined;
      });
      const stopper = await stopperFor(mark);
      await eventually('the statement to be gone', async () => {
        await stopper.stop(mark);
        return (await stopper.look(mark)) === 'gone' ? true : undefined;
      });
      await stopper.quit();
      proxy.cut();
      await running;
    } finally {
      await proxy.close();
    }
  });

  it('is gone soon after a client that was killed', async () => {
    const proxy = await Detour.before(server.port);
    try {
      const session = await openSession({ port: proxy.port, database: 'shop' });
      const running = assertFails(runOn(session, 'SELECT /* orphan */ pg_sleep(600)'), 'lost');
      await working('orphan');
      // Neither a goodbye nor a cancel request: the server notices by itself.
      proxy.cut();
      await running;
      await gone('orphan');
    } finally {
      await proxy.close();
    }
  });

  it('is lost with its connection, whoever ends that', async () => {
    const endings: readonly (readonly [string, (pid: number) => Promise<unknown>, RegExp])[] = [
      ['terminated', (pid) => server.query(`SELECT pg_terminate_backend(${pid})`), /57P01/],
      ['killed', async (pid) => process.kill(pid, 'SIGKILL'), /connection was lost/],
    ];
    for (const [name, end, message] of endings) {
      const session = await open();
      const running = assertFails(runOn(session, `SELECT /* ${name} */ pg_sleep(600)`), 'lost');
      await end(await working(name));
      const failed = await running;
      assert.match(failed.message, message);
      assert.equal(failed.endedBy, null);
      await session.closed;
      assert.equal(session.isDead, true);
    }
    // A backend that is killed takes everybody with it.
    await server.restart();
    await using session = await open();
    const running = assertFails(runOn(session, 'SELECT /* shut */ pg_sleep(600)'), 'lost');
    await working('shut');
    await server.stop();
    assert.match((await running).message, /57P01/);
    await server.restart();
  });

  it('ends with its own transaction where the server knows a limit for that', async () => {
    // 25P04 comes from PostgreSQL 17 on; here the words are the server's, and the end is ours.
    await using fake = await FakePostgres.start([
      ...login('17.2'),
      ready('T'),
      failure('25P04', 'terminating connection due to transaction timeout'),
    ]);
    const session = await openSession({ port: fake.port });
    const failed = await assertFails(runOn(session, 'SELECT 1'), 'timeout');
    assert.equal(failed.sqlState, '25P04');
    assert.match(fake.received.toString('latin1'), /SET LOCAL transaction_timeout = '\d+'/);
  });
});
