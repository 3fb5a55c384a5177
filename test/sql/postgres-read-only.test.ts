import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Session } from '../../src/sql/session.ts';
import { type Postgres, startPostgres } from '../support/postgres.ts';
import { ask, openSession, refused, runOn } from './postgres-bench.ts';

const REFUSED = [
  `INSERT INTO fruit VALUES (3)`,
  `UPDATE fruit SET id = 3`,
  `DELETE FROM fruit`,
  `MERGE INTO fruit USING (SELECT 1 AS id) s ON fruit.id = s.id WHEN MATCHED THEN DELETE`,
  `WITH gone AS (DELETE FROM fruit RETURNING id) SELECT id FROM gone`,
  `SELECT writes()`,
  `CALL writes_too()`,
  `DO $$ BEGIN INSERT INTO fruit VALUES (3); END $$`,
  `DO $$ BEGIN EXECUTE 'INSERT INTO fruit VALUES (3)'; END $$`,
  `CREATE TABLE tree (id int)`,
  `CREATE TEMP TABLE tree (id int)`,
  `SELECT 1 AS id INTO tree`,
  `CREATE INDEX ON fruit (id)`,
  `CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'`,
  `CREATE ROLE thief SUPERUSER`,
  `CREATE SCHEMA more`,
  `CREATE EXTENSION plpgsql`,
  `ALTER TABLE fruit ADD b int`,
  `ALTER ROLE test SUPERUSER`,
  `ALTER DATABASE shop SET work_mem = '1MB'`,
  `DROP TABLE fruit`,
  `DROP OWNED BY test`,
  `TRUNCATE fruit`,
  `SELECT * FROM fruit FOR UPDATE`,
  `SELECT * FROM fruit FOR SHARE`,
  `SELECT nextval('numbers')`,
  `SELECT setval('numbers', 100)`,
  `COMMENT ON TABLE fruit IS 'mine'`,
  `GRANT ALL ON fruit TO test`,
  `SECURITY LABEL ON TABLE fruit IS 'x'`,
  `REFRESH MATERIALIZED VIEW ripe`,
  `COPY fruit FROM PROGRAM 'echo 3'`,
  `EXPLAIN ANALYZE INSERT INTO fruit VALUES (3)`,
  `IMPORT FOREIGN SCHEMA a FROM SERVER b INTO c`,
  // What must stand alone is no part of a transaction.
  `VACUUM fruit`,
  `ALTER SYSTEM SET work_mem = '1MB'`,
  `CREATE DATABASE more`,
  `DROP DATABASE other`,
  `CREATE TABLESPACE more LOCATION '/nowhere'`,
  // Attempts to leave the transaction, or its promise.
  `DO $$ BEGIN COMMIT; INSERT INTO fruit VALUES (3); END $$`,
  `DO $$ BEGIN COMMIT; SET TRANSACTION READ WRITE; INSERT INTO fruit VALUES (3); COMMIT; END $$`,
  `DO $$ BEGIN ROLLBACK; INSERT INTO fruit VALUES (3); END $$`,
  `DO $$ BEGIN PERFORM set_config('transaction_read_only', 'off', true); INSERT INTO fruit VALUES (3); END $$`,
  `CALL leaves()`,
] as const;

/** They give no result, and what they would change ends with the transaction. */
const WITHOUT_EFFECT = [
  `SET default_transaction_read_only = off`,
  `SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE`,
  `PREPARE later AS INSERT INTO fruit VALUES (3)`,
  `NOTIFY somebody`,
  `COMMIT`,
  `COMMIT AND CHAIN`,
  `ROLLBACK`,
  `BEGIN READ WRITE`,
  `SAVEPOINT here`,
  `LOCK TABLE fruit`,
] as const;

