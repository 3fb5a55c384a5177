import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { run } from '../../src/commands/run.ts';
import { repositoryRoot } from '../support/tools.ts';

const FIXTURES = join(repositoryRoot(), 'test/commands/convert');

for (const name of readdirSync(FIXTURES)) {
  test(`what the sources in ${name} become passes check without their secrets`, async () => {
    const { status, stderr } = await check('--without-secrets', '--config', join(FIXTURES, name, 'expected.yml'));
    assert.deepEqual({ status, stderr: stderr.replaceAll(/^warning: .*\n/gm, '') }, { status: 0, stderr: '' });
  });
}

test("a peer's file given to check is answered with the command that converts it", async () => {
  const file = join(FIXTURES, 'justwatch/config.yml');
  const { status, stderr } = await check('--config', file);
  assert.equal(status, 1);
  assert.equal(
    stderr,
    `${file}: is a configuration of Prometheus SQL Exporter (justwatch): query-exporter convert justwatch ${file} makes one of ours\n`,
  );
});

async function check(...argv: readonly string[]): Promise<{ readonly status: number; readonly stderr: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  stdout.resume();
  const printed = text(stderr);
  const status = await run(['check', ...argv], { stdout, stderr, env: {} });
  stderr.end();
  return { status, stderr: await printed };
}
