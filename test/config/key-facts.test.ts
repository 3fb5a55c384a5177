import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Path } from '../../src/config/path.ts';
import { configSchema } from '../../src/config/schema.ts';
import { factsAt, keysAt } from '../../src/config/schema-walk.ts';
import { createTlsFiles } from '../support/tls.ts';
import { ConfigFolder } from './files.ts';

/** A configuration as a value, which JSON writes and YAML reads. */
interface Written {
  targets: Record<string, Record<string, unknown>>;
  queries: Record<string, Record<string, unknown>>;
  [key: string]: unknown;
}

/**
 * For each key two values that differ in meaning, and what else has to change with them. Null takes a key away: a value
 * that excludes the others of the base.
 */
const TARGET_VALUES: Readonly<Record<string, readonly [unknown, unknown, Record<string, unknown>?]>> = {
  engine: ['mysql', 'sqlite', { host: null, user: null, database: 'd' }],
  dsn: ['u@tcp(a)/d', 'u@tcp(b)/d', { host: null, user: null }],
  host: ['a', 'b'],
  port: [1, 2],
  socket: ['/a', '/b', { host: null }],
  user: ['a', 'b'],
  password: ['a', 'b'],
  password_file: ['a.txt', 'b.txt'],
  database: ['a', 'b'],
  groups: [['a'], ['b']],
  labels: [{ region: 'a' }, { region: 'b' }],
  max_connections: [1, 2],
  connect_timeout: ['1s', '2s'],
  ping_interval: ['1s', 'off'],
  init_sql: [['a'], ['b']],
  shared: [true, false],
  tls: [{ mode: 'verify' }, { mode: 'skip-verify' }],
  defaults_file: ['a.cnf', 'b.cnf', { host: null, user: null }],
  slow_log: [true, false],
  databases: [['a'], ['b'], { engine: 'postgres' }],
  database_label: ['a', 'b', { engine: 'postgres', databases: ['a'] }],
};
const QUERY_VALUES: Readonly<Record<string, readonly [unknown, unknown, Record<string, unknown>?]>> = {
  description: ['a', 'b'],
  sql: ['a', 'b'],
  sql_file: ['a.txt', 'b.txt', { sql: null }],
  namespace: ['a', 'b'],
  targets: [['t'], ['g']],
  collector: ['a', 'b'],
  when: [{ version: '>=8' }, { version: '>=9' }],
  once_per: ['target', 'server'],
  needs: ['a', 'b'],
  metrics: [{ m: { type: 'gauge', value: 'a' } }, { m: { type: 'gauge', value: 'b' } }],
  interval: ['1s', '2s'],
  schedule: ['0 * * * *', '1 * * * *'],
  timezone: ['UTC', 'Asia/Seoul', { schedule: '0 * * * *' }],
  jitter: ['1ms', '2ms'],
  run_on_start: [true, false],
  catch_up: ['1s', '2s', { schedule: '0 * * * *' }],
  timeout: [1, 2],
  on_error: ['keep', 'drop'],
  on_empty: ['clear', 'fail'],
  max_age: ['1h', 'off'],
  max_rows: [1, 2],
  max_bytes: [1, 2],
  max_label_length: [1, 2],
};
const HISTOGRAM = { type: 'histogram', value: null, buckets: { 1: 'a' }, sum: 'a', count: 'a' };
const METRIC_VALUES: Readonly<Record<string, readonly [unknown, unknown, Record<string, unknown>?]>> = {
  type: ['gauge', 'counter'],
  description: ['a', 'b'],
  labels: [['a'], { a: 'b' }],
  value: ['a', ['a', 'b']],
  values: [['a'], ['b'], { value: null, value_label: 'part' }],
  value_label: ['a', 'b', { value: null, values: ['a'] }],
  map: [{ a: 1 }, { a: 2 }],
  where: [{ a: 'a' }, { a: 'b' }],
  static_labels: [{ part: 'a' }, { part: 'b' }],
  empty_value: [0, 1],
  error_value: [0, 1],
  buckets: [{ 1: 'a' }, { 2: 'a' }, HISTOGRAM],
  sum: ['a', 'b', HISTOGRAM],
  count: ['a', 'b', HISTOGRAM],
};
const TLS_VALUES: Readonly<Record<string, readonly [unknown, unknown, Record<string, unknown>?]>> = {
  mode: ['verify', 'off'],
  ca_file: ['ca.pem', 'server.pem'],
  cert_file: ['client.pem', 'copy.pem', { key_file: 'client-key.pem' }],
  key_file: ['client-key.pem', 'copy-key.pem', { cert_file: 'client.pem' }],
  server_name: ['a', 'b'],
};

