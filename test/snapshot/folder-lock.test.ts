import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FolderLock } from '../../src/snapshot/folder-lock.ts';

const HOLDER = new URL('./folder-holder.js', import.meta.url);

async function aFolder(depth = 0) {
  const root = await mkdtemp(join(tmpdir(), 'lock-'));
  const directory = join(root, ...Array.from({ length: depth }, () => 'a-folder-with-a-long-name'));
  await mkdir(directory, { recursive: true });
  return { directory, [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }) };
}

/** Another process that holds the lock, or has tried to. */
async function holder(directory: string) {
  const child = fork(HOLDER, [directory]);
  const [word] = (await once(child, 'message')) as [string];
  return {
    word,
    pid: child.pid ?? 0,
    async end(signal: NodeJS.Signals) {
      child.kill(signal);
      await once(child, 'exit');
    },
  };
}

test('one process has a folder at a time', async () => {
  await using folder = await aFolder();
  const other = await holder(folder.directory);
  try {
    assert.equal(other.word, 'held');
    assert.equal(await FolderLock.take(folder.directory), null);
  } finally {
    await other.end('SIGKILL');
  }
});

test('a process that was killed leaves the folder to the next', async () => {
  await using folder = await aFolder();
  const first = await holder(folder.directory);
  await first.end('SIGKILL');
  assert.deepEqual(readdirSync(folder.directory), ['in-use.sock']);
  const lock = await FolderLock.take(folder.directory);
  assert.ok(lock);
  const second = await holder(folder.directory);
  assert.equal(second.word, 'in use');
  await second.end('SIGKILL');
  lock[Symbol.dispose]();
  assert.deepEqual(readdirSync(folder.directory), []);
});

test('a process that stands still keeps the folder', async () => {
  await using folder = await aFolder();
  const other = await holder(folder.directory);
  process.kill(other.pid, 'SIGSTOP');
  try {
    assert.equal(await FolderLock.take(folder.directory), null);
  } finally {
    await other.end('SIGKILL');
  }
});

test('a path that is longer than an address of a socket may be is locked as well', async () => {
  await using folder = await aFolder(8);
  const lock = await FolderLock.take(folder.directory);
  assert.ok(lock);
  assert.equal(await FolderLock.take(folder.directory), null);
  lock[Symbol.dispose]();
  assert.deepEqual(readdirSync(folder.directory), []);
});

test('of two that take over from a dead one at the same moment the last has the folder, and the other knows', async () => {
  await using folder = await aFolder();
  const first = await FolderLock.take(folder.directory);
  assert.ok(first);
  // As the second does when it has looked before the first was there.
  rmSync(join(folder.directory, 'in-use.sock'));
  assert.equal(await first.isHeld(), true);
  const second = await FolderLock.take(folder.directory);
  assert.ok(second);
  assert.deepEqual([await first.isHeld(), await second.isHeld()], [false, true]);
  first[Symbol.dispose]();
  assert.equal(await second.isHeld(), true);
  assert.equal(await FolderLock.take(folder.directory), null);
  second[Symbol.dispose]();
});

test('a file in its place is no lock, and a folder that is none cannot be locked', async () => {
  await using folder = await aFolder();
  const path = join(folder.directory, 'in-use.sock');
  writeFileSync(path, '');
  const lock = await FolderLock.take(folder.directory);
  assert.ok(lock);
  lock[Symbol.dispose]();
  await assert.rejects(FolderLock.take(join(folder.directory, 'missing')), { code: 'ENOENT' });
});
