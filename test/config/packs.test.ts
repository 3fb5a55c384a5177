import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LoadedConfig } from '../../src/config/load.ts';
import { contentsOf, listPacks, readPack } from '../../src/config/pack-files.ts';
import { ConfigFolder } from './files.ts';

const TARGETS = `
targets:
  a: {dsn: "u:p@tcp(h)/d", groups: [prod]}
  b: {dsn: "u:p@tcp(i)/d"}
  file: {dsn: "sqlite:/data/x.db", groups: [prod]}
`;

function tasksOf({ plan }: LoadedConfig, query: string): readonly string[] {
  return plan.tasks.filter((task) => task.query.name === query).map(({ target }) => target.name);
}

function queryOf({ plan }: LoadedConfig, name: string) {
  const query = plan.queries.find((one) => one.name === name);
  assert.ok(query, name);
  return query;
}

test('every pack that ships is right, and its queries run on targets of its engine alone', () => {
  using folder = new ConfigFolder();
  const packs = listPacks().map(readPack);
  const targets: Readonly<Record<string, readonly string[]>> = { mysql: ['a', 'b'], postgres: ['pg'] };
  const loaded = folder.load(
    `${TARGETS}  pg: {dsn: "postgres://u:p@127.0.0.1/d"}\npacks: [${packs.map(({ name }) => name).join(', ')}]\n`,
  );
  assert.deepEqual(loaded.warnings, []);
  for (const pack of packs) {
    assert.ok(contentsOf(pack).description, pack.name);
    for (const name of pack.queries.entries.keys()) assert.deepEqual(tasksOf(loaded, name), targets[pack.engine], name);
  }
});

test('a list of packs and a mapping without options mean the same', () => {
  using folder = new ConfigFolder();
  const list = folder.load('dsn: u@tcp(h)/d\npacks: [mysql, mysql-users]\n').plan;
  const mapping = folder.load('dsn: u@tcp(h)/d\npacks: {mysql: {}, mysql-users: {}}\n').plan;
  assert.deepEqual(mapping, list);
});

test('the nearest option wins: at the query, at the pack, in the file of the pack, in defaults', () => {
  using folder = new ConfigFolder();
  const loaded = folder.load(`
dsn: u@tcp(h)/d
defaults: {interval: 7s, timeout: 7s, jitter: 1s, max_rows: 7}
packs:
  mysql-users:
    timeout: 6s
    max_rows: 6
    queries:
      mysql_accounts: {interval: 5s, max_rows: 5}
`);
  const options = (name: string) => {
    const { periodMs, timeoutMs, jitterMs, maxRows } = queryOf(loaded, name);
    return { periodMs, timeoutMs, jitterMs, maxRows };
  };
  assert.deepEqual(options('mysql_accounts'), { periodMs: 5_000, timeoutMs: 6_000, jitterMs: 1_000, maxRows: 5 });
  assert.deepEqual(options('mysql_user_statistics'), {
    ...{ periodMs: 60_000, timeoutMs: 6_000, jitterMs: 1_000, maxRows: 6 },
  });
});

test('a schedule takes the place of the interval in the file of the pack, and an interval that of a schedule', () => {
  using folder = new ConfigFolder();
  const loaded = folder.load(`
dsn: u@tcp(h)/d
packs:
  mysql-users:
    schedule: "0 * * * *"
    timezone: Asia/Seoul
    queries: {mysql_accounts: {interval: 1m}}
`);
  assert.deepEqual(queryOf(loaded, 'mysql_client_statistics').schedule, {
    ...{ kind: 'cron', expression: '0 * * * *', timezone: 'Asia/Seoul' },
  });
  assert.deepEqual(queryOf(loaded, 'mysql_accounts').schedule, { kind: 'interval', everyMs: 60_000 });
});

test('"off" leaves a query out', () => {
  using folder = new ConfigFolder();
  const { plan } = folder.load(
    'dsn: u@tcp(h)/d\npacks: {mysql-users: {queries: {mysql_accounts: off, mysql_client_statistics: off}}}\n',
  );
  assert.deepEqual(
    plan.queries.map(({ name }) => name),
    ['mysql_user_statistics'],
  );
});

test('a pack runs on those of its targets that are of its engine, one of its queries on others', () => {
  using folder = new ConfigFolder();
  const loaded = folder.load(
    `${TARGETS}packs: {mysql-users: {targets: [prod], queries: {mysql_accounts: {targets: [b]}}}}\n`,
  );
  assert.deepEqual(tasksOf(loaded, 'mysql_user_statistics'), ['a']);
  assert.deepEqual(tasksOf(loaded, 'mysql_accounts'), ['b']);
});

test('a query of a pack may have SQL of its own, in a file beside the configuration too', () => {
  using folder = new ConfigFolder();
  folder.write('beat.sql', 'select 1 server_id, 2 stored, 3 now');
  const loaded = folder.load(`
dsn: u@tcp(h)/d
packs:
  mysql-replication: {queries: {mysql_heartbeat: {sql_file: beat.sql, when: {version: mariadb}}}}
`);
  const { sql, when } = queryOf(loaded, 'mysql_heartbeat');
  assert.equal(sql, 'select 1 server_id, 2 stored, 3 now');
  assert.equal(when?.version?.text, 'mariadb');
});

test('options of a pack mean other terms, other SQL means other samples', () => {
  using folder = new ConfigFolder();
  const accounts = (options: string) => {
    const { plan } = folder.load(`dsn: u@tcp(h)/d\npacks: {mysql-users: {queries: {mysql_accounts: {${options}}}}}\n`);
    const task = plan.tasks.find(({ query }) => query.name === 'mysql_accounts');
    assert.ok(task);
    return task;
  };
  const [plain, slower, other] = ['', 'interval: 2h', 'sql: select 1'].map(accounts);
  assert.equal(slower?.samplesFingerprint, plain?.samplesFingerprint);
  assert.notEqual(slower?.termsFingerprint, plain?.termsFingerprint);
  assert.notEqual(other?.samplesFingerprint, plain?.samplesFingerprint);
});

test('packs of several files are put together, and one that two of them name is refused', () => {
  using folder = new ConfigFolder();
  const first = folder.write('1.yml', 'dsn: u@tcp(h)/d\npacks: {mysql: {}}\n');
  const second = folder.write('2.yml', 'packs: {mysql-users: {}}\n');
  const third = folder.write('3.yml', 'packs: {mysql: {}}\n');
  const names = folder.loadPaths([first, second]).plan.queries.map(({ name }) => String(name));
  assert.ok(names.includes('mysql_up') && names.includes('mysql_accounts'));
  assert.deepEqual(folder.problemsOfPaths([first, third]), ['3.yml:1:9: packs.mysql: was given already at 1.yml:2:9']);
});

test('the configuration in force shows the packs as they were written, and no query of theirs', () => {
  using folder = new ConfigFolder();
  const text = 'packs:\n  mysql:\n    interval: 30s\n    queries:\n      mysql_up: off\n';
  const { maskedYaml } = folder.load(`dsn: u@tcp(h)/d\n${text}`);
  assert.equal(maskedYaml, `dsn: <secret>\n${text}`);
});

test('what works but may not be meant is said of the options of the user, not of the file of a pack', () => {
  using folder = new ConfigFolder();
  const { warnings } = folder.load('dsn: u@tcp(h)/d\npacks: {mysql: {}, mysql-users: {max_age: 30m}}\n');
  assert.deepEqual(warnings, [
    `${folder.path}/config.yml:2:43: packs.mysql-users.max_age: is shorter than the period of the query "mysql_accounts": samples leave before new ones come`,
  ]);
});
