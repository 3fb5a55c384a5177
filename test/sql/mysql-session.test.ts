import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Driver } from '../../src/sql/driver.ts';
import type { Mariadb, Row } from '../support/mariadb.ts';
import { ask, askOne, assertFails, eventually, NEVER, SetDeadline } from './driver-bench.ts';
import { createMysqlBench, type MysqlBench } from './mysql-bench.ts';

describe('a run on MariaDB', () => {
  let bench: MysqlBench;
  let server: Mariadb;
  let driver: Driver;
  before(async () => {
    bench = await createMysqlBench({ flags: ['--log-output=TABLE', '--slow-query-log=1', '--long-query-time=0'] });
    ({ server } = bench);
    driver = bench.open({ maxConnections: 1 });
    await server.query(`CREATE PROCEDURE shop.one_result() SELECT id, name FROM fruit ORDER BY id`);
    await server.query(`CREATE PROCEDURE shop.two_results() BEGIN SELECT 1 AS a; SELECT 2 AS b, 3 AS c; END`);
    await server.query(`CREATE PROCEDURE shop.late_failure() BEGIN SELECT 1 AS a; SELECT * FROM nowhere; END`);
    await server.query(`CREATE PROCEDURE shop.writes() INSERT INTO fruit VALUES (3, 'plum')`);
  });
  after(async () => {
    await driver[Symbol.asyncDispose]();
    await bench[Symbol.asyncDispose]();
  });

  it('has its limits set to what is left until the deadline', async () => {
    using deadline = new SetDeadline(2_500);
    const [row = []] = (
      await ask(
        driver,
        `SELECT @@session.max_statement_time, @@session.lock_wait_timeout, @@session.innodb_lock_wait_timeout,
           @@session.tx_read_only, @@session.slow_query_log, @@character_set_client`,
        {},
        deadline,
      )
    ).rows;
    assert.deepEqual(row, ['2.450000', '3', '3', '1', '1', 'utf8mb4']);
  });

  it('takes the result of a procedure and refuses several', async () => {
    assert.deepEqual((await ask(driver, 'CALL one_result()')).rows, [
      ['1', 'apple'],
      ['2', 'pear'],
    ]);
    const failure = await assertFails(ask(driver, 'CALL two_results()'), 'query');
    assert.match(failure.message, /gives 2 result sets/);
    await assertFails(ask(driver, 'CALL late_failure()'), 'query');
    await assertFails(ask(driver, 'CALL writes()'), 'read_only');
    assert.deepEqual(await askOne(driver, 'SELECT COUNT(*) AS n FROM fruit'), ['2']);
  });

  it('keeps its connection when the server refuses a statement, and not when a result is cut off', async () => {
    const id = await askOne(driver, 'SELECT CONNECTION_ID()');
    await assertFails(ask(driver, `UPDATE fruit SET name = 'plum'`), 'read_only');
    await assertFails(ask(driver, 'SELECT * FROM fruit FOR UPDATE'), 'read_only');
    await assertFails(ask(driver, 'SELEC 1'), 'query');
    await assertFails(ask(driver, 'DO 1'), 'no_result');
    await assertFails(ask(driver, 'CALL two_results()'), 'query');
    assert.deepEqual(await askOne(driver, 'SELECT CONNECTION_ID()'), id);
    await assertFails(ask(driver, 'SELECT 1 AS n', { maxRows: 0 }), 'too_large');
    assert.notDeepEqual(await askOne(driver, 'SELECT CONNECTION_ID()'), id);
  });

  it('gives what SHOW statements say', async () => {
    const status = await ask(driver, `SHOW GLOBAL STATUS LIKE 'Uptime'`);
    assert.deepEqual(status.names, ['Variable_name', 'Value']);
    assert.deepEqual((await ask(driver, 'SHOW REPLICA STATUS')).rows, []);
    assert.equal((await ask(driver, 'SHOW ENGINE INNODB STATUS')).names?.length, 3);
    assert.ok((await ask(driver, 'EXPLAIN SELECT * FROM fruit')).rows.length > 0);
  });

  it('gives every type as the text that the server prints', async () => {
    const { rows } = await ask(
      driver,
      `SELECT 18446744073709551615 AS a, CAST('0.123456789012345678901234567890' AS DECIMAL(65,30)) AS b,
         SUM(id) AS c, AVG(id) AS d, TRUE AS e, TIMESTAMP'2024-02-29 12:00:00.5' AS f, 1e21 AS g, 1e-7 AS h,
         JSON_OBJECT('a', 1) AS i, -5e-1 AS j, DATE'2024-02-29' AS k, TIME'-01:00:00' AS l FROM fruit`,
    );
    assert.deepEqual(rows, [
      [
        ...['18446744073709551615', '0.123456789012345678901234567890', '3', '1.5000', '1', '2024-02-29 12:00:00.5'],
        ...['1e21', '0.0000001', '{"a": 1}', '-0.5', '2024-02-29', '-01:00:00'],
      ],
    ]);
  });

  it('gives BIT values as decimal numbers', async () => {
    await server.query('CREATE TABLE shop.bits (a BIT(1), b BIT(8), c BIT(64), d BIT(9))');
    await server.query(`INSERT INTO shop.bits VALUES (b'1', b'10000001', ~0, NULL)`);
    assert.deepEqual((await ask(driver, 'SELECT * FROM bits')).rows, [['1', '129', '18446744073709551615', null]]);
    // Computed ones come as text, but for those of window functions.
    const computed =
      'SELECT MAX(a), COALESCE(b, 0), (SELECT b FROM bits), IF(1, c, 0), LAG(b, 0) OVER (ORDER BY a) FROM bits';
    assert.deepEqual((await ask(driver, computed)).rows, [['1', '129', '129', '18446744073709551615', '129']]);
  });

  it('gives cells of every length whole', async () => {
    const lengths = [0, 1, 39, 40, 41, 250, 251, 65_535, 65_536, 1_000_000];
    const { rows } = await ask(driver, `SELECT ${lengths.map((length) => `REPEAT('ü', ${length}) AS a`).join(', ')}`);
    assert.deepEqual(
      rows[0]?.map((cell) => cell?.length),
      lengths,
    );
    assert.ok(rows[0]?.every((cell) => /^ü*$/.test(cell ?? 'x')));
  });

  it('sends no file to the server', async () => {
    await assertFails(ask(driver, `LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE fruit`), 'query');
  });

  it('leaves no lock and no variable behind on its connection', async () => {
    await using admin = await bench.admin();
    const locks = [
      `SELECT GET_LOCK('behind', 0)`,
      'FLUSH TABLES WITH READ LOCK',
      'BEGIN',
      'HANDLER fruit OPEN',
      'LOCK TABLES fruit READ',
    ];
    for (const lock of locks) await ask(driver, lock).catch(() => undefined);
    // Refused at once where a lock is held.
    await admin.query('SET SESSION lock_wait_timeout = 0');
    await driver.ping(NEVER);
    await admin.query('ALTER TABLE shop.fruit COMMENT "free"');
    assert.deepEqual(await askOne(driver, `SELECT IS_FREE_LOCK('behind')`), ['1']);
  });

  it('costs five round trips: the statement, its settings and its transaction, and a reset before and after', async () => {
    await driver.ping(NEVER);
    const before = await server.statementCount();
    await askOne(driver, 'SELECT 1 AS n');
    // The only connection is free again when it has been reset.
    await driver.ping(NEVER);
    assert.equal((await server.statementCount()) - before, 5);
  });

  it('stays out of the slow log where that is asked for', async () => {
    await using quiet = bench.open({ slowLog: false });
    await askOne(quiet, `SELECT 'quiet_probe' AS a`);
    await askOne(driver, `SELECT 'loud_probe' AS a`);
    const probes = (): Promise<Row[]> =>
      server.query(`SELECT sql_text FROM mysql.slow_log WHERE sql_text LIKE '%_probe%' AND user_host LIKE 'test%'`);
    // The log is written when the answer is already under way.
    const logged = await eventually(probes, (rows) => rows.length > 0);
    assert.match(JSON.stringify(logged), /loud_probe/);
    assert.doesNotMatch(JSON.stringify(logged), /quiet_probe/);
  });

  it('says of a failure whether it lies in init_sql', async () => {
    await using broken = bench.open({ initSql: ['SELECT * FROM nowhere'] });
    const failure = await assertFails(askOne(broken, 'SELECT 1 AS n'), 'query');
    assert.match(failure.message, /^the server refused a statement \(1146\) in init_sql$/);
    assert.equal(failure.sqlState, '42S02');
  });
});
