import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigFolder, onlyTask, withQuery } from './files.ts';

test('a when is a version, a statement, or both', () => {
  using folder = new ConfigFolder();
  const { when } = onlyTask(folder.load(withQuery("when: {version: 'MariaDB >=10.5 <11', sql: SELECT 1}"))).query;
  assert.deepEqual(when, {
    role: null,
    version: { text: 'MariaDB >=10.5 <11', spans: [{ product: 'mariadb', from: [10, 5], before: [11] }] },
    sql: 'SELECT 1',
  });
});

test('queries for versions without a common one may feed one metric on one target', () => {
  using folder = new ConfigFolder();
  const query = (range: string) => `{sql: x, when: {version: "${range}"}, metrics: {m: {type: gauge, value: v}}}`;
  const { families, tasks } = folder.load(`dsn: u@tcp(h)/d
queries:
  old: ${query('<8.0.22')}
  new: ${query('mysql >=8.0.22 <9')}
  newest: ${query('mysql >=9')}
  other: ${query('mariadb >=10')}
`).plan;
  assert.deepEqual([families.length, tasks.length], [1, 4]);
});

test('a query that is asked once per server runs on the first of the selected targets that share one', () => {
  using folder = new ConfigFolder();
  const { tasks } = folder.load(`targets:
  a: {host: H1, user: u, database: d1}
  b: {host: h1, user: u, database: d2, groups: [g]}
  c: {host: h2, user: u, groups: [g]}
  d: {host: h1, user: u, groups: [g]}
queries:
  all: {sql: x, once_per: server, metrics: {m1: {type: gauge, value: v}}}
  some: {sql: x, once_per: server, targets: [g], metrics: {m2: {type: gauge, value: v}}}
  each: {sql: x, once_per: target, targets: [g], metrics: {m3: {type: gauge, value: v}}}
`).plan;
  assert.deepEqual(
    tasks.map(({ query, target }) => `${query.name} ${target.name}`),
    ['all a', 'all c', 'some b', 'some c', 'each b', 'each c', 'each d'],
  );
});
