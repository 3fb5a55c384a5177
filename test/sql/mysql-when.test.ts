import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { parseVersionRange } from '../../src/language/version-range.ts';
import type { When } from '../../src/model/plan.ts';
import type { Driver } from '../../src/sql/driver.ts';
import { askOne, assertFails, NEVER, RowList, requestOf, SetDeadline, watchStart } from './driver-bench.ts';
import { createMysqlBench, type MysqlBench } from './mysql-bench.ts';

describe('a when on MySQL', () => {
  let bench: MysqlBench;
  before(async () => {
    bench = await createMysqlBench({ flags: ['--general-log', '--log-output=TABLE'] });
  });
  after(async () => {
    await bench[Symbol.asyncDispose]();
  });

  /** What was sent since the log was last emptied, without what makes a session safe. */
  async function sent(): Promise<string[]> {
    const rows = await bench.server.query(
      `SELECT CONVERT(argument USING utf8) AS text FROM mysql.general_log WHERE argument LIKE '/* query-exporter %'`,
    );
    return rows.map(({ text }) => String(text).replace(/^\/\*.*?\*\/ /, ''));
  }

  /** What `run` resolves with, the rows that came, and the statements that were sent. */
  async function run(driver: Driver, when: Partial<When>, sql = 'SELECT 7 AS n') {
    await bench.server.query('TRUNCATE mysql.general_log');
    const list = new RowList();
    const notSent = await driver.run(requestOf(sql, { when: whenOf(when) }), list, NEVER);
    return { why: notSent?.why ?? null, rows: list.rows, sent: await sent() };
  }

  it('tells MariaDB from MySQL and compares its version, and sends nothing where that does not hold', async () => {
    await using driver = bench.open();
    const { rows } = await run(driver, { version: rangeOf('mysql >=8 || mariadb >=10.5') });
    assert.deepEqual(rows, [['7']]);
    const { version, release } = driver.facts;
    assert.equal(version, `MariaDB ${release?.numbers.join('.')}`);
    assert.deepEqual(await run(driver, { version: rangeOf('mysql >=5') }), {
      why: `version is ${version}, not mysql >=5`,
      rows: [],
      sent: [],
    });
  });

  it('asks its statement first, in the same session, and the one of the query only where that is true', async () => {
    await using driver = bench.open();
    assert.deepEqual(await run(driver, { sql: 'SELECT NOT @@global.read_only' }), {
      why: null,
      rows: [['7']],
      sent: ['SELECT NOT @@global.read_only', 'SELECT 7 AS n'],
    });
    assert.deepEqual(await run(driver, { sql: 'SELECT @@global.read_only' }), {
      why: 'sql of its when does not hold',
      rows: [],
      sent: ['SELECT @@global.read_only'],
    });
    assert.deepEqual((await run(driver, { sql: 'SELECT @seen := 1' }, 'SELECT @seen')).rows, [['1']]);
    assert.deepEqual(await askOne(driver, 'SELECT @seen'), [null]);
  });

  it('takes the first cell of the first row for true where it is a number other than 0', async () => {
    await using driver = bench.open();
    const holds = ['1', '-0.5', `'2'`, '1 UNION ALL SELECT 0', '1, 0', 'TRUE'];
    const fails = ['0', '0.0', 'NULL', `'yes'`, `''`, '1 FROM shop.fruit WHERE id > 2', '0 UNION ALL SELECT 1', '0, 1'];
    for (const cells of holds) assert.equal((await run(driver, { sql: `SELECT ${cells}` })).why, null, cells);
    for (const cells of fails) assert.notEqual((await run(driver, { sql: `SELECT ${cells}` })).why, null, cells);
  });

  it('decides anew at each run', async () => {
    await using driver = bench.open();
    const when = { sql: 'SELECT COUNT(*) FROM shop.flag' };
    await bench.server.query('CREATE TABLE shop.flag (n INTEGER)');
    assert.notEqual((await run(driver, when)).why, null);
    await bench.server.query('INSERT INTO shop.flag VALUES (1)');
    assert.equal((await run(driver, when)).why, null);
  });

  it('knows the version of its open connections after a reload', async () => {
    await using driver = bench.open();
    const when = { version: rangeOf('>=5') };
    await run(driver, when);
    driver.forget();
    assert.equal((await run(driver, when)).why, null);
  });

  it('fails as its statement does, says so, and keeps to the caps', async () => {
    await using driver = bench.open();
    const failing = {
      'SELECT 1 FROM shop.nothing': ['query', /^in when: Table 'shop.nothing' doesn't exist \(1146\)/],
      'DELETE FROM shop.fruit': ['read_only', /^in when: Cannot execute statement in a READ ONLY transaction/],
      'DO 1': ['no_result', /^in when: the statement gives no result set/],
      'SELECT id FROM shop.fruit': ['too_large', /^in when: the result was stopped at 1 rows/],
    } as const;
    for (const [sql, [reason, text]] of Object.entries(failing)) {
      const request = requestOf('SELECT 1', { when: whenOf({ sql }), maxRows: 1 });
      const { message } = await assertFails(driver.run(request, new RowList(), NEVER), reason);
      assert.match(message, text);
    }
  });

  it('is stopped on the server at the deadline of the run', async () => {
    await using driver = bench.open();
    const deadline = new SetDeadline();
    const start = watchStart();
    const when = whenOf({ sql: 'SELECT SLEEP(60)' });
    const running = driver.run(requestOf('SELECT 1', { when, onStart: start.onStart }), new RowList(), deadline);
    const mark = await start.started;
    deadline.expire();
    const { message } = await assertFails(running, 'timeout');
    assert.match(message, /^in when: it took longer than the timeout/);
    await driver[Symbol.asyncDispose]();
    const left = (await bench.server.processlist()).filter(({ sql }) => sql?.includes(mark.marker));
    assert.deepEqual(left, []);
  });
});

function whenOf(parts: Partial<When>): When {
  return { role: null, version: null, sql: null, ...parts };
}

function rangeOf(text: string) {
  return parseVersionRange(text) ?? assert.fail(text);
}
