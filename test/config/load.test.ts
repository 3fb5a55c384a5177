// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the notation under test
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ConfigError, loadConfig } from '../../src/config/load.ts';
import { ConfigFolder, onlyTask, repositoryRoot, withQuery } from './files.ts';

const SEED = readFileSync(join(repositoryRoot(), 'config.yml'), 'utf8');
const MINIMAL = withQuery('');

test('the configuration in the repository works as it stands', () => {
  using folder = new ConfigFolder();
  const { plan, warnings } = folder.load(SEED);
  assert.deepEqual(warnings, []);
  assert.deepEqual(
    plan.families.map(({ name, type, help, labelNames }) => [name, type, help, labelNames.join()]),
    [
      ['query_exporter_process_count_by_host', 'gauge', 'process count by host', 'host,user'],
      ['query_exporter_process_count_by_user', 'gauge', 'process count by user', 'user'],
    ],
  );
  const [target] = plan.targets;
  assert.equal(target?.name, 'default');
  assert.deepEqual(target?.connection.password, { kind: 'text', text: 'test123' });
});

test('what a query does not say has its default', () => {
  using folder = new ConfigFolder();
  const { plan } = folder.load(MINIMAL);
  assert.deepEqual([plan.maxRunning, plan.maxSeries], [64, 1_000_000]);
  assert.deepEqual(plan.queries, [
    {
      name: 'm',
      description: null,
      sql: 'select 1 v',
      collector: null,
      when: null,
      needs: null,
      schedule: { kind: 'interval', everyMs: 15_000 },
      periodMs: 15_000,
      jitterMs: 0,
      runOnStart: true,
      catchUpMs: 1_500,
      timeoutMs: 10_000,
      onError: 'keep',
      onEmpty: 'clear',
      maxAgeMs: 300_000,
      maxRows: 10_000,
      maxBytes: 16_777_216,
      maxLabelLength: 4_096,
    },
  ]);
});

test('every option of a query arrives in the plan', () => {
  using folder = new ConfigFolder();
  const { query } = onlyTask(
    folder.load(
      withQuery(
        'schedule: "*/5 * * * *", timezone: Asia/Seoul, jitter: 2s, run_on_start: true, catch_up: 10m, timeout: 1.5, ' +
          'collector: shop, on_error: drop, on_empty: fail, max_age: off, max_rows: 5, max_bytes: 1.5KiB, max_label_length: 9, ' +
          'when: {version: ">=8", sql: select 1}, needs: GRANT PROCESS ON *.* TO monitor, once_per: server',
      ),
    ),
  );
  assert.deepEqual(query, {
    name: 'm',
    description: null,
    sql: 'select 1 v',
    collector: 'shop',
    when: {
      role: null,
      version: { text: '>=8', spans: [{ product: null, from: [8], before: null }] },
      sql: 'select 1',
    },
    needs: 'GRANT PROCESS ON *.* TO monitor',
    schedule: { kind: 'cron', expression: '*/5 * * * *', timezone: 'Asia/Seoul' },
    periodMs: 300_000,
    jitterMs: 2_000,
    runOnStart: true,
    catchUpMs: 600_000,
    timeoutMs: 1_500,
    onError: 'drop',
    onEmpty: 'fail',
    maxAgeMs: null,
    maxRows: 5,
    maxBytes: 1_536,
    maxLabelLength: 9,
  });
});

test('a cron schedule has defaults of its own', () => {
  using folder = new ConfigFolder();
  const { query } = onlyTask(folder.load(withQuery('schedule: "0 * * * *"')));
  assert.equal(query.runOnStart, false);
  assert.equal(query.catchUpMs, 360_000);
  assert.equal(query.maxAgeMs, 10_800_000);
});

test('a made-up run of a rare schedule comes at most an hour late by default', () => {
  using folder = new ConfigFolder();
  const { query } = onlyTask(folder.load(withQuery('schedule: "0 0 1 * *"')));
  assert.equal(query.catchUpMs, 3_600_000);
});

