import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeFolder } from '../../src/snapshot/make-folder.ts';

test('a folder is made with those above it, for its owner alone, and may be there already', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'qe-folder-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const deep = join(folder, 'a/b/c');
  makeFolder(deep);
  makeFolder(deep);
  assert.equal(statSync(deep).mode & 0o777, 0o700);
  writeFileSync(join(folder, 'file'), '');
  assert.throws(() => makeFolder(join(folder, 'file/below')), { code: 'ENOTDIR' });
});

test('a file system that has no room for folders is refused at once', () => {
  assert.throws(() => makeFolder('/proc/none/below'), { code: 'ENOENT' });
});
