import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, readdirSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, it } from 'node:test';
import { assertFails } from './driver-bench.ts';
import { openSession } from './sqlite-bench.ts';
import { DatabaseFolder, FRUIT, Writer } from './sqlite-files.ts';
import { UnprivilegedReader } from './unprivileged-reader.ts';

const FRUIT_NAMES = 'SELECT name FROM fruit ORDER BY id';
/** More pages than the cache holds, so that a transaction writes into the file before it ends. */
const SPILLING = `PRAGMA cache_size = 5; BEGIN; UPDATE fruit SET name = name || hex(zeroblob(100));
  INSERT INTO fruit WITH RECURSIVE c(n) AS (SELECT 3 UNION ALL SELECT n + 1 FROM c WHERE n < 3000)
    SELECT n, hex(zeroblob(200)) FROM c;`;

describe('a database file that SQLite cannot use', () => {
  it('is a failure to connect that names it, and no file is made', async () => {
    await using folder = await DatabaseFolder.create();
    writeFileSync(folder.file('text.db'), 'this is no database at all, it only has the name of one'.repeat(20));
    execFileSync('mkfifo', [folder.file('fifo.db')]);
    for (const [name, message] of [
      ['missing.db', /missing\.db: ENOENT/],
      ['.', /not a regular file/],
      ['fifo.db', /not a regular file/],
      ['text.db', /file is not a database/],
    ] as const) {
      const error = await assertFails(openSession(folder.file(name)), 'connect');
      assert.match(error.message, message);
      assert.equal(error.endedBy, null);
    }
    assert.deepEqual(readdirSync(folder.path).sort(), ['fifo.db', 'text.db']);
  });

  it('is told when it goes, and used again when another one is in its place', async () => {
    await using folder = await DatabaseFolder.create();
    await using file = await openSession(folder.database(FRUIT));
    renameSync(folder.file('test.db'), folder.file('away.db'));
    await assertFails(file.ask('SELECT 1'), 'connect');
    await assertFails(file.session.ping(), 'connect');
    folder.database("CREATE TABLE fruit (id, name); INSERT INTO fruit VALUES (1, 'fig')");
    await file.session.ping();
    assert.deepEqual(await file.askOne(FRUIT_NAMES), ['fig']);
  });

  it('says of an interrupted write that it must be undone', async () => {
    await using folder = await DatabaseFolder.create();
    folder.database(FRUIT);
    using writer = new Writer(folder.file('test.db'));
    writer.exec(SPILLING);
    copyFileSync(folder.file('test.db'), folder.file('crashed.db'));
    copyFileSync(folder.file('test.db-journal'), folder.file('crashed.db-journal'));
    writer.exec('ROLLBACK');
    const { message } = await assertFails(openSession(folder.file('crashed.db')), 'connect');
    assert.match(message, /a program that may write must open it/);
  });
});

describe('a folder in which nothing can be made', () => {
  const walled = async (): Promise<DatabaseFolder> => {
    const folder = await DatabaseFolder.create();
    folder.database(`${FRUIT} PRAGMA journal_mode = WAL;`);
    chmodSync(folder.path, 0o555);
    return folder;
  };

  it('holds a database with a write-ahead log that is read without locks while nobody has it open', async () => {
    await using folder = await walled();
    await using reader = await UnprivilegedReader.open(folder.file('test.db'));
    assert.deepEqual(reader.names, ['apple', 'pear']);
    assert.equal(await reader.isSound(), true);
    assert.deepEqual(readdirSync(folder.path), ['test.db']);
  });

  it('makes a result worthless that somebody wrote into meanwhile', async () => {
    await using folder = await walled();
    await using reader = await UnprivilegedReader.open(folder.file('test.db'));
    chmodSync(folder.path, 0o755);
    using writer = new Writer(folder.file('test.db'));
    writer.exec("INSERT INTO fruit VALUES (3, 'plum')");
    assert.equal(await reader.isSound(), false);
  });

  it('holds one that is not read where its log is there without its index', async () => {
    await using folder = await walled();
    chmodSync(folder.path, 0o755);
    writeFileSync(folder.file('test.db-wal'), '');
    chmodSync(folder.path, 0o555);
    await assert.rejects(UnprivilegedReader.open(folder.file('test.db')), /SQLITE_(READONLY|CANTOPEN)|unable to open/);
  });
});