test('an interval is a duration or a number of seconds', () => {
  using folder = new ConfigFolder();
  const everyMs = (interval: string) => onlyTask(folder.load(withQuery(`interval: ${interval}`))).query.periodMs;
  assert.deepEqual(['30', '1.5', '30s', '1m30s'].map(everyMs), [30_000, 1_500, 30_000, 90_000]);
});

test('a schedule may be a word of crontab', () => {
  using folder = new ConfigFolder();
  const { query } = onlyTask(folder.load(withQuery('schedule: "@daily", timezone: UTC')));
  assert.deepEqual(query.schedule, { kind: 'cron', expression: '@daily', timezone: 'UTC' });
  assert.equal(query.periodMs, 86_400_000);
});

test('a schedule of its own replaces the default interval of a query, and the other way round', () => {
  using folder = new ConfigFolder();
  const cron = onlyTask(folder.load(`defaults: {interval: 1h}\n${withQuery('schedule: "0 * * * *"')}`));
  assert.equal(cron.query.schedule.kind, 'cron');
  const interval = onlyTask(
    folder.load(`defaults: {schedule: "0 * * * *", timezone: UTC}\n${withQuery('interval: 1h')}`),
  );
  assert.deepEqual(interval.query.schedule, { kind: 'interval', everyMs: 3_600_000 });
});

test('intervals of more than 24 days work', () => {
  using folder = new ConfigFolder();
  const { query } = onlyTask(folder.load(withQuery('interval: 25d')));
  assert.deepEqual([query.periodMs, query.maxAgeMs], [25 * 86_400_000, 75 * 86_400_000]);
});

test('both forms may stand in one file', () => {
  using folder = new ConfigFolder();
  const { plan } = folder.load(`${MINIMAL}queries:\n  q: {sql: x, metrics: {n: {type: COUNTER, value: v}}}\n`);
  assert.deepEqual(
    plan.tasks.map(({ query, metrics }) => [query.name, metrics[0]?.family, metrics[0]?.type]),
    [
      ['q', 'query_exporter_n', 'counter'],
      ['m', 'query_exporter_m', 'gauge'],
    ],
  );
});

test('a byte order mark and CRLF change nothing', () => {
  using folder = new ConfigFolder();
  const plain = folder.load(SEED).plan;
  assert.deepEqual(folder.load(`\uFEFF${SEED.replaceAll('\n', '\r\n')}`).plan, plain);
});

test('SQL may stand in a file beside the configuration', () => {
  using folder = new ConfigFolder();
  folder.write('sql/orders.sql', 'select 1 v -- orders\n');
  const task = onlyTask(folder.load('dsn: u@tcp(h)/\nmetrics: {m: {sql_file: sql/orders.sql, type: gauge, value: v}}'));
  assert.equal(task.query.sql, 'select 1 v -- orders\n');
});

test('several files and folders are united, in alphabetical order', () => {
  using folder = new ConfigFolder();
  const main = folder.write('main.yml', 'dsn: u@tcp(h)/\ndefaults: {timeout: 3s}\n');
  folder.write('conf.d/20.yml', 'metrics: {b: {query: x, type: gauge, value: v}}');
  folder.write('conf.d/10.yml', 'metrics: {a: {query: x, type: gauge, value: v}}\ndefaults: {interval: 1m}');
  folder.write('conf.d/.hidden.yml', 'nonsense');
  folder.write('conf.d/notes.txt', 'nonsense');
  const { plan } = folder.loadPaths([main, join(folder.path, 'conf.d')]);
  assert.deepEqual(
    plan.queries.map(({ name, timeoutMs, periodMs }) => [name, timeoutMs, periodMs]),
    [
      ['a', 3_000, 60_000],
      ['b', 3_000, 60_000],
    ],
  );
});

test('a key that two files give is refused at the second, naming the first', () => {
  using folder = new ConfigFolder();
  const a = folder.write('a.yml', `${MINIMAL}max_running: 5\n`);
  const b = folder.write('b.yml', 'max_running: 6\nmetrics:\n  m: {query: x, type: gauge, value: v}\n');
  assert.deepEqual(folder.problemsOfPaths([a, b]), [
    'b.yml:1:1: max_running: was given already at a.yml:4:1',
    'b.yml:3:3: metrics.m: was given already at a.yml:3:3',
  ]);
});