describe('a query on PostgreSQL as a superuser', () => {
  let server: Postgres;
  let session: Session;
  let before_: unknown;
  const state = (): Promise<unknown> =>
    server.queryIn(
      'shop',
      `SELECT (SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace),
         (SELECT string_agg(id::text, ' ' ORDER BY id) FROM fruit), (SELECT last_value FROM numbers),
         (SELECT string_agg(rolname || rolsuper, ' ' ORDER BY rolname) FROM pg_roles),
         (SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database),
         (SELECT count(*) FROM pg_db_role_setting), (SELECT count(*) FROM pg_file_settings WHERE sourcefile LIKE '%auto%'),
         (SELECT count(*) FROM pg_description WHERE description = 'mine'), (SELECT count(*) FROM pg_namespace),
         (SELECT count(*) FROM pg_prepared_xacts), (SELECT relacl FROM pg_class WHERE relname = 'fruit')`,
    );
  before(async () => {
    server = await startPostgres({ databases: ['shop', 'other'], settings: { max_prepared_transactions: '2' } });
    for (const sql of [
      `CREATE TABLE fruit (id int PRIMARY KEY); INSERT INTO fruit VALUES (1), (2); CREATE SEQUENCE numbers`,
      'CREATE MATERIALIZED VIEW ripe AS SELECT * FROM fruit',
      `CREATE FUNCTION writes() RETURNS int LANGUAGE sql AS 'INSERT INTO fruit VALUES (3) RETURNING id'`,
      `CREATE PROCEDURE writes_too() LANGUAGE plpgsql AS 'BEGIN INSERT INTO fruit VALUES (3); END'`,
      `CREATE PROCEDURE leaves() LANGUAGE plpgsql
         AS 'BEGIN COMMIT; SET TRANSACTION READ WRITE; INSERT INTO fruit VALUES (3); COMMIT; END'`,
      'ALTER ROLE test SUPERUSER',
    ]) {
      await server.queryIn('shop', sql);
    }
    session = await openSession({ port: server.port, database: 'shop' });
    before_ = await state();
  });
  after(async () => {
    await session?.quit();
    await server?.[Symbol.asyncDispose]();
  });

  it('is refused whatever it would write', async () => {
    for (const sql of REFUSED) {
      const reason = /^(?:CREATE EXTENSION|SECURITY|IMPORT|MERGE)/.test(sql) ? null : 'read_only';
      const failure = await runOn(session, sql).then(
        () => null,
        (error: { reason: string; message: string }) => error,
      );
      assert.ok(failure !== null, sql);
      if (reason !== null) assert.equal(failure.reason, reason, `${sql}: ${failure.message}`);
      await session.reset();
      assert.deepEqual(await state(), before_, sql);
    }
  });

  it('cannot end or change its transaction with an effect on anything', async () => {
    for (const sql of WITHOUT_EFFECT) {
      await runOn(session, sql).catch((error: { reason: string }) => {
        assert.ok(['no_result', 'read_only', 'query'].includes(error.reason), `${sql}: ${error.reason}`);
      });
      await session.reset();
      await refused(session, 'INSERT INTO fruit VALUES (3)', 'read_only');
      assert.deepEqual(await state(), before_, sql);
    }
  });

  it('can do what no transaction holds back, as the documentation says', async () => {
    for (const sql of [
      'SELECT pg_stat_reset()',
      'SELECT pg_switch_wal()',
      `SELECT length(pg_read_file('PG_VERSION'))`,
    ]) {
      assert.equal((await ask(session, sql)).rows.length, 1, sql);
    }
    const file = join(server.socketFolder, 'written');
    await refused(session, `COPY (SELECT 1) TO PROGRAM 'cat > ${file}'`, 'no_result');
    assert.equal(await readFile(file, 'utf8'), '1\n');
    // Only on a server that was set up for two-phase commit; it holds no lock that a reader does not need.
    await refused(session, `PREPARE TRANSACTION 'later'`, 'no_result');
    await server.queryIn('shop', `ROLLBACK PREPARED 'later'`);
  });
});
