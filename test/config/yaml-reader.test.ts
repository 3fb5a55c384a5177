import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigFolder, withQuery } from './files.ts';

const DSN = 'dsn: u@tcp(h)/d\n';

test('a billion laughs are refused at once', () => {
  using folder = new ConfigFolder();
  const levels = ['a: &a [x,x,x,x,x,x,x,x,x]'];
  for (const [index, letter] of [...'bcdefghi'].entries()) {
    const inner = 'abcdefgh'[index];
    levels.push(`${letter}: &${letter} [${Array.from({ length: 9 }, () => `*${inner}`).join(',')}]`);
  }
  assert.deepEqual(folder.problemsOf(levels.join('\n')), [
    'config.yml:6:14: f[2]: aliases repeat more than 250000 values up to here',
  ]);
});

test('two hundred queries may share their options through one merged alias', () => {
  using folder = new ConfigFolder();
  const queries = Array.from(
    { length: 200 },
    (_, index) => `  q${index}: {<<: *base, sql: x, metrics: {m${index}: {type: gauge, value: v}}}`,
  );
  const { plan } = folder.load(`${DSN}defaults: &base {interval: 1h}\nqueries:\n${queries.join('\n')}\n`);
  assert.deepEqual([...new Set(plan.queries.map(({ periodMs }) => periodMs))], [3_600_000]);
});

test('what a mapping says itself comes before what it merges, and the first merged mapping before the next', () => {
  using folder = new ConfigFolder();
  const { plan } = folder.load(
    [
      'targets:',
      '  a: &a {host: h1, user: u1, database: d1}',
      '  b: &b {host: h2, user: u2, init_sql: [x]}',
      '  c: {<<: [*a, *b], host: h3}',
      'metrics: {m: {query: x, type: gauge, value: v}}',
    ].join('\n'),
  );
  const { connection, initSql } = plan.targets[2] ?? {};
  assert.deepEqual(
    [connection?.address, connection?.user, connection?.database, initSql],
    [{ kind: 'tcp', host: 'h3', port: 3306 }, 'u1', 'd1', ['x']],
  );
});

test('a mistake in a merged mapping is said once', () => {
  using folder = new ConfigFolder();
  const queries = [1, 2, 3].map((n) => `  q${n}: {<<: *base, sql: x, metrics: {m${n}: {type: gauge, value: v}}}\n`);
  assert.deepEqual(folder.problemsOf(`${DSN}defaults: &base {interval: soon}\nqueries:\n${queries.join('')}`), [
    'config.yml:2:28: defaults.interval: expected a duration such as "30s", got "soon"',
  ]);
});

test('YAML 1.2 reads yes, no and on as texts, and numbers as names where they are keys', () => {
  using folder = new ConfigFolder();
  const { plan } = folder.load(
    `targets:\n  2024: {host: no, user: yes}\n  on: {host: h, user: u}\n${queryOn('["2024", on]')}`,
  );
  assert.deepEqual(
    plan.targets.map(({ name, connection }) => [name, connection.user]),
    [
      ['2024', 'yes'],
      ['on', 'u'],
    ],
  );
});

test('a key that means something to JavaScript is a name like any other', () => {
  using folder = new ConfigFolder();
  const { plan } = folder.load(
    `targets:\n  constructor: {host: h, user: u, labels: {toString: x}}\n${queryOn('[constructor]')}`,
  );
  assert.deepEqual(plan.families[0]?.labelNames, ['target', 'toString']);
});

test('nesting without end is refused before it costs time', () => {
  using folder = new ConfigFolder();
  const text = 'is nested deeper than 100 levels';
  assert.deepEqual(folder.problemsOf(`a: ${'['.repeat(500_000)}`), [`config.yml:1:104: ${text}`]);
  assert.deepEqual(folder.problemsOf(`${'- '.repeat(500_000)}x`), [`config.yml:1:201: ${text}`]);
});

test('forty thousand unknown keys are as many problems', () => {
  using folder = new ConfigFolder();
  const keys = (count: number) => Array.from({ length: count }, (_, index) => `k${index}: 1\n`).join('');
  assert.equal(folder.problemsOf(`${withQuery('')}${keys(40_000)}`).length, 40_000);
});

test('every line that is no YAML is named, once', () => {
  using folder = new ConfigFolder();
  assert.deepEqual(folder.problemsOf('a: @x\nb: `y\nc: "\\q"\nd: [1\n'), [
    'config.yml:1:4: a text that begins with this character must be quoted',
    'config.yml:2:4: a text that begins with this character must be quoted',
    'config.yml:3:5: unknown escape in a double-quoted text: write "\\\\" for a backslash, or use single quotes',
    'config.yml:5:1: a closing bracket is missing',
  ]);
});

test('a key must be a text', () => {
  using folder = new ConfigFolder();
  assert.deepEqual(folder.problemsOf('? [a, b]\n: 1\n? {c: d}\n: 2\n'), [
    'config.yml:1:3: a key must be a text',
    'config.yml:3:3: a key must be a text',
  ]);
});

function queryOn(targets: string): string {
  return `queries: {q: {sql: x, targets: ${targets}, metrics: {m: {type: gauge, value: v}}}}\n`;
}
