import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

const LOAD = new URL('../../src/config/load.js', import.meta.url).href;
const READER = `
const { loadConfig } = await import('${LOAD}');
try {
  const { plan } = loadConfig({ paths: ['-'], env: {} }, { revision: 1, nowMs: 0 });
  console.log(plan.queries.map(({ name }) => name).join());
} catch (error) {
  console.log(error.message);
}`;

/** What a process prints that reads its configuration from this standard input. */
function printedFor(input: string): string {
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', READER], { input, encoding: 'utf8' });
  return stdout.trimEnd();
}

test('a configuration is read from standard input to its end', () => {
  const metrics = Array.from({ length: 5_000 }, (_, n) => `  m${n}: {query: select 1 v, type: gauge, value: v}\n`);
  const names = printedFor(`dsn: u@tcp(h)/d\nmetrics:\n${metrics.join('')}`).split(',');
  assert.deepEqual([names.length, names.at(-1)], [5_000, 'm4999']);
});

test('problems of standard input have its name and their places', () => {
  assert.equal(
    printedFor('dsn: u@tcp(h)/d\nmetrics: 1\n'),
    '<stdin>:2:10: metrics: expected a mapping of metric names to metrics, got 1',
  );
  assert.equal(printedFor(''), '<stdin>: is empty');
  assert.equal(printedFor('#'.repeat(1_048_577)), '<stdin>: is larger than 1 MiB');
});
