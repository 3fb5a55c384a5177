import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { Plan, Task } from '../../src/model/plan.ts';
import { finish } from '../../src/model/steps.ts';
import type { KnownResult } from '../../src/model/task-result.ts';
import { StateFiles } from '../../src/snapshot/file-store.ts';
import { aLogger, aPlan, aQuery, aResult, aSnapshot, aTarget, aTask, finished, loadAll } from './fixtures.ts';

const east = aTarget('east');
const slow = aTask(aQuery('slow'), east, ['slow']);
const slower = aTask(aQuery('../slow/er', { periodMs: 3_600_000 }), east, ['slower']);
const quick = aTask(aQuery('quick', { periodMs: 59_999 }), east, ['quick']);
const plan = aPlan([slow, slower, quick]);

function savedOf(task: Task, value = 1, series = 3): KnownResult {
  const snapshot = aSnapshot(aPlan([task]));
  snapshot.take(finished(task, aResult(task, series, value)));
  const saved = snapshot.result(task.key);
  assert.ok(saved);
  return saved;
}

async function aFolder() {
  const root = await mkdtemp(join(tmpdir(), 'state-'));
  const directory = join(root, 'state');
  const logger = aLogger();
  let nowMs = 0;
  const open = (maxBytes = 1 << 20) => new StateFiles({ directory, logger, now: () => nowMs, maxBytes, lock: null });
  return {
    directory,
    lines: logger.lines,
    open,
    /** What a fresh process finds. */
    load: (of: Plan = plan) => loadAll(open(), of),
    wait: (ms: number) => {
      nowMs += ms;
    },
    async fill(...tasks: readonly Task[]) {
      const files = open();
      for (const task of tasks) files.save(task, savedOf(task));
      await files.flush();
    },
    files: () => readdirSync(directory).sort(),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}

function keysOf(saved: readonly KnownResult[]): readonly string[] {
  return saved.map(({ task }) => task).sort();
}

test('slow tasks are kept, each in a file that only its owner can read, and quick ones are not', async () => {
  await using folder = await aFolder();
  await folder.fill(slow, slower, quick);
  assert.deepEqual(keysOf(folder.load()), [slower.key, slow.key].sort());
  assert.equal(statSync(folder.directory).mode & 0o777, 0o700);
  for (const file of folder.files()) {
    assert.match(file, /^[0-9a-f]{64}\.state$/);
    assert.equal(statSync(join(folder.directory, file)).mode & 0o777, 0o600);
  }
});

test('of many results that come while the disk is busy the latest is kept', async () => {
  await using folder = await aFolder();
  const files = folder.open();
  for (let value = 1; value <= 50; value++) files.save(slow, savedOf(slow, value));
  await files.flush();
  assert.match(Buffer.from(folder.load()[0]?.outcome.parts[0]?.text ?? '').toString(), / 50\n/);
});

test('a task that left the plan, or became quick, leaves the disk', async () => {
  await using folder = await aFolder();
  const files = folder.open();
  files.save(slow, savedOf(slow));
  await files.flush();
  files.save(slower, savedOf(slower));
  const quickened = { ...slow, query: { ...slow.query, periodMs: 1_000 } };
  finish(files.forget({ added: [], changed: [quickened, quick], removed: [slower] }));
  await files.flush();
  assert.deepEqual(folder.files(), []);
});

test('a start removes what is of no task any more, and what an earlier process did not finish', async () => {
  await using folder = await aFolder();
  await folder.fill(slow, slower);
  writeFileSync(join(folder.directory, `${'0'.repeat(64)}.tmp`), 'half');
  writeFileSync(join(folder.directory, 'notes.txt'), 'not ours');
  const files = folder.open();
  const changed = { ...slow, samplesFingerprint: 'changed' };
  assert.deepEqual(loadAll(files, aPlan([changed])), []);
  await files.flush();
  assert.deepEqual(folder.files(), ['notes.txt']);
  assert.deepEqual(folder.lines, []);
});

test('bad files of every kind are set aside with one line, and the others are restored', async () => {
  await using folder = await aFolder();
  const tasks = ['torn', 'foreign', 'future', 'flipped', 'empty', 'folder'].map((name) =>
    aTask(aQuery(name), east, [name]),
  );
  const paths: string[] = [];
  for (const task of tasks) {
    const before = existsSync(folder.directory) ? folder.files() : [];
    await folder.fill(task);
    paths.push(join(folder.directory, folder.files().find((file) => !before.includes(file)) ?? ''));
  }
  await folder.fill(slow);
  const [torn, foreign, future, flipped, empty, directory] = paths as [string, string, string, string, string, string];
  truncateSync(torn, 100);
  writeFileSync(foreign, '#!/bin/sh\nexit\n');
  writeFileSync(future, 'query-exporter state 2 00000000 0\n');
  const bytes = readFileSync(flipped);
  bytes[bytes.length - 3] = (bytes[bytes.length - 3] ?? 0) ^ 1;
  writeFileSync(flipped, bytes);
  truncateSync(empty, 0);
  rmSync(directory);
  mkdirSync(directory);

  const all = aPlan([slow, ...tasks]);
  assert.deepEqual(keysOf(folder.load(all)), [slow.key]);
  assert.deepEqual(
    folder.lines.map(({ level, message, fields }) => [level, message, fields['files']]),
    [['warn', 'state files set aside', 6]],
  );
  assert.equal(folder.files().filter((file) => file.endsWith('.bad')).length, 6);
  assert.deepEqual(keysOf(folder.load(all)), [slow.key]);
  assert.equal(folder.lines.length, 1);
});

test('a file of one task under the name of another one is not taken for it', async () => {
  await using folder = await aFolder();
  await folder.fill(slow);
  const [file] = folder.files() as [string];
  const bytes = readFileSync(join(folder.directory, file));
  await folder.fill(slower);
  const other = folder.files().find((name) => name !== file) ?? '';
  writeFileSync(join(folder.directory, other), bytes);
  assert.deepEqual(keysOf(folder.load()), [slow.key]);
  assert.equal(folder.lines[0]?.fields['problem'], 'is of another task');
});

test('only the latest ten bad files are kept', async () => {
  await using folder = await aFolder();
  const tasks = Array.from({ length: 12 }, (_, i) => aTask(aQuery(`q${i}`), east, ['q']));
  await folder.fill(...tasks);
  for (const file of folder.files()) truncateSync(join(folder.directory, file), 10);
  folder.load(aPlan(tasks));
  assert.equal(folder.files().length, 10);
  assert.equal(folder.lines.length, 1);
});

test('files stay within their limit together, and what does not fit is said once', async () => {
  await using folder = await aFolder();
  const files = folder.open(2_500);
  files.save(slow, savedOf(slow));
  files.save(slower, savedOf(slower, 1, 90));
  await files.flush();
  files.save(slower, savedOf(slower, 2, 90));
  await files.flush();
  assert.deepEqual(keysOf(folder.load()), [slow.key]);
  assert.deepEqual(
    folder.lines.map(({ message }) => message),
    ['state is too large to be kept'],
  );
  await folder.fill(slower);
  assert.deepEqual(loadAll(folder.open(10), plan), []);
});

test('a disk that refuses is one line, is tried again later and says when it is well', async () => {
  await using folder = await aFolder();
  const { directory } = folder;
  writeFileSync(directory, 'a file where the folder should be');
  const files = folder.open();
  assert.deepEqual(loadAll(files, plan), []);
  files.save(slow, savedOf(slow));
  await files.flush();
  files.save(slow, savedOf(slow));
  assert.deepEqual(
    folder.lines.map(({ message }) => message),
    ['state cannot be kept'],
  );

  rmSync(directory);
  folder.wait(10_000);
  files.save(slower, savedOf(slower));
  await files.flush();
  assert.deepEqual(keysOf(folder.load()), [slower.key, slow.key].sort());
  assert.deepEqual(
    folder.lines.map(({ message }) => message),
    ['state cannot be kept', 'state is kept again'],
  );
});

test('a disk that refused is tried again by itself: the next result may be a day away', {
  timeout: 10_000,
}, async (t) => {
  await using folder = await aFolder();
  t.mock.timers.enable({ apis: ['setTimeout'] });
  writeFileSync(folder.directory, 'a file where the folder should be');
  const files = folder.open();
  files.save(slow, savedOf(slow));
  await files.flush();
  rmSync(folder.directory);
  t.mock.timers.tick(10_000);
  // Not by `flush`, which would try it again itself.
  while (folder.lines.length < 2) await setImmediate();
  assert.deepEqual(keysOf(folder.load()), [slow.key]);
  assert.equal(folder.lines[1]?.message, 'state is kept again');
});

test('one file that cannot be replaced does not hold up the others', async () => {
  await using folder = await aFolder();
  await folder.fill(slow);
  const [file] = folder.files() as [string];
  rmSync(join(folder.directory, file));
  mkdirSync(join(folder.directory, file, 'full'), { recursive: true });
  const files = folder.open();
  files.save(slow, savedOf(slow));
  files.save(slower, savedOf(slower));
  await files.flush();
  assert.deepEqual(keysOf(folder.load()), [slower.key]);
});

test('a folder that was there keeps its mode', async () => {
  await using folder = await aFolder();
  mkdirSync(folder.directory);
  chmodSync(folder.directory, 0o750);
  await folder.fill(slow);
  assert.equal(statSync(folder.directory).mode & 0o777, 0o750);
});
