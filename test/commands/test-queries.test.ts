import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ConfigFolder, Program, runToEnd } from '../end-to-end/program.ts';
import { type Mariadb, startMariadb } from '../support/mariadb.ts';

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
    const { status, stdout, stderr } = await runToEnd(['test', '--config', folder.config]);
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
    assert.equal(program.stderr, 'query "slow" on target "default": stopped\n');
    assert.equal(await isAsked(), false);
  });

  it('says that a query does not run where it was asked for', async () => {
    await using folder = await ConfigFolder.create(`
targets: {a: {dsn: "sqlite::memory:"}, b: {dsn: "sqlite::memory:"}, c: {dsn: "sqlite::memory:"}}
queries:
  orders: {sql: select 1 n, targets: [a], metrics: {orders: {type: gauge, value: n}}}
  stock: {sql: select 1 n, targets: [b], metrics: {stock: {type: gauge, value: n}}}
`);
    const elsewhere = await runToEnd(['test', 'orders', '--target', 'b', '--config', folder.config]);
    assert.equal(elsewhere.status, 2);
    assert.match(elsewhere.stderr, /the query "orders" does not run on the target "b"/);
    const nowhere = await runToEnd(['test', '--target', 'c', '--config', folder.config]);
    assert.equal(nowhere.status, 2);
    assert.match(nowhere.stderr, /no query runs on the target "c"/);
  });
});
