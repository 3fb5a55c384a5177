import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { mysqlSessions } from '../../src/sql/mysql/mysql-sessions.ts';
import { NameLookups } from '../../src/sql/pool/name-lookups.ts';
import { ServerKnowledge } from '../../src/sql/pool/server-knowledge.ts';
import type { Mariadb } from '../support/mariadb.ts';
import type { TargetParts } from '../support/plan-parts.ts';
import { ask, askOne, assertFails, eventually, NEVER, RowList, SetDeadline } from './driver-bench.ts';
import { createMysqlBench, type MysqlBench } from './mysql-bench.ts';

describe('what a statement leaves behind', () => {
  let bench: MysqlBench;
  let server: Mariadb;
  before(async () => {
    bench = await createMysqlBench({ databases: ['shop', 'other'] });
    ({ server } = bench);
    for (const database of ['shop', 'other']) {
      await server.query(`CREATE TABLE ${database}.w (v TEXT)`);
      await server.query(`INSERT INTO ${database}.w VALUES ('${database}')`);
    }
  });
  after(async () => {
    await bench[Symbol.asyncDispose]();
  });

  const strays: Readonly<Record<string, string>> = {
    'a USE': 'USE other',
    'a USE in a string': `EXECUTE IMMEDIATE 'USE other'`,
    'a compound statement with a result': `BEGIN NOT ATOMIC EXECUTE IMMEDIATE 'USE other'; SELECT 1 AS n; END`,
    'a compound statement that fails': `BEGIN NOT ATOMIC EXECUTE IMMEDIATE 'USE other'; SELECT * FROM nowhere; END`,
  };
  for (const [what, sql] of Object.entries(strays)) {
    it(`is never the default database: ${what}`, async () => {
      await using driver = bench.open({ maxConnections: 1 });
      for (let round = 0; round < 3; round++) {
        await ask(driver, sql).catch(() => undefined);
        assert.deepEqual(await askOne(driver, 'SELECT v FROM w'), ['shop']);
      }
      await using homeless = bench.open({ maxConnections: 1, database: '' });
      await ask(homeless, sql).catch(() => undefined);
      assert.deepEqual(await askOne(homeless, 'SELECT DATABASE()'), [null]);
      await assertFails(askOne(homeless, 'SELECT v FROM w'), 'query');
    });
  }

  it('is not the default database of init_sql, either, also where that fails afterwards', async () => {
    await using driver = bench.open({ maxConnections: 1, initSql: ['SET @a = DATABASE()', 'USE other'] });
    for (let round = 0; round < 2; round++) assert.deepEqual(await askOne(driver, 'SELECT @a'), ['shop']);
    const initSql = ['DO IF(DATABASE() = "shop", 1, (SELECT 1 UNION SELECT 2))', 'USE other', 'SELECT * FROM nowhere'];
    await using failing = bench.open({ maxConnections: 1, initSql });
    for (let round = 0; round < 3; round++)
      assert.equal((await assertFails(ask(failing, 'SELECT 1'), 'query')).errno, 1146);
  });

  it('keeps no connection open where it cannot be undone, and keeps it where it can', async () => {
    await using homeless = bench.open({ maxConnections: 1, database: '' });
    const id = await askOne(homeless, 'SELECT CONNECTION_ID()');
    await assertFails(ask(homeless, 'SELECT * FROM nowhere.nowhere'), 'query');
    assert.deepEqual(await askOne(homeless, 'SELECT CONNECTION_ID()'), id);
    await assertFails(ask(homeless, 'USE other'), 'no_result');
    assert.notDeepEqual(await askOne(homeless, 'SELECT CONNECTION_ID()'), id);
  });

  it('is no lost connection, whatever number a statement gives its error', async () => {
    await using driver = bench.open({ maxConnections: 1 });
    const id = await askOne(driver, 'SELECT CONNECTION_ID()');
    for (const errno of [500, 1_053, 1_927, 4_031]) {
      const failure = await assertFails(ask(driver, `SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = ${errno}`), 'query');
      assert.deepEqual([failure.errno, failure.endedBy], [errno, 'server']);
    }
    assert.deepEqual(await askOne(driver, 'SELECT CONNECTION_ID()'), id);
  });

  it('is not the shorter limit that the administrator gives a user, in every run', async () => {
    await server.query(`CREATE USER short@'%' IDENTIFIED BY 'x' WITH MAX_STATEMENT_TIME 1.5`);
    await server.query(`GRANT SELECT ON shop.* TO short@'%'`);
    const user: TargetParts = { user: 'short', password: { kind: 'text', text: 'x' }, maxConnections: 1 };
    await using driver = bench.open(user);
    for (let round = 0; round < 3; round++) {
      assert.deepEqual(await askOne(driver, 'SELECT @@max_statement_time'), ['1.500000']);
    }
    const failure = await assertFails(ask(driver, 'SELECT SLEEP(300) FROM fruit'), 'timeout');
    assert.match(failure.message, /gives this user a max_statement_time of 1s500ms, which is less than the timeout/);
    using deadline = new SetDeadline(1_000);
    assert.deepEqual(await askOne(driver, 'SELECT @@max_statement_time', {}, deadline), ['0.950000']);
    const ours = await assertFails(ask(driver, 'SELECT SLEEP(300) FROM fruit', {}, deadline), 'timeout');
    assert.match(ours.message, /\(1969\); make the query cheaper or raise its timeout$/);
  });

  it('is the advice to read only, where a privilege is refused that nobody needs who reads', async () => {
    await server.query(`CREATE USER reader@'%' IDENTIFIED BY 'x'`);
    await server.query(`GRANT SELECT ON shop.* TO reader@'%'`);
    await using driver = bench.open({ user: 'reader', password: { kind: 'text', text: 'x' } });
    for (const sql of ['DELETE FROM w', 'REPLACE INTO w VALUES (1)', 'DROP TABLE w', 'CREATE VIEW x AS SELECT 1']) {
      assert.match((await assertFails(ask(driver, sql), 'read_only')).message, /; queries may only read$/, sql);
    }
    const failure = await assertFails(ask(driver, 'SELECT * FROM other.w'), 'query');
    assert.match(failure.message, /; grant the user the privilege$/);
  });

  it('shows how much of it the server could not read', async () => {
    await using driver = bench.open();
    const near = async (sql: string) =>
      / near (.*) at line/.exec((await assertFails(ask(driver, sql), 'query')).message)?.[1];
    assert.equal(await near('SELECT 1 FROM'), `''`);
    assert.equal(await near('SHOW SLAVE STATUS\\G'), '2 characters that are not shown');
    assert.equal(await near('SELECT `n FROM t'), '9 characters that are not shown');
    assert.equal(await near(`SELECT 1; SELECT 'hunter2'`), `'SELECT'`);
    assert.equal(await near(`SELECT 1;; 'hunter2'`), '11 characters that are not shown');
  });
});

