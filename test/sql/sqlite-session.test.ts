import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { realClock } from '../../src/model/clock.ts';
import { Deadline } from '../../src/model/deadline.ts';
import { RefreshError } from '../../src/model/failure.ts';
import { NameLookups } from '../../src/sql/pool/name-lookups.ts';
import type { ConnectMeans } from '../../src/sql/session.ts';
import { sqliteSessions } from '../../src/sql/sqlite/sqlite-sessions.ts';
import { BALANCE, createAccounts, startTransfers, TOTAL } from '../support/transfers.ts';
import { assertFails, eventually, RowList } from './driver-bench.ts';
import { openSession } from './sqlite-bench.ts';
import { countTo, DatabaseFolder, ENDLESS, FRUIT, fileTarget, Writer } from './sqlite-files.ts';

const ACCOUNTS = 2_000;
const ENDLESS_ROWS = countTo(10_000_000_000);
/** It takes its own look at the journal, and keeps nothing of what it read. */
const READS_FIRST = 'CREATE TEMP TABLE seen AS SELECT count(*) FROM accounts';
const MARKER = 'query-exporter orders 0-1';
const MARKED = `/* ${MARKER} */ ${ENDLESS}`;
const MEANS = { lookups: new NameLookups() } as ConnectMeans;

describe('a database that another process writes to', () => {
  for (const mode of ['WAL', 'DELETE'] as const) {
    it(`is read whole and keeps nobody from writing for good, with journal_mode ${mode}`, async () => {
      await using folder = await DatabaseFolder.create();
      const path = folder.file('bank.db');
      createAccounts(path, ACCOUNTS, 100);
      {
        await using transfers = await startTransfers(path, ACCOUNTS, mode, 1);
        await using file = await openSession(path);
        for (let turn = 0; turn < 20; turn++) {
          const { rows } = await file.ask(TOTAL, { initSql: [READS_FIRST] });
          assert.deepEqual(rows, [[`${ACCOUNTS}`, `${ACCOUNTS * BALANCE}`]]);
          await transfers.wait(2);
        }
        assert.ok(transfers.done > 0);
        const { done } = transfers;
        while (transfers.done === done) await transfers.wait(1);
      }
      assert.deepEqual(readdirSync(folder.path), ['bank.db']);
    });
  }

  it('is waited for while it is locked', async () => {
    await using folder = await DatabaseFolder.create();
    using writer = new Writer(folder.database(FRUIT));
    writer.exec("BEGIN EXCLUSIVE; UPDATE fruit SET name = 'plum'");
    // A lock is an answer to whoever only asks whether the database is there.
    await using file = await openSession(writer.path);
    const names = file.askOne('SELECT name FROM fruit');
    await pause(20);
    writer.exec('COMMIT');
    assert.deepEqual(await names, ['plum', 'plum']);
  });

  it('is given up before the deadline, saying that another process holds a lock', async () => {
    await using folder = await DatabaseFolder.create();
    using writer = new Writer(folder.database(FRUIT));
    writer.exec('BEGIN EXCLUSIVE');
    await using file = await openSession(writer.path);
    const error = await assertFails(file.ask('SELECT name FROM fruit', { withinMs: 150 }), 'timeout');
    assert.match(error.message, /another process holds a lock/);
    writer.exec('ROLLBACK');
    assert.deepEqual(await file.askOne('SELECT name FROM fruit'), ['apple', 'pear']);
  });

  it('may be written to again at once when a run is ended', async () => {
    await using folder = await DatabaseFolder.create();
    using writer = new Writer(folder.database(FRUIT));
    await using file = await openSession(writer.path);
    let started = (): void => undefined;
    const isStarted = new Promise<void>((resolve) => {
      started = resolve;
    });
    const sql = `SELECT (${ENDLESS}) FROM fruit`;
    const ended = assertFails(file.run(sql, { columns: started, row: () => undefined }), 'lost');
    await isStarted;
    file.session.destroy();
    await Promise.all([ended, file.session.closed]);
    writer.exec("INSERT INTO fruit VALUES (3, 'plum')");
    assert.deepEqual(readdirSync(folder.path), ['test.db']);
  });
});

