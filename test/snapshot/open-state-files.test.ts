import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FolderLock } from '../../src/snapshot/folder-lock.ts';
import { openStateFiles } from '../../src/snapshot/open-state-files.ts';
import { aLogger, aPlan, aQuery, aResult, aSnapshot, aTarget, aTask, finished, loadAll } from './fixtures.ts';

const task = aTask(aQuery('slow'), aTarget('east'), ['slow']);
const plan = aPlan([task]);

async function aRoot() {
  const root = await mkdtemp(join(tmpdir(), 'open-state-'));
  const logger = aLogger();
  const directory = join(root, 'state');
  return {
    directory,
    lines: logger.lines,
    open: () => openStateFiles({ directory, logger, now: () => 0, maxBytes: 1 << 20 }),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}

function savedTask() {
  const snapshot = aSnapshot(plan);
  snapshot.take(finished(task, aResult(task, 1)));
  const saved = snapshot.result(task.key);
  assert.ok(saved);
  return saved;
}

test('a second exporter goes on without the folder, touches nothing in it, and says so', async () => {
  await using root = await aRoot();
  const first = await root.open();
  assert.ok(first);
  first.save(task, savedTask());
  await first.flush();
  const files = readdirSync(root.directory);
  assert.equal(await root.open(), null);
  assert.deepEqual(readdirSync(root.directory), files);
  assert.deepEqual(
    root.lines.map(({ level, message, fields }) => [level, message, fields['directory']]),
    [['error', 'state folder is in use by another exporter; this one keeps nothing', root.directory]],
  );
  first[Symbol.dispose]();
  const next = await root.open();
  assert.ok(next);
  assert.equal(loadAll(next, plan).length, 1);
  next[Symbol.dispose]();
});

test('an exporter that loses its folder to another one leaves it alone from then on, and says so once', async () => {
  await using root = await aRoot();
  const first = await root.open();
  assert.ok(first);
  await rm(join(root.directory, 'in-use.sock'));
  using _other = (await FolderLock.take(root.directory)) ?? undefined;
  for (let round = 0; round < 2; round++) {
    first.save(task, savedTask());
    await first.flush();
  }
  assert.deepEqual(readdirSync(root.directory), ['in-use.sock']);
  assert.deepEqual(
    root.lines.map(({ message }) => message),
    ['state folder was taken by another exporter; this one keeps nothing from here on'],
  );
  first[Symbol.dispose]();
});

test('a folder that cannot be locked is used all the same', async () => {
  await using root = await aRoot();
  // A folder in the place of the socket.
  mkdirSync(join(root.directory, 'in-use.sock', 'full'), { recursive: true });
  const store = await root.open();
  assert.ok(store);
  store.save(task, savedTask());
  await store.flush();
  assert.equal(loadAll(store, plan).length, 1);
  assert.match(root.lines[0]?.message ?? '', /^state folder cannot be locked/);
});
