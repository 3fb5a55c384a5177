import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync, existsSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { type FailureReason, RefreshError } from '../../src/model/failure.ts';
import type { RowSink } from '../../src/model/rows.ts';
import { ask, askOne, elapsedMs, NEVER, requestOf, watchStart } from './driver-bench.ts';
import { countTo, DatabaseFolder, ENDLESS, FRUIT, openFile, Writer } from './sqlite-files.ts';

const FRUIT_NAMES = 'SELECT name FROM fruit ORDER BY id';
/** More pages than the cache holds, so that a transaction writes into the file before it ends. */
const SPILLING = `PRAGMA cache_size = 5; BEGIN; UPDATE fruit SET name = name || hex(zeroblob(100));
  INSERT INTO fruit WITH RECURSIVE c(n) AS (SELECT 3 UNION ALL SELECT n + 1 FROM c WHERE n < 3000)
    SELECT n, hex(zeroblob(200)) FROM c;`;

const NO_SINK: RowSink = { columns: () => undefined, row: () => undefined };

describe('values of SQLite', () => {
  it('are the text that SQLite prints, whatever the type', async () => {
    await using driver = openFile(':memory:');
    const sql = `SELECT 1.0, 0.1 + 0.2, 1e100, 1e999, -1e999, -9223372036854775808, true, 'a' || char(0) || 'b', x'', ''`;
    const texts = [
      '1.0',
      '0.30000000000000004',
      '1.0e+100',
      'Inf',
      '-Inf',
      '-9223372036854775808',
      '1',
      'a\0b',
      '',
      '',
    ];
    assert.deepEqual((await ask(driver, sql)).rows, [texts]);
  });

  it('come in any number of columns, without bytes too', async () => {
    await using driver = openFile(':memory:');
    const nulls = Array.from({ length: 1_500 }, () => 'NULL').join(', ');
    const { rows } = await ask(driver, `SELECT ${nulls} FROM (${countTo(100)})`);
    assert.equal(rows.length, 100);
    assert.ok(rows.every((row) => row.length === 1_500 && row.every((cell) => cell === null)));
  });
});

describe('a database file that SQLite cannot use', () => {
  it('is a failure to connect, and no file is made', async () => {
    await using folder = await DatabaseFolder.create();
    writeFileSync(folder.file('text.db'), 'this is no database at all, it only has the name of one'.repeat(20));
    for (const [name, message] of [
      ['missing.db', /ENOENT/],
      ['.', /not a regular file/],
      ['text.db', /file is not a database/],
    ] as const) {
      await using driver = openFile(folder.file(name));
      assert.match((await failure(ask(driver, 'SELECT 1'), 'connect')).message, message);
      assert.match((await failure(driver.ping(NEVER), 'connect')).message, message);
    }
    assert.deepEqual(readdirSync(folder.path), ['text.db']);
  });

  it('is used as soon as it is there, and so is another one in its place', async () => {
    await using folder = await DatabaseFolder.create();
    await using driver = openFile(folder.file('late.db'));
    await failure(driver.ping(NEVER), 'connect');
    folder.database(FRUIT, 'late.db');
    await driver.ping(NEVER);
    assert.deepEqual(await askOne(driver, FRUIT_NAMES), ['apple', 'pear']);
    renameSync(
      folder.database("CREATE TABLE fruit (id, name); INSERT INTO fruit VALUES (1, 'fig')", 'b.db'),
      folder.file('late.db'),
    );
    assert.deepEqual(await askOne(driver, FRUIT_NAMES), ['fig']);
  });
});

