import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findFreePort } from '../support/daemon.ts';
import { BUILT, ConfigFolder, startProgram } from './program.ts';

test('as npm ships it, the exporter finds the files of its threads: it runs a query, reads a configuration, asks for a store', async () => {
  const port = await findFreePort();
  const config = (value: number): string => `
fleet: {name: nobody, store: "redis://127.0.0.1:${port}", without_store: stop}
targets: {own: {dsn: "sqlite::memory:"}, all: {host: 127.0.0.1, port: ${port}, user: nobody, shared: true}}
queries: {q: {sql: select ${value} n, interval: 1s, metrics: {q: {type: gauge, value: n}}}}
`;
  await using folder = await ConfigFolder.create(config(1));
  await using program = await startProgram(folder, ['--web.enable-lifecycle'], {}, null, BUILT);
  await program.untilSample('query_exporter_q{target="own"}', 1);
  await folder.write(config(2));
  const reload = await program.get('/-/reload', { method: 'POST' });
  assert.equal(reload.status, 200, await reload.text());
  await program.untilSample('query_exporter_q{target="own"}', 2);
  await program.untilSample('query_exporter_fleet_store_up', 0);
  const ready = await program.get('/-/ready');
  // Main says this whatever became of the thread of the fleet; what is above, that thread alone.
  assert.equal(ready.status, 503);
  assert.match(await ready.text(), /the store of the fleet/);
  assert.doesNotMatch(program.stderr, / died/);
});