describe('a database file', () => {
  it('of no bytes is an empty database', async () => {
    await using folder = await DatabaseFolder.create();
    writeFileSync(folder.file('empty.db'), '');
    await using file = await openSession(folder.file('empty.db'));
    assert.deepEqual(await file.askOne('SELECT count(*) FROM sqlite_schema'), ['0']);
    assert.equal(statSync(folder.file('empty.db')).size, 0);
  });

  it('may have any name and be reached over a link', async () => {
    await using folder = await DatabaseFolder.create();
    const path = folder.database(FRUIT, 'a b?mode=rw&c#d%20é.db');
    symlinkSync(path, folder.file('link.db'));
    await using file = await openSession(folder.file('link.db'));
    assert.deepEqual(await file.askOne(FRUIT_NAMES), ['apple', 'pear']);
  });

  it('with a write-ahead log is read at its latest commit, and that log stays', async () => {
    await using folder = await DatabaseFolder.create();
    await using file = await openSession(folder.database(FRUIT));
    using writer = new Writer(folder.file('test.db'));
    writer.exec("PRAGMA journal_mode = WAL; INSERT INTO fruit VALUES (3, 'plum')");
    assert.deepEqual(await file.askOne(FRUIT_NAMES), ['apple', 'pear', 'plum']);
    writer.exec(SPILLING);
    assert.deepEqual(await file.askOne(FRUIT_NAMES), ['apple', 'pear', 'plum']);
    writer.exec("ROLLBACK; UPDATE fruit SET name = 'fig'");
    assert.deepEqual(await file.askOne(FRUIT_NAMES), ['fig', 'fig', 'fig']);
    assert.deepEqual(readdirSync(dirname(writer.path)).sort(), ['test.db', 'test.db-shm', 'test.db-wal']);
  });
});

describe('a statement on SQLite', () => {
  it('reaches no other file, and writes none', async () => {
    await using folder = await DatabaseFolder.create();
    const path = folder.database(FRUIT);
    const other = folder.database(FRUIT, 'other.db');
    const look = (): unknown => readdirSync(folder.path).map((name) => [name, statSync(folder.file(name)).mtimeMs]);
    const before = look();
    await using file = await openSession(path);
    for (const sql of [
      `ATTACH '${other}' AS other`,
      `ATTACH 'file:${other}?mode=rw' AS other`,
      `ATTACH 'file:${folder.file('new.db')}?mode=rwc' AS other`,
      'VACUUM',
      `VACUUM INTO '${folder.file('copy.db')}'`,
    ]) {
      assert.match((await assertFails(file.ask(sql), 'query')).message, /a target is one file/);
      assert.match((await assertFails(file.ask('SELECT 1', { initSql: [sql] }), 'query')).message, /^init_sql: /);
    }
    await assertFails(file.ask("SELECT load_extension('x')"), 'query');
    await assertFails(file.ask("SELECT writefile('x', 'y')"), 'query');
    for (const sql of ["INSERT INTO fruit VALUES (3, 'plum') RETURNING id", 'CREATE TEMP TABLE t (id)']) {
      const error = await assertFails(file.ask(sql, { initSql: ['PRAGMA query_only = 0'] }), 'read_only');
      assert.deepEqual([error.errno, error.endedBy], [8, 'server']);
    }
    assert.deepEqual(await file.askOne(FRUIT_NAMES), ['apple', 'pear']);
    assert.deepEqual(look(), before);
  });

  it('cannot turn its own writing on', async () => {
    await using folder = await DatabaseFolder.create();
    await using file = await openSession(folder.database(FRUIT));
    await assertFails(file.ask('PRAGMA query_only = 0'), 'no_result');
    await assertFails(file.ask('PRAGMA query_only = 0; DELETE FROM fruit'), 'query');
    await assertFails(file.ask('SELECT 1', { initSql: ['PRAGMA writable_schema = 1', 'DELETE FROM fruit'] }), 'query');
    assert.deepEqual(await file.askOne(FRUIT_NAMES), ['apple', 'pear']);
  });

  it('is one statement, without parameters', async () => {
    await using file = await openSession(':memory:');
    for (const sql of [
      'SELECT 1; SELECT 2',
      'SELECT 1; garbage',
      'SELECT 1;;-- x\n;DELETE FROM t',
      'SELECT ?',
      'SELECT :a',
    ]) {
      await assertFails(file.ask(sql), 'query');
    }
    assert.deepEqual(await file.askOne("/* 'a */ SELECT '; SELECT ?' ; -- SELECT 2\n ;"), ['; SELECT ?']);
  });

  it('leaves nothing to the next one, whatever it did', async () => {
    await using folder = await DatabaseFolder.create();
    await using file = await openSession(folder.database(FRUIT));
    const initSql = ["CREATE TEMP TABLE ripe AS SELECT name FROM fruit WHERE name LIKE 'p%'", 'PRAGMA cache_size = 77'];
    assert.deepEqual(await file.askOne('SELECT name FROM ripe', { initSql }), ['pear']);
    assert.deepEqual(await file.askOne('PRAGMA cache_size'), ['-2000']);
    await assertFails(file.ask('SELECT name FROM ripe'), 'query');
    await assertFails(file.ask('SAVEPOINT mine'), 'no_result');
    assert.deepEqual(await file.askOne(FRUIT_NAMES), ['apple', 'pear']);
  });

  it('finds a database in memory empty every time, apart from what init_sql makes', async () => {
    await using file = await openSession(':memory:');
    const initSql = ['CREATE TABLE t (n)', 'INSERT INTO t VALUES (1)'];
    for (let turn = 0; turn < 3; turn++) assert.deepEqual(await file.askOne('SELECT n FROM t', { initSql }), ['1']);
    await assertFails(file.ask('INSERT INTO t VALUES (2)', { initSql }), 'read_only');
    await file.session.ping();
  });
});