describe('a session on SQLite', () => {
  it('stops a result at its caps and is destroyed', async () => {
    for (const [caps, rows] of [
      [{ maxRows: 100 }, 100],
      // 1 to 9 are 9 bytes, 10 to 29 are 40: that is the last row that fits.
      [{ maxBytes: 50 }, 29],
    ] as const) {
      await using file = await openSession(':memory:');
      const list = new RowList();
      const error = await assertFails(file.run(countTo(1_000_000), list, caps), 'too_large');
      assert.equal(error.endedBy, 'exporter');
      assert.equal(list.rows.length, rows);
      assert.ok(file.session.isDead);
      await file.session.closed;
    }
  });

  it('refuses a value beyond the bytes allowed before it is made', async () => {
    await using file = await openSession(':memory:');
    for (const sql of ['SELECT zeroblob(200000000)', 'SELECT hex(zeroblob(100000000))']) {
      const error = await assertFails(file.ask(sql), 'too_large');
      assert.deepEqual([error.errno, error.endedBy], [18, 'server']);
      assert.match(error.message, /max_bytes/);
    }
    assert.deepEqual(await file.askOne('SELECT length(hex(zeroblob(8000000)))'), ['16000000']);
  });

  it('sorts more than its heap holds, and its writer waits for its reader', async () => {
    await using file = await openSession(':memory:');
    const sql = `SELECT n FROM (SELECT n, hex(zeroblob(500)) AS t FROM (${countTo(300_000)})) ORDER BY t, n DESC LIMIT 1`;
    assert.deepEqual(await file.askOne(sql), ['300000']);
    let rows = 0;
    const many = `SELECT n, hex(zeroblob(500)) FROM (${countTo(300_000)})`;
    const sink = { columns: () => undefined, row: () => void rows++ };
    await file.run(many, sink, { maxRows: 300_000, maxBytes: 2 ** 40 });
    assert.equal(rows, 300_000);
    assert.deepEqual(await file.askOne('SELECT 1'), ['1']);
  });

  it('rejects with what the sink or the start throws, and is destroyed', async () => {
    const error = new RefreshError('missing_column', 'there is no column "value"');
    const refuse = (): never => {
      throw error;
    };
    const nothing = (): void => undefined;
    for (const [sink, onStart] of [
      [{ columns: refuse, row: nothing }, nothing],
      [{ columns: nothing, row: refuse }, nothing],
      [{ columns: nothing, row: nothing }, refuse],
    ] as const) {
      await using file = await openSession(':memory:');
      await assert.rejects(file.run(ENDLESS_ROWS, sink, { onStart, maxRows: 2 ** 40, maxBytes: 2 ** 40 }), error);
      await file.session.closed;
      await assertFails(file.ask('SELECT 1'), 'lost');
    }
  });

  it('has let go of the file whenever it has answered', { skip: !existsSync('/proc') }, async () => {
    await using folder = await DatabaseFolder.create();
    const path = folder.database(`${FRUIT} PRAGMA journal_mode = WAL;`);
    await using file = await openSession(path);
    const open = (): string[] => {
      const fds = `/proc/${file.session.id}/fd`;
      return readdirSync(fds).map((fd) => readlinkSync(`${fds}/${fd}`));
    };
    for (const sql of [
      'SELECT 1 FROM fruit',
      "SELECT json('x') FROM fruit",
      'SELECT 1 FROM fruit; SELECT 2',
      'BEGIN',
    ]) {
      await file.ask(sql).catch(() => undefined);
      assert.deepEqual(
        open().filter((name) => name.startsWith(folder.path)),
        [],
        sql,
      );
    }
  });

  it('says when its statement begins, after init_sql', async () => {
    await using file = await openSession(':memory:');
    const events: string[] = [];
    const onStart = (): number => events.push('start');
    await assertFails(file.ask('SELECT 1', { onStart, initSql: ['SELEC 1'] }), 'query');
    await file.run('SELECT 1', { columns: () => events.push('columns'), row: () => events.push('row') }, { onStart });
    assert.deepEqual(events, ['start', 'columns', 'row']);
  });

  it('is lost when its process ends by itself', async () => {
    await using file = await openSession(':memory:');
    const onStart = (): boolean => process.kill(Number(file.session.id), 'SIGSEGV');
    const error = await assertFails(file.ask(ENDLESS, { onStart }), 'lost');
    assert.match(error.message, /SIGSEGV/);
    assert.equal(error.endedBy, null);
    await file.session.closed;
  });

  it('ends politely while it is idle, and hears nothing of signals to its group', async () => {
    await using file = await openSession(':memory:');
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.kill(Number(file.session.id), signal);
    assert.deepEqual(await file.askOne('SELECT 1'), ['1']);
    await file.session.quit();
    assert.throws(() => process.kill(Number(file.session.id), 0));
    await file.session.quit();
  });

  it('cannot be opened in no time, and then leaves nothing behind', async () => {
    using deadline = new Deadline(realClock, 60_000);
    const target = fileTarget(':memory:', { connectTimeoutMs: 0 });
    const error = await assertFails(sqliteSessions.open(target, MEANS, deadline), 'connect');
    assert.match(error.message, /not ready in time/);
  });

  it('does not see the environment of the exporter', { skip: !existsSync('/proc') }, async () => {
    process.env['QE_TEST_SECRET'] = 'hunter2';
    await using file = await openSession(':memory:');
    assert.doesNotMatch(readFileSync(`/proc/${file.session.id}/environ`, 'utf8'), /hunter2|PATH=/);
  });
});

describe('a statement whose session is out of reach', { skip: !existsSync('/proc') }, () => {
  it('ends with the thread that asked', async () => {
    const asking = new Worker(askingScript('parentPort.postMessage'), { eval: true });
    const [id] = await once(asking, 'message');
    assert.ok(isRunning(id));
    await asking.terminate();
    await eventually(
      () => isRunning(id),
      (is) => !is,
    );
  });

  it('ends with the process that asked, killed in the middle of it', async () => {
    const asking = spawn(process.execPath, ['-e', askingScript('console.log')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(asking.stdout, 'data');
    const id = String(line).trim();
    assert.ok(isRunning(id));
    asking.kill('SIGKILL');
    await eventually(
      () => isRunning(id),
      (is) => !is,
    );
  });
});

/** Begins a statement without end and says the id of its session. */
function askingScript(say: string): string {
  return `const { parentPort } = require('node:worker_threads');
    import(${JSON.stringify(new URL('./sqlite-bench.js', import.meta.url).href)}).then(async ({ openSession }) => {
      const file = await openSession(':memory:');
      await file.ask(${JSON.stringify(MARKED)}, { onStart: () => ${say}(file.session.id) });
    });`;
}

/** A process that has ended but that nobody has asked after has no command line. */
function isRunning(id: string): boolean {
  try {
    return readFileSync(`/proc/${id}/cmdline`, 'utf8').includes(MARKER);
  } catch {
    return false;
  }
}
