import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Task } from '../../src/model/plan.ts';
import { metricOf } from '../support/metric-of.ts';
import { ConfigFolder, type LoadOptions } from './files.ts';

const TARGETS = `targets:
  b: {host: hb, user: u, groups: [g], labels: {region: kr}}
  a: {host: ha, user: u, groups: [g, h]}
  c: {host: hc, user: u}
`;

function load(content: string, options: LoadOptions = {}) {
  using folder = new ConfigFolder();
  return folder.load(content, options).plan;
}

function problemsOf(content: string): readonly string[] {
  using folder = new ConfigFolder();
  return folder.problemsOf(content);
}

function taskOf(content: string): Task {
  const [task] = load(content).tasks;
  assert.ok(task);
  return task;
}

test('a query runs once on each target that its groups and names select, in the order of the targets', () => {
  const { tasks, queries } = load(
    `${TARGETS}queries:
  q: {sql: x, targets: [c, g, a, h], metrics: {m: {type: gauge, value: v}}}
  all: {sql: x, metrics: {n: {type: gauge, value: v}}}\n`,
  );
  const named = tasks.map(({ query, target }) => `${query.name} ${target.name}`);
  assert.deepEqual(named, ['q b', 'q a', 'q c', 'all b', 'all a', 'all c']);
  assert.equal(new Set(tasks.map(({ key }) => key)).size, 6);
  assert.equal(tasks[0]?.query, queries[0]);
});

test('a family has the labels of all its tasks, and its samples those of their target', () => {
  const plan = load(`${TARGETS}queries:
  q: {sql: x, targets: [g], metrics: {m: {type: gauge, labels: [state, code], value: v, static_labels: {shop: eu}}}}\n`);
  assert.deepEqual(plan.families, [
    {
      name: 'query_exporter_m',
      type: 'gauge',
      help: 'Column v of the query q, polled in the background.',
      labelNames: ['code', 'region', 'shop', 'state', 'target'],
    },
  ]);
  assert.deepEqual(
    plan.tasks.map(({ metrics }) => metrics[0]),
    [
      { shop: 'eu', region: 'kr', target: 'b' },
      { shop: 'eu', target: 'a' },
    ].map((constants) => metricOf({ name: 'query_exporter_m', labels: ['state', 'code'], value: 'v', constants })),
  );
});

test('several queries may feed one metric from different targets', () => {
  const { families } = load(`${TARGETS}queries:
  q1: {sql: x, targets: [a], metrics: {m: {type: gauge, value: v}}}
  q2: {sql: y, targets: [b], metrics: {m: {type: gauge, value: v, description: given}}}\n`);
  assert.deepEqual(
    families.map(({ help }) => help),
    ['given'],
  );
});

test('a description is a line of its own, and one of blanks is none', () => {
  const { families } = load(`dsn: u@tcp(h)/
metrics:
  a: {query: x, type: gauge, value: v, description: '  '}
  b:
    query: x
    type: gauge
    value: v
    description: |
      Said in a block.
`);
  assert.deepEqual(
    families.map(({ help }) => help),
    ['Column v of the query a, polled in the background.', 'Said in a block.'],
  );
});

test('several queries may feed one metric from one target where a static label differs', () => {
  const queries = (s1: string, s2: string) => `dsn: u@tcp(h)/
queries:
  q1: {sql: x, metrics: {m: {type: gauge, value: v, static_labels: {part: ${s1}}}}}
  q2: {sql: y, metrics: {m: {type: gauge, value: v, static_labels: {part: ${s2}}}}}\n`;
  assert.equal(load(queries('one', 'two')).families.length, 1);
  assert.equal(problemsOf(queries('one', 'one')).length, 1);
});

test('a column may hold the static label of another query, so it tells nothing apart', () => {
  assert.deepEqual(
    problemsOf(`dsn: u@tcp(h)/
queries:
  q1: {sql: x, metrics: {m: {type: gauge, value: v, static_labels: {part: one}}}}
  q2: {sql: y, metrics: {m: {type: gauge, value: v, labels: [part]}}}\n`),
    [
      'config.yml:4:26: queries.q2.metrics.m: could give the same series as queries.q1.metrics.m (config.yml:3:26); ' +
        'let their targets or a static label differ',
    ],
  );
});

test('the target label may be off where each metric has one target, or where labels of the targets differ', () => {
  const one = load(`target_label: ""\n${TARGETS}metrics: {m: {query: x, type: gauge, value: v, targets: [a]}}`);
  assert.deepEqual(one.tasks[0]?.metrics[0]?.constantLabels, {});
  load(`target_label: ""\n${TARGETS}metrics: {m: {query: x, type: gauge, value: v, targets: [g]}}`);
  assert.equal(problemsOf(`target_label: ""\n${TARGETS}metrics: {m: {query: x, type: gauge, value: v}}`).length, 1);
});

