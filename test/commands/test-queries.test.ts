import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ConfigFolder, Program } from '../end-to-end/program.ts';
import { type Mariadb, startMariadb } from '../support/mariadb.ts';
import { runCommand } from './run-command.ts';

describe('the command "test"', () => {
  let server: Mariadb;
  before(async () => {
    server = await startMariadb();
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
  });

  const dsn = () => `test:test123@tcp(127.0.0.1:${server.port})/mysql`;

  it('gives each query its whole time, however many wait for the same server', async () => {
    const query = (_: unknown, index: number) =>
      `  q${index}: {sql: select sleep(0.5) n, timeout: 4s, metrics: {m${index}: {type: gauge, value: n}}}`;
    await using folder = await ConfigFolder.create(
      `dsn: ${dsn()}\nqueries:\n${Array.from({ length: 20 }, query).join('\n')}\n`,
    );
    const { status, stdout, stderr } = await runCommand(['test', '--config', folder.config]);
    assert.equal(status, 0, stderr);
    assert.equal(stdout.match(/^query_exporter_m\d+ 0$/gm)?.length, 20);
  });

  it('stops its statements on the server when a signal ends it', async () => {
    await using folder = await ConfigFolder.create(
      `dsn: ${dsn()}\nqueries:\n  slow: {sql: select sleep(60) n, timeout: 2m, metrics: {m: {type: gauge, value: n}}}\n`,
    );
    await using program = new Program(['test', '--config', folder.config], {});
    const isAsked = async () => (await server.processlist()).some(({ sql }) => sql?.includes('sleep(60)'));
    await program.until('the statement runs', isAsked);
    program.signal('SIGINT');
    await program.ended;
    assert.equal(program.status, 1);
    assert.match(program.stderr, /^stopped +[\d.]+ m?s {2}query "slow" on target "default": stopped\n$/);
    assert.equal(await isAsked(), false);
  });

  it('says that a query does not run where it was asked for', async () => {
    await using folder = await ConfigFolder.create(`
targets: {a: {dsn: "sqlite::memory:"}, b: {dsn: "sqlite::memory:"}, c: {dsn: "sqlite::memory:"}}
queries:
  orders: {sql: select 1 n, targets: [a], metrics: {orders: {type: gauge, value: n}}}
  stock: {sql: select 1 n, targets: [b], metrics: {stock: {type: gauge, value: n}}}
`);
    const elsewhere = await runCommand(['test', 'orders', '--target', 'b', '--config', folder.config]);
    assert.equal(elsewhere.status, 2);
    assert.match(elsewhere.stderr, /the query "orders" does not run on the target "b"/);
    const nowhere = await runCommand(['test', '--target', 'c', '--config', folder.config]);
    assert.equal(nowhere.status, 2);
    assert.match(nowhere.stderr, /no query runs on the target "c"/);
  });

  const EMBEDDED = `
targets: {a: {dsn: "sqlite::memory:", connect_timeout: 1m}}
queries:
  right: {sql: "select 'new' state, 3 n union all select 'old', null", metrics: {right: {type: gauge, labels: [state], value: n}}}
  lossy: {sql: "select 'x' state, 1 n union all select 'y', 'text'", metrics: {lossy: {type: gauge, labels: [state], value: n}}}
  none: {sql: select 1 n where 1 = 0, metrics: {none: {type: gauge, value: n}}}
  elsewhere: {sql: "select 'k' k, 1 n", metrics: {elsewhere: {type: gauge, value: n, where: {k: other}}}}
  wrong: {sql: select missing, metrics: {wrong: {type: gauge, value: n}}}
`;

  it('prints a line as each query ends, with what made no sample, and repeats what failed behind the metrics', async () => {
    await using folder = await ConfigFolder.create(EMBEDDED);
    const { status, stderr } = await runCommand(['test', '--config', folder.config]);
    assert.equal(status, 1);
    // Which of them ends first is open.
    const reports = stderr.replace(/^\w+ +[\d.]+ m?s {2}/gm, '').split(/^(?=query|\(query|1 of)/m);
    assert.deepEqual(reports.slice(0, -1).toSorted(), [
      '(query) query "wrong" on target "a": no such column: missing\n',
      'query "elsewhere" on target "a": 1 row → 0 series\n  "where" lets none of these rows through\n',
      'query "lossy" on target "a": 2 rows → 1 series\n' +
        '  1 rejected (not_a_number) in column "n", the first is "text"; give it a number, as in map: {"text": 1}\n',
      'query "none" on target "a": 0 rows → 0 series\n' +
        '  no row came: the statement finds none, or its user may not see them\n',
      'query "right" on target "a": 2 rows → 1 series\n  NULL in column "n", which makes no sample: 1\n',
    ]);
    assert.equal(reports.at(-1), '1 of 5 failed:\n  (query) query "wrong" on target "a": no such column: missing\n');
  });

  it('fails for rejected samples with --strict alone', async () => {
    await using folder = await ConfigFolder.create(EMBEDDED);
    const args = ['test', 'lossy', 'right', '--config', folder.config];
    const lenient = await runCommand(args);
    assert.equal(lenient.status, 0);
    assert.match(lenient.stderr, /^none of 2 failed\n$(?![\s\S])/m);
    const strict = await runCommand([...args, '--strict']);
    assert.equal(strict.status, 1);
    assert.match(
      strict.stderr,
      /^1 of 2 failed:\n {2}query "lossy" on target "a": 2 rows → 1 series\n {4}1 rejected /m,
    );
    assert.equal((await runCommand(['test', 'right', '--strict', '--config', folder.config])).status, 0);
  });

  it('shows with --explain the statement, the use of each column and the first rows', async () => {
    await using folder = await ConfigFolder.create(EMBEDDED.replace("'k' k, 1 n", "'k' k, 1 n, 2 other"));
    const { stderr } = await runCommand(['test', 'right', 'elsewhere', '--explain', '--config', folder.config]);
    for (const text of [
      `  sql     select 'new' state, 3 n union all select 'old', null
  column  state: label "state"
  column  n: value of query_exporter_right
  row     state="new" n="3"
  row     state="old" n=NULL
`,
      `  column  k: read by "where"
  column  n: value of query_exporter_elsewhere
  column  other: not used
`,
    ])
      assert.ok(stderr.includes(text), stderr);
  });

  it('says what was most likely meant by the name of a query or target', async () => {
    await using folder = await ConfigFolder.create(EMBEDDED);
    const query = await runCommand(['test', 'lsosy', '--config', folder.config]);
    assert.equal(query.status, 2);
    assert.match(query.stderr, /no query is called "lsosy", did you mean "lossy"\?/);
    const target = await runCommand(['test', '--target', 'prod', '--config', folder.config]);
    assert.match(target.stderr, /no target is called "prod", expected one of a\n/);
  });
});