test('problems of several files are said together, in the order of the files', () => {
  using folder = new ConfigFolder();
  const paths = ['b.yml', 'a.yml'].map((name) => folder.write(name, `x: 1\n${name === 'a.yml' ? MINIMAL : ''}`));
  assert.deepEqual(folder.problemsOfPaths(paths), [
    'b.yml:1:1: x: unknown key',
    'a.yml:1:1: x: was given already at b.yml:1:1',
  ]);
});

test('a path that cannot be read is one line with path and reason', () => {
  using folder = new ConfigFolder();
  mkdirSync(join(folder.path, 'empty'));
  mkdirSync(join(folder.path, 'folder.yml/inner.yml'), { recursive: true });
  const paths = ['missing.yml', 'empty', 'folder.yml'].map((name) => join(folder.path, name));
  assert.deepEqual(folder.problemsOfPaths(paths), [
    'missing.yml: cannot be read: no such file (ENOENT)',
    'empty: is a folder without any *.yml',
    'folder.yml/inner.yml: is a directory (EISDIR)',
  ]);
});

test('a file over 1 MiB and a file that is not UTF-8 are refused before they are parsed', () => {
  using folder = new ConfigFolder();
  assert.deepEqual(folder.problemsOf(`# ${'x'.repeat(10_000_000)}`), ['config.yml: is larger than 1 MiB']);
  const latin1 = Buffer.from('dsn: x\nmetrics: {m\xe4: 1}\n', 'latin1');
  assert.deepEqual(folder.problemsOf(latin1), ['config.yml:2:12: is not UTF-8 text']);
});

test('without any file there is one problem', () => {
  assert.throws(() => loadConfig({ paths: [], env: {} }, { revision: 1, nowMs: 0 }), ConfigError);
});

test('a configuration with a password that every user can read draws a warning that names it', () => {
  using folder = new ConfigFolder();
  const content =
    'targets:\n  t: {host: h, user: u, password: hunter2}\nmetrics: {m: {query: x, type: gauge, value: v}}\n';
  assert.deepEqual(folder.load(content).warnings, []);
  const path = folder.write('config.yml', content, 0o644);
  const expected = `${path}: every user can read "${path}", which holds a secret: chmod o-r helps`;
  assert.deepEqual(folder.loadPaths([path]).warnings, [expected]);
});

test('a configuration that only refers to passwords may be read by every user', () => {
  using folder = new ConfigFolder();
  folder.write('pw', 'hunter2\n');
  const content = [
    'targets:',
    '  a: {host: h, user: u, password_file: pw}',
    '  b: {host: h, user: u, password: "${PW}"}',
    '  c: {dsn: "u:${PW}@tcp(h:3306)/d"}',
    '  d: {dsn: "${DSN}"}',
    'metrics: {m: {query: x, type: gauge, value: v}}',
  ].join('\n');
  const path = folder.write('config.yml', content, 0o644);
  const env = { PW: 'hunter2', DSN: 'u:hunter2@tcp(h)/d' };
  assert.deepEqual(folder.loadPaths([path], { env }).warnings, []);
  const withDefault = folder.write('config.yml', content.replace('"u:${PW}@', '"u:${PW:-hunter2}@'), 0o644);
  assert.equal(folder.loadPaths([withDefault], { env: { ...env, PW: '' } }).warnings.length, 1);
});

test('a password file that every user can read draws a warning', () => {
  using folder = new ConfigFolder();
  const pw = folder.write('pw', 'hunter2\n', 0o644);
  const content = [
    'targets:',
    '  a: {host: h, user: u, password_file: pw}',
    '  b: {host: h, user: u, password: "${file:pw}"}',
    'metrics: {m: {query: x, type: gauge, value: v}}',
  ].join('\n');
  const about = `every user can read "${pw}", which holds a secret: chmod o-r helps`;
  const expected = [`:2:40: targets.a.password_file: ${about}`, `:3:35: targets.b.password: ${about}`];
  const { warnings } = folder.load(content);
  assert.deepEqual(
    warnings.map((line) => line.slice(join(folder.path, 'config.yml').length)),
    expected,
  );
  chmodSync(pw, 0o640);
  assert.deepEqual(folder.load(content).warnings, []);
});

