import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from '../support/processes.ts';
import { MAIN } from './program.ts';

/** In a namespace of its own, where nothing is mounted at /proc. */
const HIDE = ['--map-root-user', '--mount', 'sh', '-c', 'mount -t tmpfs none /proc && exec "$@"', 'sh'];

test('where /proc is not mounted it starts and refreshes, and leaves out what only /proc tells', async (t) => {
  const { ok, output } = await run('unshare', [...HIDE, 'true']);
  if (!ok) return t.skip(`no namespaces here: ${output.trim()}`);
  const demo = await run('unshare', [...HIDE, process.execPath, MAIN, 'demo', '--once']);
  assert.ok(demo.ok, demo.output);
  assert.match(demo.output, /^shop_\w+\{/m);
  assert.match(demo.output, /^process_cpu_seconds_total \d/m);
  assert.doesNotMatch(demo.output, /process_(?:resident|virtual)_memory_bytes|process_open_fds/);
});
