/**
 * Runs the driver's conformance suite and the exporter against a genuine MySQL. The one server that can be fetched without
 * installing anything is old, so this shows less than one would wish, and says so.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createRecordLogger } from '../../src/logger.ts';
import { createDrivers } from '../../src/sql/drivers.ts';
import { ConfigFolder, startProgram } from '../end-to-end/program.ts';
import { describeDriver } from '../sql/driver-conformance.ts';
import { targetOf } from '../support/plan-parts.ts';
import { commonSamples, HITS, sampleRowShapes } from '../support/row-shapes.ts';
import { type Mysql, startMysql } from './mysql-server.ts';

const NOT_SHOWN = `
MySQL 5.6.24 is what this ran against. It cannot show
- max_execution_time, which came with 5.7.8: here every statement has to be stopped by KILL QUERY;
- COM_RESET_CONNECTION, which came with 5.7.3: here every run opens a new connection;
- TLS: the package comes without certificates;
- caching_sha2_password, the default of MySQL 8: here passwords go by mysql_native_password;
- common table expressions and VALUES, transaction_read_only under its new name, and everything else of MySQL 8.
`;

describeDriver('mysql (5.6)', async () => {
  const server = await startMysql();
  await createShop(server);
  return {
    open: (overrides) => {
      const target = targetOf({
        engine: 'mysql',
        address: { kind: 'tcp', host: '127.0.0.1', port: server.port },
        user: 'test',
        password: { kind: 'text', text: 'test123' },
        database: 'shop',
        ...overrides,
      });
      const logger = createRecordLogger(() => undefined);
      return createDrivers([], 64, logger).driverFor(target);
    },
    sql: {
      count: (rows) => `SELECT n FROM numbers WHERE n <= ${rows} ORDER BY n`,
      bigCell: (bytes) => `SELECT REPEAT('x', ${bytes}) AS text`,
      endless: 'SELECT SLEEP(60)',
      withoutResult: ['DO 1', 'SET @x = 1', '', '-- nothing', 'SELECT 1 INTO @x'],
      init: { statement: 'SET @wanted = 7', probe: 'SELECT @wanted', expected: '7' },
      leak: {
        statements: ['SELECT @leak := 7', `SELECT GET_LOCK('leak', 0)`],
        probe: `SELECT CONCAT_WS(',', @leak, IS_FREE_LOCK('leak'))`,
        expected: '1',
      },
      missingForms: ['cte', 'values'],
    },
    skips: {},
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
});

describe('the exporter on MySQL 5.6', () => {
  let server: Mysql;
  before(async () => {
    server = await startMysql();
    await createShop(server);
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    process.stdout.write(NOT_SHOWN);
  });

  it('exports what is there, ends what takes too long and refuses what writes', async () => {
    await using folder = await ConfigFolder.create(`
targets: {shop01: {dsn: "test:test123@tcp(127.0.0.1:${server.port})/shop"}}
queries:
  fruit: {sql: "select name, id from fruit", interval: 200ms, metrics: {fruit: {type: gauge, labels: [name], value: id}}}
  crossing: {sql: "${CROSS_JOIN}", interval: 1h, timeout: 1s, metrics: {crossing: {type: gauge, value: n}}}
  sleeping: {sql: select sleep(30) n, interval: 1h, timeout: 1s, metrics: {sleeping: {type: gauge, value: n}}}
  writing: {sql: delete from fruit, interval: 200ms, metrics: {writing: {type: gauge, value: n}}}
`);
    await using program = await startProgram(folder);
    await program.untilReady();
    await program.untilSample('query_exporter_fruit{name="pear",target="shop01"}', 2);
    await program.until('the server is rid of what took too long', async () => (await sleepersAndJoins()) === 0);
    assert.deepEqual((await program.task('crossing')).failures, { timeout: 1 });
    assert.deepEqual((await program.task('sleeping')).failures, { timeout: 1 });
    assert.deepEqual(Object.keys((await program.task('writing')).failures), ['read_only']);
    const { refreshes } = await program.task('fruit');
    await program.until('it goes on', async () => (await program.task('fruit')).refreshes > refreshes + 3);
    assert.deepEqual((await program.task('fruit')).failures, {});
    assert.equal(await program.stop(), 0);
    assert.deepEqual(await server.query(`SELECT id FROM information_schema.processlist WHERE user = 'test'`), []);
    assert.equal((await server.query('SELECT COUNT(*) AS n FROM shop.fruit'))[0]?.['n'], 2);
  });

  it('leaves no statement behind when it is told to end', async () => {
    await using folder = await ConfigFolder.create(`
targets: {shop01: {dsn: "test:test123@tcp(127.0.0.1:${server.port})/shop"}}
queries:
  sleeping: {sql: "${CROSS_JOIN}", interval: 1h, timeout: 60s, metrics: {sleeping: {type: gauge, value: n}}}
`);
    await using program = await startProgram(folder);
    await program.until('the statement runs', async () => (await sleepersAndJoins()) === 1);
    assert.equal(await program.stop(), 0);
    assert.equal(await sleepersAndJoins(), 0);
  });

  it('does not ask how it replicates, in words that it does not know, and gives every other shape of rows', async () => {
    for (const sql of HITS) await server.query(sql);
    const [row] = await server.query('SELECT VERSION() AS version');
    const { lines, queries } = await sampleRowShapes(server.port);
    assert.deepEqual(lines, commonSamples(String(row?.['version'])));
    assert.match(
      queries.join('\n'),
      /^query "replica" on target "default": not applicable: version is MySQL 5\.6\.24, not mysql >=8\.0\.22 /m,
    );
    assert.equal(queries.length, 4, queries.join('\n'));
  });

  async function sleepersAndJoins(): Promise<number> {
    return (await server.statements()).filter((sql) => /sleep|numbers a/i.test(sql)).length;
  }
});

const CROSS_JOIN = 'select count(*) n from numbers a, numbers b, numbers c where a.n + b.n + c.n < 0';

/** The tables of the conformance suite, and a million numbers, which MariaDB has by itself. */
async function createShop(server: Mysql): Promise<void> {
  const digits =
    '(SELECT 0 d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9)';
  const places = [0, 1, 2, 3, 4, 5];
  const statements = [
    'CREATE DATABASE shop',
    'CREATE TABLE shop.fruit (id INTEGER, name TEXT)',
    `INSERT INTO shop.fruit VALUES (1, 'apple'), (2, 'pear')`,
    'CREATE TABLE shop.numbers (n INTEGER PRIMARY KEY) ENGINE=MyISAM',
    `INSERT INTO shop.numbers SELECT 1 + ${places.map((place) => `t${place}.d * ${10 ** place}`).join(' + ')}
     FROM ${places.map((place) => `${digits} t${place}`).join(', ')}`,
  ];
  for (const sql of statements) await server.query(sql);
}