const PLACES: readonly (readonly [
  Path,
  Readonly<Record<string, readonly [unknown, unknown, Record<string, unknown>?]>>,
])[] = [
  [['targets', 't'], TARGET_VALUES],
  [['targets', 't', 'tls'], TLS_VALUES],
  [['queries', 'q'], QUERY_VALUES],
  [['queries', 'q', 'metrics', 'm'], METRIC_VALUES],
];

function base(): Written {
  return {
    fleet: { store: 'redis://s' },
    targets: { t: { host: 'h', user: 'u', groups: ['g'] } },
    queries: { q: { sql: 'x', metrics: { m: { type: 'gauge', value: 'v' } } } },
  };
}

for (const [place, values] of PLACES) {
  test(`each key of ${place.join('.')} says whether another value means other samples, and is right`, async () => {
    using folder = new ConfigFolder();
    await createTlsFiles(folder.path);
    for (const kind of ['', '-key']) {
      copyFileSync(join(folder.path, `client${kind}.pem`), join(folder.path, `copy${kind}.pem`));
    }
    for (const name of ['a', 'b']) {
      folder.write(`${name}.txt`, name);
      folder.write(`${name}.cnf`, `[client]\nuser=u\nhost=${name}\n`);
    }
    assert.deepEqual(Object.keys(values).sort(), [...keysAt(configSchema, place)].sort());
    for (const [key, [one, other, besides = {}]] of Object.entries(values)) {
      const [first, second] = [one, other].map((value) => {
        const written = base();
        let entry: Record<string, unknown> = written;
        for (const step of place) {
          entry[step] ??= {};
          entry = entry[step] as Record<string, unknown>;
        }
        for (const [name, set] of Object.entries({ ...(value === 'mysql' ? {} : besides), [key]: value })) {
          if (set === null) delete entry[name];
          else entry[name] = set;
        }
        const [task] = folder.load(JSON.stringify(written)).plan.tasks;
        return task?.samplesFingerprint;
      });
      assert.ok(first);
      assert.equal(first !== second, factsAt(configSchema, [...place, key]).inSamples, key);
    }
  });
}

test('what nothing was said of is a secret', () => {
  const facts = factsAt(configSchema, ['targets', 't', 'a key to come']);
  assert.deepEqual(facts, { secrecy: 'masked', inSamples: true, interpolated: true });
});

test('no message shows where a database is or who logs in, and nobody sees a password', () => {
  const secrecies = new Map<string, string[]>();
  for (const key of keysAt(configSchema, ['targets', 't'])) {
    const { secrecy } = factsAt(configSchema, ['targets', 't', key]);
    secrecies.set(secrecy, [...(secrecies.get(secrecy) ?? []), key].sort());
  }
  assert.deepEqual(secrecies.get('masked'), ['dsn', 'password']);
  assert.deepEqual(secrecies.get('hidden'), [
    ...['database', 'databases', 'defaults_file', 'host', 'init_sql', 'password_file', 'socket', 'user'],
  ]);
});

test('what stands inside a key is as secret as the key', () => {
  assert.equal(factsAt(configSchema, ['targets', 't', 'labels', 'password']).secrecy, 'shown');
  assert.equal(factsAt(configSchema, ['targets', 't', 'init_sql', 0]).secrecy, 'hidden');
  assert.equal(factsAt(configSchema, ['targets']).secrecy, 'masked');
});
