import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { repositoryRoot } from '../support/tools.ts';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const FIXTURES = join(repositoryRoot(), 'test/commands/convert');

for (const name of readdirSync(FIXTURES)) {
  test(`what the sources in ${name} become passes check without their secrets`, () => {
    const cwd = join(FIXTURES, name);
    const input = readFileSync(join(cwd, 'expected.yml'));
    const check = [MAIN, 'check', '--without-secrets', '--config', '-'];
    const { status, stderr } = spawnSync(process.execPath, check, { cwd, input, encoding: 'utf8' });
    assert.deepEqual({ status, stderr: stderr.replaceAll(/^warning: .*\n/gm, '') }, { status: 0, stderr: '' });
  });
}

test("a peer's file given to check is answered with the command that converts it", () => {
  const file = join(FIXTURES, 'justwatch/config.yml');
  const { status, stderr } = spawnSync(process.execPath, [MAIN, 'check', '--config', file], { encoding: 'utf8' });
  assert.equal(status, 1);
  assert.equal(
    stderr,
    `${file}: is a configuration of Prometheus SQL Exporter (justwatch): query-exporter convert justwatch ${file} makes one of ours\n`,
  );
});
