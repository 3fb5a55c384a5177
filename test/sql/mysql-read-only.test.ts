import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { Driver } from '../../src/sql/driver.ts';
import type { Mariadb } from '../support/mariadb.ts';
import { ask, askOne, assertFails } from './driver-bench.ts';
import { createMysqlBench, type MysqlBench } from './mysql-bench.ts';
import { OK, startFakeServer } from './mysql-proxy.ts';

/** Each tries to get out of read-only mode by itself. The user may write and make whatever he likes. */
const ESCAPES = [
  'SET STATEMENT tx_read_only=0 FOR INSERT INTO plain VALUES (1)',
  'SET STATEMENT tx_read_only=0 FOR INSERT INTO transactional VALUES (1)',
  'SET STATEMENT tx_read_only=0 FOR REPLACE INTO plain VALUES (1)',
  'SET STATEMENT tx_read_only=0 FOR SELECT NEXTVAL(numbers)',
  'BEGIN NOT ATOMIC SET SESSION TRANSACTION READ WRITE; INSERT INTO plain VALUES (1); END',
  'BEGIN NOT ATOMIC SET SESSION tx_read_only=0; INSERT INTO transactional VALUES (1); END',
  'CALL escapes()',
];

describe('read-only mode', () => {
  let bench: MysqlBench;
  let server: Mariadb;
  let driver: Driver;
  before(async () => {
    bench = await createMysqlBench();
    ({ server } = bench);
    driver = bench.open();
    await server.query('CREATE TABLE shop.plain (n INT) ENGINE=MyISAM');
    await server.query('CREATE TABLE shop.transactional (n INT) ENGINE=InnoDB');
    await server.query('CREATE SEQUENCE shop.numbers');
    const write = 'INSERT INTO shop.plain VALUES (1)';
    await server.query(`CREATE PROCEDURE shop.escapes() BEGIN SET SESSION TRANSACTION READ WRITE; ${write}; END`);
    await server.query(`CREATE PROCEDURE shop.commits() BEGIN COMMIT; SELECT @@in_transaction AS n; END`);
  });
  beforeEach(() => server.query('DELETE FROM shop.plain'));
  after(async () => {
    await driver[Symbol.asyncDispose]();
    await bench[Symbol.asyncDispose]();
  });

  for (const sql of ESCAPES) {
    it(`stops ${sql}`, async () => {
      await assertFails(ask(driver, sql), 'read_only');
      const [row] = await server.query(
        'SELECT (SELECT COUNT(*) FROM shop.plain) + (SELECT COUNT(*) FROM shop.transactional) AS n',
      );
      assert.deepEqual(row, { n: 0 });
    });
  }

  it('cannot be lifted by init_sql', async () => {
    for (const lift of ['SET SESSION TRANSACTION READ WRITE', 'COMMIT', 'START TRANSACTION READ WRITE']) {
      await using lifted = bench.open({ initSql: [lift] });
      await assertFails(ask(lifted, 'INSERT INTO plain VALUES (1)'), 'read_only');
    }
  });

  it('lets init_sql say how transactions are isolated, and a procedure end its own', async () => {
    const level = 'SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED';
    await using uncommitted = bench.open({ initSql: [level] });
    const when = { role: null, version: null, sql: 'SELECT 1' };
    for (const overrides of [{}, { when }, { when }]) {
      assert.deepEqual(await askOne(uncommitted, 'SELECT COUNT(*) FROM plain', overrides), ['0']);
    }
    assert.deepEqual(await askOne(driver, 'CALL commits()'), ['0']);
  });

  it('is no transaction of InnoDB as long as nothing of it is read', async () => {
    assert.deepEqual(await askOne(driver, 'SELECT COUNT(*) FROM information_schema.innodb_trx'), ['0']);
  });

  it('does without the transaction on a server that knows none, and says so', async () => {
    await using ancient = await startFakeServer((sql) => [[1, sql.startsWith('START') ? UNKNOWN : OK]]);
    const target = bench.target({ address: { kind: 'tcp', host: '127.0.0.1', port: ancient.port } });
    await using old = bench.drivers.driverFor(target);
    for (let run = 0; run < 2; run++) await assertFails(ask(old, 'DO 1'), 'no_result');
    assert.match(old.facts.missing.read_only ?? '', /the server refuses it: no such syntax/);
  });
});

const UNKNOWN = Buffer.concat([Buffer.from([0xff, 0x28, 0x04]), Buffer.from('#42000no such syntax')]);
