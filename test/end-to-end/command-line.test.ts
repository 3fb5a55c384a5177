import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { describe, it } from 'node:test';
import { runCommand } from '../commands/run-command.ts';
import { ConfigFolder, MAIN, runToEnd, startProgram } from './program.ts';

const NO_DATABASE = `
dsn: test:secret-word@tcp(127.0.0.1:1)/shop
metrics:
  orders: {query: select 1 n, type: gauge, value: n}
`;

describe('the command line', () => {
  it('refuses a wrong configuration with every problem and its place, before anything listens', async () => {
    await using folder = await ConfigFolder.create(`
dsn: test:secret-word@tcp(127.0.0.1:1)/shop?timeout=5
querys: {}
metrics:
  orders: {query: select 1 n, type: gage, value: n, interval: soon}
`);
    const { status, stdout, stderr } = await runToEnd(['--config', folder.config, '--bind', '127.0.0.1:0']);
    assert.equal(status, 1);
    assert.equal(stdout, '');
    const lines = stderr.trimEnd().split('\n');
    assert.deepEqual(
      lines.map((line) => /config\.yml:(\d+):\d+: ([\w.]+):/.exec(line)?.slice(1)),
      [
        ['2', 'dsn'],
        ['3', 'querys'],
        ['5', 'metrics.orders.type'],
        ['5', 'metrics.orders.interval'],
      ],
    );
    assert.doesNotMatch(stderr, /secret-word|listening| {4}at /);
  });

  it('says in one line that a file is missing, and that an option is', async () => {
    const missing = await runToEnd(['check', '--config', '/nonexistent/config.yml']);
    assert.equal(missing.status, 1);
    assert.match(missing.stderr, /^\/nonexistent\/config\.yml: .*\n$/);
    const wrong = await runToEnd(['--bnd', ':1']);
    assert.equal(wrong.status, 2);
    assert.equal(
      wrong.stderr,
      'query-exporter: unknown option "--bnd", did you mean "--bind"?\nTry \'query-exporter help\'.\n',
    );
  });

  it('tells whoever has no configuration yet how to begin', async () => {
    await using folder = await ConfigFolder.create('');
    await rm(folder.config);
    const { status, stderr } = spawnSync(process.execPath, [MAIN, 'check'], { cwd: folder.path, encoding: 'utf8' });
    assert.equal(status, 1);
    assert.match(stderr, /^config\.yml: there is none in \/.*: write one .*query-exporter demo/);
  });

  it('works in UTC and says so where TZ names no time zone', async () => {
    await using folder = await ConfigFolder.create(
      `${NO_DATABASE.replace('value: n', 'value: n, schedule: "@daily"')}`,
    );
    for (const TZ of ['', 'Mars/Olympus']) {
      const { status, stdout, stderr } = await runToEnd(['check', '--config', folder.config], { TZ });
      assert.equal(status, 0);
      assert.match(stderr, /^warning: the environment variable TZ.*: UTC is used$/m);
      assert.match(stdout, /cron "@daily", at most 1d apart, zone UTC\n/);
    }
    await using program = await startProgram(folder, [], { TZ: 'Mars/Olympus' });
    await program.until('it warns', () => /time zone of the host.*UTC is used/.test(program.stdout + program.stderr));
  });

  it('names the port that is in use', async () => {
    await using folder = await ConfigFolder.create(NO_DATABASE);
    const owner = createServer().listen(0, '127.0.0.1');
    await once(owner, 'listening');
    const { port } = owner.address() as { port: number };
    const { status, stderr } = await runToEnd(['--config', folder.config, '--bind', `127.0.0.1:${port}`]);
    owner.close();
    assert.equal(status, 1);
    const [last, ...before] = stderr.trimEnd().split('\n').reverse();
    assert.equal(last, `query-exporter: cannot listen on 127.0.0.1:${port}: the port is in use (EADDRINUSE)`);
    assert.deepEqual(
      before.filter((line) => /listening/.test(line)),
      [],
    );
  });

  it('prints the plan, and advice about names', async () => {
    await using folder = await ConfigFolder.create(`
targets: {shop01: {dsn: "mysql://u@127.0.0.1/shop"}}
queries:
  nightly:
    sql: select 1 n
    schedule: 30 2 * * *
    timezone: Asia/Seoul
    metrics: {runs: {type: counter, value: n}}
`);
    const { status, stdout, stderr } = await runCommand(['check', '--config', folder.config]);
    assert.equal(status, 0);
    assert.match(stdout, /^nightly on shop01$/m);
    assert.match(stdout, /cron "30 2 \* \* \*", at most 1d apart, zone Asia\/Seoul/);
    assert.equal(stdout.match(/\d{4}-\d\d-\d\d 02:30:00/g)?.length, 3);
    assert.match(stderr, /queries\.nightly\.metrics\.runs: the name of a counter should end in "_total"/);
  });

  it('prints a block for each query with its targets, and with --verbose one for each target', async () => {
    const target = (name: string) => `  ${name}: {dsn: "mysql://u@127.0.0.1/shop"}`;
    await using folder = await ConfigFolder.create(`
targets:
${['prod01', 'prod02', 'dev01'].map(target).join('\n')}
queries:
  sessions: {sql: select 1 n, metrics: {sessions: {type: gauge, value: n}}}
  orders: {sql: select 1 n, targets: [dev01], interval: 30, metrics: {orders: {type: gauge, value: n}}}
`);
    const block = (title: string, metric: string, interval: string) => [
      '',
      title,
      `  metrics   query_exporter_${metric}`,
      `  schedule  every ${interval}, at start too`,
      '  timeout   10s, samples leave after 5m',
    ];
    const { stdout } = await runCommand(['check', '--config', folder.config]);
    assert.deepEqual(stdout.trimEnd().split('\n'), [
      'The configuration is right: 2 queries on 3 targets, that is 4 tasks (a query on a target) for 2 metrics.',
      ...block('sessions on prod01, prod02, dev01', 'sessions', '15s'),
      ...block('orders on dev01', 'orders', '30s'),
    ]);
    const verbose = await runCommand(['check', '--verbose', '--config', folder.config]);
    assert.deepEqual(verbose.stdout.match(/^\w+ on .*$/gm), [
      'sessions on prod01',
      'sessions on prod02',
      'sessions on dev01',
      'orders on dev01',
    ]);
    assert.equal(verbose.stdout.match(/^ {2}next {6}\d{4}-\d\d-\d\d [\d:]+, /gm)?.length, 4);
  });

  it('prints a schema, a version and help', async () => {
    const schema = await runCommand(['schema']);
    assert.equal(JSON.parse(schema.stdout).type, 'object');
    assert.match((await runToEnd(['--version'])).stdout, /^query-exporter \d+\.\d+\.\d+ \(revision/);
    assert.equal((await runCommand(['-v'])).stdout, (await runCommand(['--version'])).stdout);
    const help = await runCommand(['help']);
    assert.match(help.stdout, /--web\.listen-address/);
    assert.equal((await runCommand(['-h'])).stdout, help.stdout);
    const ofTest = await runCommand(['help', 'test']);
    assert.match(ofTest.stdout, /^Example:\n {2}query-exporter test orders --target prod01$/m);
    assert.equal((await runCommand(['test', '--help'])).stdout, ofTest.stdout);
    assert.equal((await runCommand(['help', 'tset'])).status, 2);
  });

  it('runs queries once, and fails where one of them did', async () => {
    await using folder = await ConfigFolder.create(`
targets: {embedded: {dsn: "sqlite::memory:", connect_timeout: 1m}}
queries:
  right: {sql: "select 'a' state, 3 n", metrics: {right: {type: gauge, labels: [state], value: n}}}
  wrong: {sql: select missing, metrics: {wrong: {type: gauge, value: n}}}
`);
    const one = await runCommand(['test', 'right', '--config', folder.config]);
    assert.equal(one.status, 0);
    assert.match(one.stdout, /^query_exporter_right\{state="a",target="embedded"\} 3$/m);
    const both = await runCommand(['test', '--config', folder.config]);
    assert.equal(both.status, 1);
    assert.match(both.stdout, /^query_exporter_right/m);
    assert.match(both.stderr, /^failed +[\d.]+ m?s {2}\(query\) query "wrong" on target "embedded": /m);
    assert.equal((await runCommand(['test', 'none', '--config', folder.config])).status, 2);
  });

  it('runs the demo once', async () => {
    const { status, stdout } = await runToEnd(['demo', '--once']);
    assert.equal(status, 0);
    assert.match(stdout, /^shop_orders\{state="new",target="shop"\} \d+$/m);
    assert.match(stdout, /^shop_order_pairs_within_5_minutes\{/m);
  });

  it('says what to install where the demo of a fleet finds no store', async () => {
    const { status, stderr } = await runToEnd(['demo', '--fleet'], { PATH: '/nowhere' });
    assert.equal(status, 1);
    assert.match(stderr, /^[^\n]*redis-server or valkey-server on the PATH: apt install redis-server\n$/);
  });
});
