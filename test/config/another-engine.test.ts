import assert from 'node:assert/strict';
import { test } from 'node:test';
import { divideUrl, parseHostPort, readParameters } from '../../src/language/url.ts';
import type { Connection } from '../../src/model/plan.ts';
import { type Engine, SHARED_KEYS } from '../../src/sql/engine.ts';
import { ENGINES } from '../../src/sql/engines.ts';
import { NO_TLS_GIVEN, NOTHING_GIVEN } from '../../src/sql/given-connection.ts';

/** Not one of ours: what the configuration knows of an engine, it knows from its description. */
const oracle: Engine = {
  name: 'oracle',
  title: 'Oracle',
  aliases: ['ora'],
  defaultPort: 1521,
  namesSocketByPort: false,
  dsn: {
    beginning: /^oracle:\/\//,
    isOther: () => false,
    forms: ['oracle://user:password@host:port/service'],
    parse: (dsn) => {
      const { user, password, place, path, query } = divideUrl(dsn.slice('oracle://'.length));
      const [ca] = readParameters(query, []);
      return {
        ...NOTHING_GIVEN,
        ...parseHostPort(place, 1521),
        user,
        password,
        database: path || null,
        tls: { ...NO_TLS_GIVEN, mode: ca ? 'verify' : null, caFile: ca?.value ?? null },
      };
    },
  },
  takes: SHARED_KEYS.filter((shared) => shared !== 'socket'),
  keys: ({ key, list, text }) => ({
    wallet: key(text(), { secrecy: 'masked', inSamples: false }, 'A wallet.'),
    services: key(list(text(), 'a list of services'), { secrecy: 'shown', inSamples: true }, 'Several services.'),
    service_label: key(text(), { secrecy: 'shown', inSamples: true }, 'The label of the service.'),
  }),
  placeKeys: ['wallet'],
  readPlace: ({ wallet }) => ({ ...NOTHING_GIVEN, ...(wallet !== undefined && { user: 'w', host: String(wallet) }) }),
  databasesOf: ({ services, service_label: label = 'service' }) =>
    services === undefined ? null : { names: services as string[], label: String(label), key: 'services' },
  complete: (connection, { wallet }, _given, checks) => {
    if (connection.database === '') checks.refuse('wallet', 'a service is needed');
    return { ...connection, wallet } as Connection;
  },
  serverOf: ({ kind }) => `oracle ${kind}`,
  samplesDependOn: ({ database }) => ({ database }),
  products: ['oracle'],
  knowsRole: true,
  roleSql: {},
  lineComments: { dashes: 'always', hash: false, dollarQuotes: false },
  hints: {},
  maxSessions: null,
  load: () => Promise.reject(new Error('this test asks no database')),
};

(ENGINES as unknown as Engine[]).push(oracle);
// The configuration reads the table once.
const { ConfigFolder } = await import('./files.ts');
const { configJsonSchema } = await import('../../src/config/schema.ts');

const METRICS = 'metrics: {m: {query: x, type: gauge, value: v}}\n';

test('an engine is known to the configuration by its line in the table alone', () => {
  using folder = new ConfigFolder();
  const { targets } = folder.load(
    `targets:
  a: {engine: ora, host: DB1, user: u, password: p, database: d}
  b: {dsn: 'oracle://u:p%40ss@db1:1522/d'}
  c: {engine: oracle, wallet: w1, database: d}
${METRICS}`,
  ).plan;
  assert.deepEqual(
    targets.map(({ engine, server, connection }) => [engine, server, connection]),
    [
      ['DB1', 1521, 'u', { kind: 'text', text: 'p' }, undefined] as const,
      ['db1', 1522, 'u', { kind: 'text', text: 'p@ss' }, undefined] as const,
      ['w1', 1521, 'w', { kind: 'none' }, 'w1'] as const,
    ].map(([host, port, user, password, wallet]) => [
      'oracle',
      'oracle tcp',
      { address: { kind: 'tcp', host, port }, user, password, database: 'd', tls: null, wallet },
    ]),
  );
});

test('what it does not take, and what others take alone, has no meaning for it', () => {
  using folder = new ConfigFolder();
  assert.deepEqual(
    folder.problemsOf(`targets:
  a: {engine: oracle, host: h, user: u, database: d, socket: /s, slow_log: true}
  b: {host: h, user: u, services: [x], wallet: secret}
  c: {dsn: 'oracle://u@h', wallet: w}
  d: {engine: oracle, wallet: [5], host: h, user: u, database: d}
  e: {engine: orcale}
${METRICS}`),
    [
      'config.yml:2:54: targets.a.socket: has no meaning for oracle',
      'config.yml:2:54: targets.a.socket: excludes "host"',
      'config.yml:2:66: targets.a.slow_log: has no meaning for oracle',
      'config.yml:3:25: targets.b.services: has no meaning for mysql',
      'config.yml:3:40: targets.b.wallet: has no meaning for mysql',
      'config.yml:4:28: targets.c.wallet: the dsn says this already',
      'config.yml:4:36: targets.c.wallet: a service is needed',
      'config.yml:5:31: targets.d.wallet: expected a text, got a list',
      'config.yml:6:15: targets.e.engine: expected mysql, mariadb, postgres, postgresql, sqlite, oracle or ora, got "orcale"',
    ],
  );
});

