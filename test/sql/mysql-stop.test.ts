import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Driver, RunRequest } from '../../src/sql/driver.ts';
import type { RunMark } from '../../src/sql/session.ts';
import type { Mariadb, Session } from '../support/mariadb.ts';
import {
  ask,
  askOne,
  assertFails,
  eventually,
  LONG_MS,
  NEVER,
  requestOf,
  SetDeadline,
  watchStart,
} from './driver-bench.ts';
import { createMysqlBench, type MysqlBench } from './mysql-bench.ts';

const SELECT_NUMBER = 'SELECT n FROM numbers ORDER BY n LIMIT 1';

describe('a statement that has to end', () => {
  let bench: MysqlBench;
  let server: Mariadb;
  before(async () => {
    bench = await createMysqlBench();
    ({ server } = bench);
    await server.query('CREATE TABLE shop.numbers (n INTEGER PRIMARY KEY) ENGINE=InnoDB');
    await server.query('CREATE PROCEDURE shop.nap() SQL SECURITY INVOKER SELECT SLEEP(300) AS n');
    await server.query('CREATE PROCEDURE shop.rest() SELECT SLEEP(300) AS n');
    await server.query('INSERT INTO shop.numbers SELECT seq FROM shop.seq_1_to_3000');
  });
  after(async () => {
    await bench[Symbol.asyncDispose]();
  });

  it('that the server ends at its own limit is a timeout, and the connection is kept', async () => {
    await using driver = bench.open({ maxConnections: 1, initSql: ['SET SESSION max_statement_time = 0.1'] });
    const id = await connectionId(driver);
    const failure = await assertFails(ask(driver, 'SELECT SLEEP(300) FROM numbers'), 'timeout');
    assert.equal(failure.errno, 1969);
    assert.equal(await connectionId(driver), id);
  });

  const ways: Readonly<Record<string, string>> = {
    'while it sleeps': 'SELECT SLEEP(300)',
    'in a join of everything with everything':
      'SELECT COUNT(*) AS n FROM numbers AS a, numbers AS b, numbers AS c WHERE a.n + b.n + c.n < 0',
    'in a procedure, of which the server shows only what it runs': 'CALL nap()',
    'while it sorts': 'SELECT a.n FROM numbers AS a, numbers AS b, seq_1_to_300 AS c ORDER BY RAND()',
  };
  for (const [way, sql] of Object.entries(ways)) {
    it(`is gone from the server when it is stopped ${way}`, async () => {
      await using driver = bench.open();
      await stopAfterStart(driver, sql);
      await assertNothingRuns();
      assert.deepEqual(await askOne(driver, 'SELECT 1 AS n'), ['1']);
    });
  }

  it('is not called stopped in a procedure of another user, which nobody but that user may stop', async () => {
    await using driver = bench.open();
    const warned = bench.log.length;
    await stopAfterStart(driver, 'CALL rest()');
    await eventually(
      () => bench.log.slice(warned).map(({ fields }) => fields['error']),
      (errors) => errors.includes('the server did not end it in time'),
    );
    for (const { id } of await server.processlist()) await server.query(`KILL ${id}`).catch(() => undefined);
    await assertNothingRuns();
  });

  it('is gone from the server when it is stopped in the middle of its result', async () => {
    await using driver = bench.open();
    using deadline = new SetDeadline(LONG_MS);
    let rows = 0;
    const sink = {
      columns: () => undefined,
      row: () => {
        rows += 1;
        if (rows === 1_000) deadline.stop();
      },
    };
    const request = requestOf('SELECT a.n FROM numbers AS a, numbers AS b', { maxRows: 1e9, maxBytes: 1e9 });
    await assertFails(driver.run(request, sink, deadline), 'timeout');
    await assertNothingRuns();
  });

  it('is ended at its deadline in the wait for a lock', async () => {
    await using driver = bench.open();
    await using admin = await bench.admin();
    await admin.query('LOCK TABLES shop.numbers WRITE');
    using deadline = new SetDeadline(LONG_MS);
    const { started, onStart } = watchStart();
    const ended = assertFails(askOne(driver, SELECT_NUMBER, { onStart }, deadline), 'timeout');
    await untilRunning((await started).connectionId);
    deadline.expire();
    await ended;
    await assertNothingRuns();
    await admin.query('UNLOCK TABLES');
    assert.deepEqual(await askOne(driver, SELECT_NUMBER), ['1']);
  });

  it('is a timeout, too, when the server gives up the wait for a lock', async () => {
    await using driver = bench.open({ initSql: ['SET SESSION lock_wait_timeout = 0'] });
    await using admin = await bench.admin();
    await admin.query('LOCK TABLES shop.numbers WRITE');
    const failure = await assertFails(askOne(driver, SELECT_NUMBER), 'timeout');
    assert.equal(failure.errno, 1205);
  });

  it('is stopped while a value of 200 MB is still on its way', async () => {
    await server.query('SET GLOBAL max_allowed_packet = 1073741824');
    await using driver = bench.open();
    const request = { maxBytes: 1_000_000 };
    const failure = await assertFails(ask(driver, `SELECT REPEAT('x', 200000000) AS text`, request), 'too_large');
    // The slack is one read from the socket.
    assert.ok(Number(/and (\d+) bytes/.exec(failure.message)?.[1]) < 1_200_000, failure.message);
    await assertNothingRuns();
  });

  it('hands over three million rows one by one, and is stopped at its cap', async () => {
    await using driver = bench.open();
    let rows = 0;
    const sink = {
      columns: () => undefined,
      row: () => {
        rows += 1;
      },
    };
    const sql = `SELECT seq AS n, 'some text that is longer than a scratch cell would be' AS text FROM seq_1_to_3000000`;
    const all: Partial<RunRequest> = { maxRows: 3_000_000, maxBytes: 1e9 };
    using deadline = new SetDeadline(LONG_MS);
    await driver.run(requestOf(sql, all), sink, deadline);
    assert.equal(rows, 3_000_000);
    const failure = await assertFails(ask(driver, sql, { maxRows: 10_000 }), 'too_large');
    assert.match(failure.message, /max_rows is 10000, max_bytes is 16777216/);
    await assertNothingRuns();
  });

  it('that an administrator killed is a failure of the query, and the connection is kept', async () => {
    await using driver = bench.open({ maxConnections: 1 });
    const { started, onStart } = watchStart();
    const id = await connectionId(driver);
    const failing = assertFails(ask(driver, 'SELECT SLEEP(300) FROM numbers', { onStart }), 'query');
    assert.equal((await started).connectionId, id);
    await untilRunning(id);
    await server.query(`KILL QUERY ${id}`);
    assert.equal((await failing).errno, 1317);
    assert.equal(await connectionId(driver), id);
  });

  it('is lost when its connection is killed', async () => {
    await using driver = bench.open({ maxConnections: 1 });
    const { started, onStart } = watchStart();
    const failing = assertFails(ask(driver, 'SELECT SLEEP(300) FROM numbers', { onStart }), 'lost');
    const { connectionId: id } = await started;
    await untilRunning(id);
    await server.query(`KILL CONNECTION ${id}`);
    await failing;
    assert.notEqual(await connectionId(driver), id);
  });

  it('is stopped for another driver by its mark, and only while it is the same statement', async () => {
    await using driver = bench.open();
    await using other = bench.open();
    const { started, onStart } = watchStart();
    const failing = assertFails(ask(driver, 'SELECT SLEEP(300) FROM numbers', { onStart }), 'query');
    const mark = await started;
    await untilRunning(mark.connectionId);
    const unlike: RunMark = { ...mark, marker: `${mark.marker}0` };
    await other.stopLeftover(unlike, NEVER);
    assert.ok((await running()).some((session) => String(session.id) === mark.connectionId));
    await other.stopLeftover(mark, NEVER);
    assert.equal((await failing).errno, 1317);
    const foreign: RunMark = { ...mark, address: 'nonsense' };
    await other.stopLeftover(foreign, NEVER);
  });

  it('carries the name of its query in a comment that no name can leave', async () => {
    await using driver = bench.open();
    const { started, onStart } = watchStart();
    const query = 'orders */ by "state"';
    const failing = assertFails(ask(driver, 'SELECT SLEEP(300) FROM numbers', { onStart, query }), 'query');
    const { connectionId: id, marker } = await started;
    const session = await untilRunning(id);
    assert.ok(session.sql?.startsWith(`/* ${marker} */ SELECT`), session.sql ?? '');
    assert.match(marker, /^query-exporter orders____by__state_ /);
    await server.query(`KILL QUERY ${id}`);
    await failing;
  });

  async function connectionId(driver: Driver): Promise<string> {
    return (await askOne(driver, 'SELECT CONNECTION_ID()'))[0] ?? '';
  }

  /** The outcome comes while the statement would work for much longer. */
  async function stopAfterStart(driver: Driver, sql: string): Promise<void> {
    using deadline = new SetDeadline(LONG_MS);
    const { started, onStart } = watchStart();
    const ended = assertFails(ask(driver, sql, { onStart }, deadline), 'timeout');
    await untilRunning((await started).connectionId);
    deadline.stop();
    await ended;
  }

  async function running(): Promise<Session[]> {
    return (await server.processlist()).filter((session) => session.command === 'Query');
  }

  async function untilRunning(id: string): Promise<Session> {
    const [session] = await eventually(
      async () => (await running()).filter((one) => String(one.id) === id && one.sql?.includes('SELECT ')),
      (sessions) => sessions.length === 1,
    );
    return session ?? assert.fail();
  }

  async function assertNothingRuns(): Promise<void> {
    await eventually(running, (sessions) => sessions.length === 0);
  }
});
