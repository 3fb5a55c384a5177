import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { peerAdvice } from '../../src/commands/convert/peer-advice.ts';
import { ConfigFolder } from '../config/files.ts';
import { repositoryRoot } from '../support/tools.ts';
import { type Answer, runCommand } from './run-command.ts';

/** Converts files of a folder of their own; the first one is named on the command line. */
async function convertText(
  format: string,
  files: Readonly<Record<string, string>>,
  ...options: string[]
): Promise<Answer> {
  using folder = new ConfigFolder();
  const paths = Object.entries(files).map(([name, content]) => folder.write(name, content));
  const answer = await runCommand(['convert', ...options, format, paths[0] ?? '']);
  return { ...answer, stderr: answer.stderr.replaceAll(`${folder.path}/`, '') };
}

const QUERY = 'q:\n  query: SELECT 1 AS n\n  metrics: [{n: {usage: GAUGE}}]\n';
const BOMB = `a: &a [x, x]\n${Array.from({ length: 20 }, (_, n) => `b${n}: &b${n} [${Array(9).fill(n === 0 ? '*a' : `*b${n - 1}`)}]`).join('\n')}`;

const REFUSED: readonly (readonly [
  what: string,
  format: string,
  files: Readonly<Record<string, string>>,
  line: RegExp,
])[] = [
  [
    'a file of another format',
    'justwatch',
    { 'a.yml': QUERY },
    /^a\.yml: holds no Prometheus SQL Exporter \(justwatch\), but custom queries of Percona's mysqld_exporter: convert percona$/,
  ],
  [
    'a file of no format',
    'percona',
    { 'a.yml': 'a: 1\n' },
    /^a\.yml: holds no custom queries of Percona's mysqld_exporter$/,
  ],
  ['a file that is no YAML', 'percona', { 'a.yml': 'a: [1\nb: ]]\nc: "x' }, /^a\.yml:\d+:\d+: /],
  ['a file of comments', 'percona', { 'a.yml': '# nothing\n' }, /^a\.yml: holds nothing to convert$/],
  [
    'a file that is too large',
    'percona',
    { 'a.yml': `${QUERY}# ${'x'.repeat(1_048_576)}` },
    /^a\.yml: is larger than 1 MiB$/,
  ],
  ['a bomb', 'percona', { 'a.yml': BOMB }, /^a\.yml:\d+:\d+: .*aliases repeat more than 250000 values up to here$/],
  ['a template', 'percona', { 'a.yml': '{{ range .x }}\nq: 1\n' }, /^a\.yml:\d+:\d+: /],
  [
    'files that include each other',
    'albertodonato',
    { 'a.yml': 'databases: !include b.yml\nqueries: {}\n', 'b.yml': 'x: !include a.yml\n' },
    /^b\.yml:1:13: the file includes itself$/,
  ],
];

for (const [what, format, files, line] of REFUSED) {
  test(`${what} is refused with one line`, async () => {
    const { status, stdout, stderr } = await convertText(format, files);
    assert.equal(status, 1);
    assert.equal(stdout, '');
    assert.match(stderr.trimEnd(), line);
    assert.equal(stderr.trimEnd().split('\n').length, 1);
  });
}

test('a format that there is not, and no file, are wrong usage', async () => {
  const problemOf = async (...args: readonly string[]): Promise<string> => {
    const { status, stderr } = await runCommand(['convert', ...args]);
    assert.equal(status, 2);
    return stderr.split('\n')[0] ?? '';
  };
  assert.match(
    await problemOf('mysql', 'a.yml'),
    /"mysql", expected one of go-gywn, albertodonato, burningalchemist, justwatch, percona, postgres-exporter$/,
  );
  assert.match(await problemOf(), /expected a format, one of go-gywn, .*, and files$/);
  assert.match(await problemOf('percona'), /expected files, or "-" for standard input/);
});

test('--interval is the interval of queries that have none', async () => {
  const { stdout } = await convertText('percona', { 'a.yml': QUERY }, '--interval', '60s');
  assert.match(stdout, /^# 1 query has no interval there and runs at every scrape: here every 1m \(--interval\)$/m);
  assert.match(stdout, /^defaults: \{interval: 1m\}$/m);
});

test('quoted texts that begin further left than YAML 1.2 allows are read, with every place where it was', async () => {
  const text = 'q:\n  query: "SELECT 1 AS n,\n2 AS m"\n  odd: 1\n  metrics: [{n: {usage: GAUGE}}]\n';
  const { status, stdout, stderr } = await convertText('percona', { 'a.yml': text });
  assert.equal(status, 1);
  assert.match(stdout, /\n {6}SELECT 1 AS n,\n {6}2 AS m\n/);
  assert.match(stderr, /^a\.yml:4:3: q\.odd: not converted: has no counterpart$/m);
});

test('files that a source in another folder names are written relative to the first', async () => {
  const files = {
    'a.yml': 'databases: {d: {dsn: "mysql://u@h/d"}}\nmetrics: {n: {type: gauge}}\nqueries: !include sub/q.yml\n',
    'sub/q.yml': 'q: {databases: [d], metrics: [n], interval: 5, sql: !file q.sql}\n',
  };
  const { stdout } = await convertText('albertodonato', files);
  assert.match(stdout, /^ {4}sql_file: sub\/q\.sql$/m);
});

const FIXTURES = join(repositoryRoot(), 'test/commands/convert');

const PEERS: readonly (readonly [file: string, format: string])[] = [
  ['go-gywn/databases.yml', 'go-gywn'],
  ['go-gywn/metrics.yml', 'go-gywn'],
  ['albertodonato/config.yml', 'albertodonato'],
  ['burningalchemist/sql_exporter.yml', 'burningalchemist'],
  ['burningalchemist/collectors/stock.collector.yml', 'burningalchemist'],
  ['burningalchemist-target/sql_exporter.yml', 'burningalchemist'],
  ['justwatch/config.yml', 'justwatch'],
  ['percona/low-resolution/queries-mysqld.yml', 'percona'],
];

for (const [file, format] of PEERS) {
  test(`${file} is recognised where a configuration is expected`, () => {
    const path = join(FIXTURES, file);
    assert.ok(peerAdvice([path])?.includes(`: query-exporter convert ${format} ${path} `));
  });
}

test('our own configuration is no peer', () => {
  assert.equal(peerAdvice([join(repositoryRoot(), 'config.yml')]), null);
  for (const [folder] of PEERS.map(([file]) => file.split('/'))) {
    assert.equal(peerAdvice([join(FIXTURES, folder ?? '', 'expected.yml')]), null);
  }
});