test('several databases of one entry are a target each, in a group of its name', () => {
  using folder = new ConfigFolder();
  const entry = '{engine: oracle, host: h, user: u, services: [a, b], labels: {region: kr}, groups: [g]}';
  const { plan } = folder.load(`targets:\n  t: ${entry}\nqueries:
  q: {sql: x, targets: [t], metrics: {m: {type: gauge, value: v}}}
  p: {sql: x, targets: ['t:b'], metrics: {n: {type: gauge, value: v}}}\n`);
  assert.deepEqual(
    plan.tasks.map(({ query, target, metrics }) => [query.name, target.name, metrics[0]?.constantLabels]),
    [
      ['q', 't:a', { region: 'kr', service: 'a', target: 't:a' }],
      ['q', 't:b', { region: 'kr', service: 'b', target: 't:b' }],
      ['p', 't:b', { region: 'kr', service: 'b', target: 't:b' }],
    ],
  );
  const once = folder.load(`targets:\n  t: ${entry}\nqueries:
  q: {sql: x, once_per: server, metrics: {m: {type: gauge, value: v}}}\n`);
  assert.deepEqual(
    once.plan.tasks.map(({ target }) => target.name),
    ['t:a'],
  );
  assert.deepEqual(
    plan.targets.map(({ groups, connection }) => [groups, connection.database]),
    [
      [['g', 't'], 'a'],
      [['g', 't'], 'b'],
    ],
  );
  const unlabelled = folder.load(
    `targets:\n  t: ${entry.replace('services', 'service_label: "", services')}\n${METRICS}`,
  );
  assert.deepEqual(unlabelled.plan.targets[0]?.labels, { region: 'kr' });
  assert.deepEqual(
    folder.problemsOf(
      `targets:\n  t: ${entry.replace('host', 'database: d, host')}\n  t:a: {host: h, user: u}\n${METRICS}`,
    ),
    [
      'config.yml:2:54: targets.t.services: excludes "database"',
      'config.yml:2:54: targets.t.services: a target is called "t:a" already (config.yml:3:3)',
    ],
  );
});

test('a file that its dsn names is looked up as a secret, and not shown where it is missing', async () => {
  using folder = new ConfigFolder();
  const ca = folder.write('ca.pem', 'x');
  const content = (file: string) => `targets: {t: {dsn: 'oracle://u@h/d?ca=${file}'}}\n${METRICS}`;
  assert.equal(folder.load(content('ca.pem')).plan.targets[0]?.connection.tls?.caFile, ca);
  assert.deepEqual(folder.problemsOf(content('hunter2.pem')), [
    'config.yml:1:20: targets.t.dsn: a certificate or a key that it names cannot be read: no such file (ENOENT)',
  ]);
});

test('its secrets are masked, and the schema for editors has its words', () => {
  using folder = new ConfigFolder();
  const { maskedYaml } = folder.load(`targets: {t: {engine: oracle, wallet: hunter2, database: d}}\n${METRICS}`);
  assert.match(maskedYaml, /wallet: <secret>/);
  const schema = JSON.stringify(configJsonSchema());
  for (const words of [
    '"oracle","ora"',
    'Default: 3306 (mysql), 5432 (postgres), 1521 (oracle).',
    'oracle://user:password@host:port/service',
  ]) {
    assert.ok(schema.includes(words), words);
  }
});

test('queries whose roles exclude each other may feed one metric on the servers of an engine that tells its role', () => {
  using folder = new ConfigFolder();
  const metrics = '{lag: {type: gauge, value: v}}';
  const written = (roles: readonly string[]) => `targets:
  a: {engine: ora, host: h1, user: u, password: p, wallet: w, database: d}
  b: {engine: ora, host: h2, user: u, password: p, wallet: w, database: d}
queries:
${roles.map((role, index) => `  q${index}: {sql: x, when: {role: ${role}}, metrics: ${metrics}}\n`).join('')}`;
  const { tasks, families } = folder.load(written(['primary', 'replica'])).plan;
  assert.deepEqual([tasks.length, families.length], [4, 1]);
  assert.match(folder.problemsOf(written(['primary', 'primary']))[0] ?? '', /could give the same series/);
  // Of two servers one may be the primary and one the replica.
  const shared = written(['primary', 'replica']).replace('targets:', 'target_label: ""\ntargets:');
  assert.match(folder.problemsOf(shared)[0] ?? '', /could give the same series/);
});