test('what works but is hardly meant draws a warning', () => {
  using folder = new ConfigFolder();
  const { warnings } = folder.load(
    'dsn: u@tcp(h)/\nmetrics:\n  orders: {query: x, type: counter, value: v, interval: 1h, max_age: 5m}\n',
  );
  assert.deepEqual(
    warnings.map((line) => line.slice(line.indexOf(':3:'))),
    [
      ':3:3: metrics.orders: the name of a counter should end in "_total"',
      ':3:70: metrics.orders.max_age: is shorter than the period of the query "orders": samples leave before new ones come',
    ],
  );
});

test('labels that Prometheus sets, a prefix that comes twice and a timeout beyond the period draw warnings', () => {
  using folder = new ConfigFolder();
  const { warnings } = folder.load(
    'dsn: u@tcp(h)/\nmetrics:\n  query_exporter_orders: {query: x, type: gauge, value: v, labels: [job], interval: 1m, timeout: 2m}\n',
  );
  const metric = 'metrics.query_exporter_orders';
  assert.deepEqual(
    warnings.map((line) => line.slice(line.indexOf(metric))),
    [
      `${metric}: has the prefix twice: it will be called query_exporter_query_exporter_orders`,
      `${metric}.labels[0]: "job" is a label that Prometheus sets itself: unless it is told honor_labels, it renames this one to exported_job`,
      `${metric}.timeout: is longer than the period of the query "query_exporter_orders": runs that are due meanwhile are skipped`,
    ],
  );
});

test('the configuration in force is shown with its aliases written out and its secrets masked', () => {
  using folder = new ConfigFolder();
  const { maskedYaml } = folder.load(
    [
      'defaults: &base {timeout: 5s}',
      'targets:',
      '  a: {host: "${HOST}", user: u, password: hunter2, labels: {password: shown}}',
      '  b: {dsn: "u:hunter2@tcp(h)/d"}',
      'queries:',
      '  q: {<<: *base, sql: select 1, metrics: {m: {type: gauge, value: v}}}',
    ].join('\n'),
    { env: { HOST: 'db.internal' } },
  );
  assert.equal(
    maskedYaml,
    [
      'defaults:',
      '  timeout: 5s',
      'targets:',
      '  a:',
      '    host: ${HOST}',
      '    user: u',
      '    password: <secret>',
      '    labels:',
      '      password: shown',
      '  b:',
      '    dsn: <secret>',
      'queries:',
      '  q:',
      '    sql: select 1',
      '    metrics:',
      '      m:',
      '        type: gauge',
      '        value: v',
      '    timeout: 5s',
      '',
    ].join('\n'),
  );
});

test('no single slip of the finger brings a password into a message', () => {
  using folder = new ConfigFolder();
  const content = [
    'targets:',
    '  a: {host: h, user: u, password: hunter2}',
    '  b:',
    '    host: h',
    '    password: hunter2',
    '    user: u',
    "  c: {dsn: 'u:hunter2@tcp(h)/d?timeout=5s'}",
    'metrics: {m: {query: x, type: gauge, value: v}}',
    '',
  ].join('\n');
  const secrets = [...content.matchAll(/hunter2/g)].map(({ index }) => index);
  for (let at = 0; at < content.length; at++) {
    if (secrets.some((start) => at > start && at < start + 'hunter2'.length)) continue;
    // Within a word a slip does what it does after the first letter.
    if (/\w\w$/.test(content.slice(0, at)) && /^\w/.test(content.slice(at))) continue;
    const slips = [...' \n\t:,#*&!%@"\'{}[]|>?-$x'].map(
      (typed) => `${content.slice(0, at)}${typed}${content.slice(at)}`,
    );
    if (!secrets.includes(at)) slips.push(content.slice(0, at) + content.slice(at + 1));
    for (const slip of slips) {
      const said = folder.problemsOf(slip).join('\n');
      assert.ok(!said.includes('hunter2'), `${said}\n\n${slip}`);
    }
  }
});