it('a server that knows no InnoDB is told the rest, which is found out once', async () => {
  await using bench = await createMysqlBench({ flags: ['--innodb=OFF', '--default-storage-engine=MyISAM'] });
  const knowledge = new ServerKnowledge(() => undefined);
  const target = bench.target();
  const means = { lookups: new NameLookups(), knowledge };
  const limits = 'SELECT CONCAT_WS(" ", @@max_statement_time, @@tx_read_only, @@lock_wait_timeout) AS n';
  const request = { sql: limits, initSql: [], lock: null, maxRows: 1, maxBytes: 1_000, onStart: () => undefined };
  const counts: number[] = [];
  for (let run = 0; run < 3; run++) {
    const session = await mysqlSessions.open(target, means, NEVER);
    const before = await bench.server.statementCount();
    const list = new RowList();
    await session.run(request, list, NEVER);
    counts.push((await bench.server.statementCount()) - before);
    assert.deepEqual(list.rows, [['9.950000 ON 10']]);
    await session.quit();
  }
  assert.deepEqual(counts.slice(1), [3, 3]);
  assert.match(knowledge.facts.missing.lock_wait ?? '', /innodb_lock_wait_timeout/);
  assert.deepEqual(Object.keys(knowledge.facts.missing), ['lock_wait']);
});

it('a lock costs one statement more, once for both statements of a run with a when', async () => {
  await using bench = await createMysqlBench();
  const means = { lookups: new NameLookups(), knowledge: new ServerKnowledge(() => undefined) };
  const session = await mysqlSessions.open(bench.target(), means, NEVER);
  const request = { sql: 'SELECT 1', initSql: [], maxRows: 1, maxBytes: 1_000, onStart: () => undefined };
  const costOf = async (lock: string | null): Promise<number> => {
    const before = await bench.server.statementCount();
    assert.equal(await session.run({ ...request, lock }, new RowList(), NEVER), null);
    return (await bench.server.statementCount()) - before;
  };
  await costOf(null);
  await session.reset();
  const bare = await costOf(null);
  await session.reset();
  assert.equal(await costOf('orders'), bare + 1);
  // The one more is the COMMIT between the two.
  assert.equal(await costOf('orders'), bare + 1);
  await session.quit();
});

it('a client that keeps a lock and does nothing more is stopped by who comes later, or loses its connection in time', async () => {
  await using bench = await createMysqlBench();
  const means = { lookups: new NameLookups(), knowledge: new ServerKnowledge(() => undefined) };
  const request = {
    sql: 'SELECT 1',
    initSql: [],
    lock: 'orders',
    maxRows: 1,
    maxBytes: 1_000,
    onStart: () => undefined,
  };
  const [first, second] = [await open(), await open()];
  await first.run(request, new RowList(), NEVER);
  const holder = await eventually(
    () => second.run(request, new RowList(), NEVER),
    (other) => (other?.ageMs ?? 0) > 0,
  );
  assert.ok(holder !== null);
  assert.deepEqual([holder.connectionId, holder.marker], [first.id, null]);
  await second.endHolder(holder);
  await first.closed;
  await eventually(
    () => second.run(request, new RowList(), new SetDeadline(1_000)),
    (other) => other === null,
  );
  await second.closed;

  function open() {
    return mysqlSessions.open(bench.target(), means, NEVER);
  }
});