test('the target label may be called otherwise, and no name is in front of a metric without namespace', () => {
  const plan = load(`namespace: ""\ntarget_label: db\n${TARGETS}metrics: {m: {query: x, type: gauge, value: v}}`);
  assert.deepEqual(plan.families[0]?.labelNames, ['db', 'region']);
  assert.equal(plan.families[0]?.name, 'm');
});

test('a problem hides no other', () => {
  assert.deepEqual(
    problemsOf(`targets:
  a: {host: h, user: u, port: 0, groups: [g]}
  b: {host: h, user: u}
queries:
  q1: {sql: x, targets: [g, b, nowhere], metrics: {m: {type: gauge, value: v}}}
  q2: {sql: x, timeout: never, targets: [b], metrics: {m: {type: counter, value: v}}}
  q3: {sql: x, interval: 1s, schedule: "61 * * * *", timezone: Mars, metrics: {n: {type: gauge, value: v}}}\n`),
    [
      'config.yml:2:31: targets.a.port: expected a whole number from 1 to 65535, got 0',
      'config.yml:5:32: queries.q1.targets[2]: unknown target or group "nowhere"',
      'config.yml:6:25: queries.q2.timeout: expected a number of seconds or a duration such as "30s", got "never"',
      'config.yml:6:56: queries.q2.metrics.m: queries.q1.metrics.m (config.yml:5:52) defines this metric as a gauge',
      'config.yml:7:30: queries.q3.schedule: excludes "interval"',
      'config.yml:7:40: queries.q3.schedule: minute: "61" is not possible, expected 0 to 59, as a list, a range or a step, in "61 * * * *"',
      'config.yml:7:64: queries.q3.timezone: unknown time zone "Mars", expected a name such as "Europe/Berlin" or "UTC"',
    ],
  );
});

test('a group that only a target with unknown groups may have is not called unknown', () => {
  assert.deepEqual(
    problemsOf(`targets:
  a: {host: h, user: u, gruops: [g]}
  b: u@tcp(h)/d
queries:
  q: {sql: x, targets: [g], metrics: {m: {type: gauge, value: v}}}\n`),
    [
      'config.yml:2:25: targets.a.gruops: unknown key, did you mean "groups"?',
      'config.yml:3:6: targets.b: expected a target with host, socket, dsn or defaults_file, got a text',
    ],
  );
});

test('no conclusion is drawn from what is wrong itself', () => {
  assert.deepEqual(
    problemsOf(`targets:
  a: {host: h, user: u, groups: 5}
queries:
  q1: {sql: x, targets: [g], metrics: {m: {type: gauge, value: v, labels: [1]}}}
  q2: {sql: x, metrics: {m: {type: gauge, value: v}}}\n`),
    [
      'config.yml:2:33: targets.a.groups: expected a list of group names, got 5',
      'config.yml:4:76: queries.q1.metrics.m.labels[0]: must be a string, quote it: "1"',
    ],
  );
});

const BASE = (target: string, query: string) =>
  `targets: {t: {host: h, user: u, ${target}}}\nmetrics: {m: {query: x, type: gauge, value: v, ${query}}}`;

test('samples of a task stand for those of another one exactly if they would be the same', () => {
  const base = taskOf(BASE('', '')).samplesFingerprint;
  const same = [
    BASE('password: other', ''),
    BASE('max_connections: 9, connect_timeout: 1s', ''),
    BASE('', 'interval: 1h, timeout: 1s, max_age: 2h, description: other'),
  ];
  for (const content of same) assert.equal(taskOf(content).samplesFingerprint, base, content);
  const other = [
    BASE('port: 3307', ''),
    BASE('database: d', ''),
    BASE('labels: {region: kr}', ''),
    BASE('init_sql: [x]', ''),
    BASE('', 'labels: [state]'),
    BASE('', 'static_labels: {shop: eu}'),
    BASE('', 'max_label_length: 5'),
    BASE('', '').replace('query: x', 'query: y'),
    BASE('', '').replace('value: v', 'value: w'),
    BASE('', '').replace('gauge', 'counter'),
    BASE('', '').replace('user: u', 'user: w'),
  ];
  const prints = other.map((content) => taskOf(content).samplesFingerprint);
  assert.equal(new Set([base, ...prints]).size, other.length + 1);
});

test('the terms of a task change with anything about it, the password included', () => {
  const contents = [
    BASE('', ''),
    BASE('password: one', ''),
    BASE('password: two', ''),
    BASE('slow_log: false', ''),
    BASE('tls: {}', ''),
    BASE('', 'interval: 1h'),
    BASE('', 'timeout: 1s'),
    BASE('', 'on_empty: keep'),
    BASE('', 'max_rows: 5'),
  ];
  assert.equal(new Set(contents.map((content) => taskOf(content).termsFingerprint)).size, contents.length);
  assert.equal(taskOf(BASE('', '')).termsFingerprint, taskOf(`# a comment\n${BASE('', '')}`).termsFingerprint);
});
