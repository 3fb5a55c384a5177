import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { repositoryRoot } from '../support/tools.ts';
import { runCommand } from './run-command.ts';

const FIXTURES = join(repositoryRoot(), 'test/commands/convert');

for (const name of readdirSync(FIXTURES)) {
  test(`what the sources in ${name} become passes check without their secrets`, async () => {
    const { status, stderr } = await runCommand([
      'check',
      '--without-secrets',
      '--config',
      join(FIXTURES, name, 'expected.yml'),
    ]);
    assert.deepEqual({ status, stderr: stderr.replaceAll(/^warning: .*\n/gm, '') }, { status: 0, stderr: '' });
  });
}

test("a peer's file given to check is answered with the command that converts it", async () => {
  const file = join(FIXTURES, 'justwatch/config.yml');
  const { status, stderr } = await runCommand(['check', '--config', file]);
  assert.equal(status, 1);
  assert.equal(
    stderr,
    `${file}: is a configuration of Prometheus SQL Exporter (justwatch): query-exporter convert justwatch ${file} makes one of ours\n`,
  );
});