describe('a statement on SQLite', () => {
  it('reaches no other file, and writes none', async () => {
    await using folder = await DatabaseFolder.create();
    const path = folder.database(FRUIT);
    const other = folder.database(FRUIT, 'other.db');
    const before = readdirSync(folder.path).map((name) => [name, statSync(folder.file(name)).mtimeMs]);
    await using driver = openFile(path);
    await failure(ask(driver, `ATTACH '${other}' AS other`), 'query');
    await failure(ask(driver, `ATTACH 'file:${other}?mode=ro' AS other`), 'query');
    await failure(ask(driver, `VACUUM INTO '${folder.file('copy.db')}'`), 'query');
    await failure(ask(driver, `SELECT load_extension('x')`), 'query');
    await failure(ask(driver, `INSERT INTO fruit VALUES (3, 'plum') RETURNING id`), 'read_only');
    await failure(ask(driver, 'CREATE TEMP TABLE t (id)'), 'read_only');
    await using attaching = openFile(path, { initSql: [`ATTACH '${other}' AS other`] });
    assert.match((await failure(ask(attaching, 'SELECT 1'), 'query')).message, /init_sql/);
    assert.deepEqual(await askOne(driver, FRUIT_NAMES), ['apple', 'pear']);
    const after = readdirSync(folder.path).map((name) => [name, statSync(folder.file(name)).mtimeMs]);
    assert.deepEqual(after, before);
  });

  it('finds a database in memory empty every time, apart from what init_sql makes', async () => {
    await using driver = openFile(':memory:', { initSql: ['CREATE TABLE t (n)', 'INSERT INTO t VALUES (1)'] });
    for (let turn = 0; turn < 3; turn++) assert.deepEqual(await askOne(driver, 'SELECT n FROM t'), ['1']);
    await failure(ask(driver, 'INSERT INTO t VALUES (2)'), 'read_only');
    await driver.ping(NEVER);
  });

  it('takes no more memory than a few batches, however much comes and however slowly it is taken', async () => {
    await using driver = openFile(':memory:');
    await askOne(driver, 'SELECT 1');
    const before = process.memoryUsage().rss;
    let rows = 0;
    let peak = 0;
    const sink: RowSink = {
      columns: () => undefined,
      row: () => {
        rows++;
        // The thread has half a second in which it could run ahead.
        if (rows === 1) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
        if (rows % 10_000 === 0) peak = Math.max(peak, process.memoryUsage().rss);
      },
    };
    const sql = `SELECT n, hex(zeroblob(50)) FROM (${countTo(3_000_000)})`;
    const run = driver.run(requestOf(sql, { maxRows: 500_000, maxBytes: 2 ** 40, withinMs: 60_000 }), sink, NEVER);
    await failure(run, 'too_large');
    assert.equal(rows, 500_000);
    assert.ok(peak - before < 50 << 20, `grew by ${(peak - before) >> 20} MiB`);
  });

  it('is stopped when a value or a sort would eat the memory of the host', async () => {
    await using driver = openFile(':memory:');
    await failure(ask(driver, 'SELECT zeroblob(200000000)'), 'too_large');
    await failure(ask(driver, 'SELECT hex(zeroblob(100000000))'), 'too_large');
    const sort = `SELECT n, hex(zeroblob(500)) AS t FROM (${countTo(1_000_000)}) ORDER BY t, n`;
    await failure(ask(driver, sort, { withinMs: 60_000 }), 'too_large');
    assert.deepEqual(await askOne(driver, 'SELECT 1'), ['1']);
  });

  it('runs a quick statement beside a slow one, for which one connection is left', async () => {
    await using driver = openFile(':memory:', { maxConnections: 2 });
    const stopping = new AbortController();
    const { started, onStart } = watchStart();
    const endless = driver.run(requestOf(ENDLESS, { onStart, slow: true }), NO_SINK, stopping.signal);
    await started;
    await failure(driver.run(requestOf('SELECT 1', { slow: true }), NO_SINK, AbortSignal.timeout(50)), 'busy');
    assert.deepEqual(await askOne(driver, 'SELECT 1'), ['1']);
    stopping.abort();
    await failure(endless, 'timeout');
  });

  it('waits while others run, in their order', async () => {
    await using driver = openFile(':memory:', { maxConnections: 1 });
    const order: number[] = [];
    const runs = [1, 2, 3].map((number) =>
      ask(driver, countTo(20_000), { maxRows: 20_000 }).then(() => order.push(number)),
    );
    await Promise.all(runs);
    assert.deepEqual(order, [1, 2, 3]);
    const stopping = new AbortController();
    const { started, onStart } = watchStart();
    const endless = driver.run(requestOf(ENDLESS, { onStart }), NO_SINK, stopping.signal);
    await Promise.all([
      failure(endless, 'timeout'),
      started.then(() => failure(driver.ping(AbortSignal.timeout(50)), 'busy')).then(() => stopping.abort()),
    ]);
  });

  it('ends with the thread that asked, in the middle of its work', async () => {
    const threads = (): number => readdirSync('/proc/self/task').length;
    // The first time also starts threads of Node's own, which stay.
    await askAndTerminate();
    const before = threads();
    await askAndTerminate();
    assert.ok((await elapsedMs(() => waitUntil(() => threads() <= before))) < 1_000);
  });
});

