import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Plan, TaskMetric } from '../../src/model/plan.ts';
import { type MetricOptions, metricOf } from '../support/metric-of.ts';
import { ConfigFolder } from './files.ts';

function load(content: string): Plan {
  using folder = new ConfigFolder();
  return folder.load(`dsn: u@tcp(h)/d\nnamespace: ""\n${content}`).plan;
}

function metricsOf(metrics: string): readonly TaskMetric[] {
  const [task] = load(`queries:\n  q:\n    sql: x\n    metrics:\n      ${metrics.trim()}\n`).tasks;
  assert.ok(task);
  return task.metrics;
}

/** Each metric as it is written, and what the plan has for it. */
const CASES: Readonly<Record<string, readonly [string, MetricOptions]>> = {
  'labels may be renamed, and two may be of one column': [
    'm: {type: gauge, value: n, labels: {source: Source_Host, other: Source_Host}}',
    { labels: { source: 'Source_Host', other: 'Source_Host' } },
  ],
  'a list of columns stands wherever a column is named': [
    'm: {type: gauge, value: [n, N], labels: {source: [Source_Host, Master_Host]}}',
    { value: ['n', 'N'], labels: { source: ['Source_Host', 'Master_Host'] } },
  ],
  'a number is a constant, and a quoted one the name of a column': [
    'm: {type: gauge, value: -1.5, labels: []}',
    { value: -1.5, labels: [] },
  ],
  'a quoted number is the name of a column': ['m: {type: gauge, value: "1", labels: []}', { value: '1', labels: [] }],
  'listed values are told apart by the names of their columns': [
    'm: {type: gauge, values: [reads, writes], value_label: operation, labels: [a]}',
    { valueLabel: 'operation', values: { reads: 'reads', writes: 'writes' } },
  ],
  'values have texts of their own': [
    'm: {type: gauge, values: {io: [Replica_IO, Slave_IO], sql: Slave_SQL}, value_label: thread, labels: []}',
    { labels: [], valueLabel: 'thread', values: { io: ['Replica_IO', 'Slave_IO'], sql: 'Slave_SQL' } },
  ],
  'texts of a map are what was written, whatever YAML 1.1 makes of them, without spaces around them': [
    'm: {type: gauge, value: n, labels: [a], map: {ON: 1, Yes: 2, no: 3, 1: 4, 0x10: 5, 1.0: 6, true: 7, null: 8, " a ": 9, "": 10}}',
    { map: { ON: 1, Yes: 2, no: 3, 1: 4, '0x10': 5, '1.0': 6, true: 7, null: 8, a: 9, '': 10 } },
  ],
  'a row is chosen by the texts of several columns': [
    'm: {type: gauge, value: n, labels: [a], where: {name: Uptime, scope: [global, ""]}}',
    { where: { name: ['Uptime'], scope: ['global', ''] } },
  ],
  'values stand in for a result that is empty or failed': [
    'm: {type: gauge, value: n, empty_value: 0, error_value: -1}',
    { labels: [], emptyValue: 0, errorValue: -1 },
  ],
  'the buckets of a histogram keep the order in which they are written': [
    'm: {type: Histogram, labels: [a], buckets: {-1: x, .5: [y, Y], 1e1: z}, sum: [s, S], count: n}',
    {
      type: 'histogram',
      buckets: [
        [-1, 'x'],
        [0.5, ['y', 'Y']],
        [10, 'z'],
      ],
      sum: ['s', 'S'],
      count: 'n',
    },
  ],
};

for (const [name, [written, expected]] of Object.entries(CASES)) {
  test(name, () => assert.deepEqual(metricsOf(written), [metricOf(expected)]));
}

test('a metric with a column in its name is one for each text of that column', () => {
  const metrics = metricsOf(
    'status_{name}: {type: gauge, value: v, description: "Status {name}, {scope}", where: {scope: g, name: [up, down]}}',
  );
  const expected = ['up', 'down'].map((name) =>
    metricOf({ name: `status_${name}`, labels: [], value: 'v', where: { scope: ['g'], name: [name] } }),
  );
  assert.deepEqual(metrics, expected);
  const { families } = load(`queries:
  q:
    sql: x
    metrics:
      "{name}_{name}": {type: gauge, value: v, description: "About {name}: {other}", where: {name: ab}}\n`);
  assert.deepEqual(
    families.map(({ name, help }) => [name, help]),
    [['ab_ab', 'About ab: {other}']],
  );
});

test('hundreds of names are one block', () => {
  const names = Array.from({ length: 480 }, (_, index) => `n${index}`);
  const metrics = metricsOf(`"v_{name}": {type: gauge, value: v, where: {name: [${names.join(', ')}]}}`);
  assert.deepEqual(
    metrics.map(({ family }) => family),
    names.map((name) => `v_${name}`),
  );
});

test('a HELP that nobody wrote names what the samples come from', () => {
  const { families } = load(`queries:
  q:
    sql: x
    metrics:
      a: {type: gauge, value: 1}
      b: {type: gauge, value: [v, w]}
      c: {type: gauge, values: [v, w], value_label: l}
      d: {type: histogram, buckets: {1: x}, sum: s, count: n}\n`);
  assert.deepEqual(
    families.map(({ help }) => help),
    ['Rows', 'Column v', 'Columns v, w', 'Columns x, n, s'].map(
      (source) => `${source} of the query q, polled in the background.`,
    ),
  );
});

test('a family has the labels of its values and of its buckets', () => {
  const { families } = load(`queries:
  q:
    sql: x
    metrics:
      a: {type: gauge, values: [v], value_label: part, labels: {z: x}}
      b: {type: histogram, buckets: {1: x}, sum: s, count: n}\n`);
  assert.deepEqual(
    families.map(({ labelNames }) => labelNames),
    [['part', 'z'], ['le']],
  );
});

test('a query may have a namespace of its own', () => {
  using folder = new ConfigFolder();
  const { plan } = folder.load(`dsn: u@tcp(h)/d
queries:
  a: {sql: x, namespace: mysql, metrics: {up: {type: gauge, value: v}}}
  b: {sql: x, namespace: "", metrics: {up: {type: gauge, value: v}}}
metrics:
  c: {sql: x, type: gauge, value: v}
  d: {sql: x, namespace: pg, type: gauge, value: v}\n`);
  assert.deepEqual(
    plan.tasks.map(({ metrics }) => metrics[0]?.family),
    ['mysql_up', 'up', 'query_exporter_c', 'pg_d'],
  );
});

test('queries that give values under different labels do not feed one metric, nor do those with the same texts', () => {
  using folder = new ConfigFolder();
  const query = (name: string, label: string) =>
    `  ${name}: {sql: x, metrics: {m: {type: gauge, values: [v], value_label: ${label}}}}\n`;
  const problems = (label: string) =>
    folder.problemsOf(`dsn: u@tcp(h)/d\nqueries:\n${query('a', 'one')}${query('b', label)}`);
  assert.deepEqual(problems('two'), [
    'config.yml:4:25: queries.b.metrics.m: queries.a.metrics.m (config.yml:3:25) defines this metric with the labels one',
  ]);
  assert.deepEqual(problems('one'), [
    'config.yml:4:25: queries.b.metrics.m: could give the same series as queries.a.metrics.m (config.yml:3:25); let their targets or a static label differ',
  ]);
});
