import assert from 'node:assert/strict';
import { appendFileSync, copyFileSync, readFileSync, statSync, truncateSync, utimesSync } from 'node:fs';
import { describe, it } from 'node:test';
import { Disturbed } from '../../src/sql/sqlite/database-mark.ts';
import { DatabaseView } from '../../src/sql/sqlite/database-view.ts';
import { askOne } from './driver-bench.ts';
import { DatabaseFolder, FRUIT, openFile, Writer } from './sqlite-files.ts';

const FRUIT_NAMES = 'SELECT name FROM fruit ORDER BY id';
/** More than what is copied before a statement runs. */
const LARGE = `${FRUIT} CREATE TABLE filling (bytes); INSERT INTO filling VALUES (zeroblob(17 << 20));`;
const LOGGING = 'PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;';

describe('a view of a database', () => {
  it('stays what it was when the file is small, whatever is written', async () => {
    await using folder = await DatabaseFolder.create();
    using view = new DatabaseView(folder.database(FRUIT), false);
    const before = contentOf(view);
    change(view.path, "UPDATE fruit SET name = 'plum'");
    assert.equal(view.isChanged(), false);
    assert.deepEqual(contentOf(view), before);
    using later = new DatabaseView(view.path, false);
    assert.notDeepEqual(contentOf(later), before);
  });

  it('knows of every commit when the file is large, and copies it at the next attempt', async () => {
    await using folder = await DatabaseFolder.create();
    using view = new DatabaseView(folder.database(LARGE), false);
    assert.equal(view.isChanged(), false);
    change(view.path, "UPDATE fruit SET name = 'plum'");
    assert.equal(view.isChanged(), true);
    using copy = new DatabaseView(view.path, true);
    change(view.path, "UPDATE fruit SET name = 'fig'");
    assert.equal(copy.isChanged(), false);
  });

  it('of a large file with a log is disturbed by a checkpoint of what was read, not by commits', async () => {
    await using folder = await DatabaseFolder.create();
    using writer = new Writer(folder.database(LARGE));
    writer.exec(`${LOGGING} UPDATE fruit SET name = 'fig'`);
    const path = settled(writer.path);
    using view = new DatabaseView(path, false);
    contentOf(view);
    writer.exec('UPDATE filling SET bytes = zeroblob(1000)');
    assert.equal(view.isChanged(), false);
    using unread = new DatabaseView(path, false);
    writer.exec("UPDATE fruit SET name = 'plum'; PRAGMA wal_checkpoint");
    assert.equal(view.isChanged(), true);
    assert.equal(unread.isChanged(), false);
  });

  it('knows that a log has begun anew', async () => {
    await using folder = await DatabaseFolder.create();
    using writer = new Writer(folder.database(LARGE));
    writer.exec(`${LOGGING} UPDATE fruit SET name = 'fig'`);
    using view = new DatabaseView(settled(writer.path), false);
    writer.exec("PRAGMA wal_checkpoint = RESTART; UPDATE fruit SET name = 'plum'");
    assert.equal(view.isChanged(), true);
  });

  it('does not trust a file time that the next write may share', async () => {
    await using folder = await DatabaseFolder.create();
    const path = folder.database(`${FRUIT} ${LOGGING}`);
    const now = new Date();
    utimesSync(path, now, now);
    assert.throws(() => new DatabaseView(path, false), Disturbed);
    using view = new DatabaseView(settled(path), false);
    assert.equal(view.bytes, statSync(path).size);
  });

  it('ends with the last whole commit of a log that is torn, whatever follows it', async () => {
    await using folder = await DatabaseFolder.create();
    using writer = new Writer(folder.database(FRUIT));
    // Without this SQLite fills its log up to the next sector of the disk.
    writer.exec(`${LOGGING} PRAGMA synchronous = OFF; UPDATE fruit SET name = 'fig'`);
    const whole = statSync(`${writer.path}-wal`).size;
    writer.exec("UPDATE fruit SET name = 'plum'");
    const twice = statSync(`${writer.path}-wal`).size;
    const path = folder.file('torn.db');
    copyFileSync(writer.path, path);
    const names = async (prepare: (log: string) => void): Promise<unknown> => {
      copyFileSync(`${writer.path}-wal`, `${path}-wal`);
      prepare(`${path}-wal`);
      await using driver = openFile(path);
      return await askOne(driver, FRUIT_NAMES);
    };
    assert.ok(twice > whole);
    assert.deepEqual(await names(() => undefined), ['plum', 'plum']);
    assert.deepEqual(await names((log) => appendFileSync(log, readFileSync(log).subarray(32))), ['plum', 'plum']);
    assert.deepEqual(await names((log) => truncateSync(log, twice - 1)), ['fig', 'fig']);
    assert.deepEqual(await names((log) => truncateSync(log, whole - 1)), ['apple', 'pear']);
    assert.deepEqual(await names((log) => truncateSync(log, 31)), ['apple', 'pear']);
  });
});

function contentOf(view: DatabaseView): Buffer {
  const content = Buffer.alloc(view.bytes);
  assert.equal(view.read(content, 0), view.bytes);
  return content;
}

function change(path: string, sql: string): void {
  using writer = new Writer(path);
  writer.exec(sql);
}

/** As if the file had been written a while ago. */
function settled(path: string): string {
  const past = new Date(Date.now() - 60_000);
  utimesSync(path, past, past);
  return path;
}