describe('a database that others write to', () => {
  it('is read while a transaction is under way that has not touched the file', async () => {
    await using folder = await DatabaseFolder.create();
    await using driver = openFile(folder.database(FRUIT));
    using writer = new Writer(folder.file('test.db'));
    writer.exec("BEGIN IMMEDIATE; UPDATE fruit SET name = 'plum'");
    assert.deepEqual(await askOne(driver, FRUIT_NAMES), ['apple', 'pear']);
    writer.exec('COMMIT');
    assert.deepEqual(await askOne(driver, FRUIT_NAMES), ['plum', 'plum']);
  });

  it('is waited for while the file is half written, up to the deadline', async () => {
    await using folder = await DatabaseFolder.create();
    await using driver = openFile(folder.database(FRUIT));
    await driver.ping(NEVER);
    using writer = new Writer(folder.file('test.db'));
    writer.exec(SPILLING);
    const late = await failure(ask(driver, FRUIT_NAMES, { withinMs: 200 }), 'timeout');
    assert.match(late.message, /test\.db-journal/);
    await failure(driver.ping(AbortSignal.timeout(100)), 'connect');
    const waiting = askOne(driver, FRUIT_NAMES);
    await pause(50);
    writer.exec('ROLLBACK');
    assert.deepEqual(await waiting, ['apple', 'pear']);
  });

  it('says of an interrupted transaction what is to be done', async () => {
    await using folder = await DatabaseFolder.create();
    folder.database(FRUIT);
    using writer = new Writer(folder.file('test.db'));
    writer.exec(SPILLING);
    copyFileSync(folder.file('test.db'), folder.file('crashed.db'));
    copyFileSync(folder.file('test.db-journal'), folder.file('crashed.db-journal'));
    writer.exec('ROLLBACK');
    await using driver = openFile(folder.file('crashed.db'));
    assert.match(
      (await failure(ask(driver, FRUIT_NAMES, { withinMs: 1_500 }), 'timeout')).message,
      /must be rolled back/,
    );
  });

  it('shows what is committed in its write-ahead log, and no more', async () => {
    await using folder = await DatabaseFolder.create();
    await using driver = openFile(folder.database(FRUIT));
    using writer = new Writer(folder.file('test.db'));
    writer.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; INSERT INTO fruit VALUES (3, 'plum')");
    assert.deepEqual(await askOne(driver, FRUIT_NAMES), ['apple', 'pear', 'plum']);
    writer.exec(SPILLING);
    assert.deepEqual(await askOne(driver, FRUIT_NAMES), ['apple', 'pear', 'plum']);
    writer.exec("ROLLBACK; UPDATE fruit SET name = 'fig'");
    assert.deepEqual(await askOne(driver, FRUIT_NAMES), ['fig', 'fig', 'fig']);
    writer.exec('PRAGMA wal_checkpoint; DELETE FROM fruit WHERE id > 1');
    assert.deepEqual(await askOne(driver, FRUIT_NAMES), ['fig']);
    assert.ok(existsSync(folder.file('test.db-wal')), "the log is the writer's");
  });

  it('is not kept from anybody by a run, nor by one that was ended', async () => {
    await using folder = await DatabaseFolder.create();
    await using driver = openFile(folder.database(FRUIT));
    await driver.ping(NEVER);
    const { started, onStart } = watchStart();
    const running = failure(ask(driver, ENDLESS, { onStart, withinMs: 300 }), 'timeout');
    await started;
    using writer = new Writer(folder.file('test.db'));
    writer.exec("INSERT INTO fruit VALUES (3, 'plum')");
    await running;
    assert.deepEqual(readdirSync(dirname(writer.path)), ['test.db']);
    assert.deepEqual(await askOne(driver, FRUIT_NAMES), ['apple', 'pear', 'plum']);
  });
});

async function failure(work: Promise<unknown>, reason: FailureReason): Promise<RefreshError> {
  const error = await work.then(
    () => assert.fail(`expected a failure of the kind "${reason}"`),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof RefreshError, String(error));
  assert.equal(error.reason, reason, error.message);
  return error;
}

/** Ends a thread while a statement that it asked for is running. */
async function askAndTerminate(): Promise<void> {
  const module = (name: string): string => JSON.stringify(new URL(name, import.meta.url).href);
  const asking = new Worker(
    `const { parentPort } = require('node:worker_threads');
     Promise.all([import(${module('./sqlite-files.js')}), import(${module('./driver-bench.js')})]).then(
       ([{ ENDLESS, openFile }, { ask }]) =>
         ask(openFile(':memory:'), ENDLESS, { onStart: () => parentPort.postMessage('started'), withinMs: 60_000 }),
     );`,
    { eval: true },
  );
  await once(asking, 'message');
  await asking.terminate();
}

async function waitUntil(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await pause(5);
}
