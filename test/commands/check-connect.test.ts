import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ConfigFolder } from '../end-to-end/program.ts';
import { type Mariadb, startMariadb } from '../support/mariadb.ts';
import { startPostgres } from '../support/postgres.ts';
import { runCommand } from './run-command.ts';

describe('the command "check --connect"', () => {
  let server: Mariadb;
  before(async () => {
    server = await startMariadb();
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
  });

  const METRICS = (name: string) => `metrics: {${name}: {type: gauge, value: n}}`;

  it('says what each target is and which queries apply there', async () => {
    await using folder = await ConfigFolder.create(`
targets:
  a: {host: 127.0.0.1, port: ${server.port}, user: test, password: test123}
  b: {dsn: "sqlite::memory:", connect_timeout: 1m}
queries:
  new: {sql: select 1 n, targets: [a], when: {version: "mariadb >=10"}, ${METRICS('m1')}}
  other: {sql: select 1 n, targets: [a], when: {version: "mysql >=5"}, ${METRICS('m1')}}
  writer: {sql: select 1 n, targets: [a], when: {sql: select not @@global.read_only}, needs: GRANT PROCESS, ${METRICS('m2')}}
  reader: {sql: select 1 n, targets: [a], when: {sql: select @@global.read_only}, ${METRICS('m3')}}
  plain: {sql: select 1 n, ${METRICS('m4')}}
`);
    const { status, stdout, stderr } = await runCommand(['check', '--connect', '--config', folder.config]);
    assert.equal(status, 0, stderr);
    assert.match(
      stdout,
      /^writer on a\n {2}metrics {3}query_exporter_m2\n {2}when {6}.*\n {2}needs {5}GRANT PROCESS$/m,
    );
    const found = stdout.slice(stdout.indexOf(`a (127.0.0.1:${server.port})`));
    const [, version] = /version {3}(MariaDB [\d.]+)/.exec(found) ?? [];
    assert.deepEqual(found.trimEnd().split('\n'), [
      `a (127.0.0.1:${server.port})`,
      `  version   ${version}`,
      '  when      new: applies',
      `  when      other: not applicable, version is ${version}, not mysql >=5`,
      '  when      writer: applies',
      '  when      reader: not applicable, sql of its when does not hold',
      // Of new, writer and plain, each 10 of 15 seconds; the two others are not run there.
      '  load      2.00 of 2 connections at worst: each query of the server takes its whole timeout',
      '',
      'b (:memory:)',
      '  load      0.67 of 2 connections at worst: each query of the server takes its whole timeout',
    ]);
  });

  it('says the role of a PostgreSQL and what its user may do, and warns of a superuser', async () => {
    await using postgres = await startPostgres({ hba: ['host all postgres 127.0.0.1/32 trust'] });
    const target = (user: string) => `{dsn: "postgres://${user}@127.0.0.1:${postgres.port}/postgres"}`;
    await using folder = await ConfigFolder.create(`
targets: {reader: ${target('test:test123')}, root: ${target('postgres')}}
queries:
  senders: {sql: select 1 n, targets: [reader], when: {role: primary}, ${METRICS('m1')}}
  receiver: {sql: select 1 n, targets: [reader], when: {role: replica}, ${METRICS('m1')}}
  plain: {sql: select 1 n, targets: [root], ${METRICS('m2')}}
`);
    const { status, stdout, stderr } = await runCommand(['check', '--connect', '--config', folder.config]);
    assert.equal(status, 0, stderr);
    const found = stdout.slice(stdout.indexOf(`reader (127.0.0.1:${postgres.port})`));
    const [, version] = /version {3}(PostgreSQL [\d.]+)/.exec(found) ?? [];
    assert.deepEqual(found.trimEnd().split('\n'), [
      `reader (127.0.0.1:${postgres.port})`,
      `  version   ${version}`,
      '  role      primary',
      '  superuser no',
      '  when      senders: applies',
      '  when      receiver: not applicable, role is primary, not replica',
      '  load      1.33 of 2 connections at worst: each query of the server takes its whole timeout',
      '',
      `root (127.0.0.1:${postgres.port})`,
      `  version   ${version}`,
      '  role      primary',
      '  superuser yes',
      '  load      1.33 of 2 connections at worst: each query of the server takes its whole timeout',
    ]);
    assert.match(stderr, /^warning: target "root": its user is a superuser, .*\n$/);
  });

  it('says each problem in a line and fails', async () => {
    await using folder = await ConfigFolder.create(`
targets:
  a: {host: 127.0.0.1, port: ${server.port}, user: test, password: test123}
  wrong: {host: 127.0.0.1, port: ${server.port}, user: test, password: hunter2}
  gone: {socket: /nonexistent/mysqld.sock, user: test}
queries:
  q: {sql: select 1 n, targets: [a], when: {sql: select 1 from mysql.nothing}, ${METRICS('m')}}
`);
    const { status, stdout, stderr } = await runCommand(['check', '--connect', '--config', folder.config]);
    assert.equal(status, 1);
    const lines = stderr.trimEnd().split('\n');
    assert.equal(lines.length, 3, stderr);
    assert.match(
      lines[0] ?? '',
      /^target "a": query "q": in when: Table 'mysql.nothing' doesn't exist \(1146\) \(query\)/,
    );
    assert.match(lines[1] ?? '', /^target "wrong": Access denied .* \(auth\)$/);
    assert.match(lines[2] ?? '', /^target "gone": .*nonexistent.* \(connect\)$/);
    assert.match(stdout, /^a \(127/m);
    assert.ok(!`${stdout}${stderr}`.includes('hunter2'));
  });

  it('warns where timeouts could keep more connections of a server busy than it has', async () => {
    await using folder = await ConfigFolder.create(`
targets:
  a: {host: 127.0.0.1, port: ${server.port}, user: test, password: test123, max_connections: 1}
  b: {host: 127.0.0.1, port: ${server.port}, user: test, password: test123, max_connections: 2}
  c: {dsn: "sqlite::memory:", connect_timeout: 1m}
queries:
  often: {sql: select 1 n, targets: [a, b], interval: 5s, timeout: 10s, ${METRICS('m1')}}
  full: {sql: select 1 n, targets: [c], interval: 10s, timeout: 20s, ${METRICS('m2')}}
  rare: {sql: select 1 n, targets: [b], interval: 100s, timeout: 10s, ${METRICS('m3')}}
`);
    const { status, stdout, stderr } = await runCommand(['check', '--connect', '--config', folder.config]);
    assert.equal(status, 0, stderr);
    // A query is under way once at a time on a target, however long it may take.
    assert.deepEqual(stdout.match(/(?<=^ {2}load {6})[\d.]+ of \d/gm), ['2.10 of 2', '2.10 of 2', '1.00 of 2']);
    assert.equal(
      stderr.split('\n').find((line) => line.startsWith('warning: 127.0.0.1:')),
      `warning: 127.0.0.1:${server.port}: queries that all take their whole timeout need more connections than max_connections ` +
        'gives, and wait for each other; lower timeouts, raise intervals or max_connections',
    );
  });

  it('connects to nothing where nobody asks for that', async () => {
    await using folder = await ConfigFolder.create(
      `dsn: test@unix(/nonexistent/mysqld.sock)/d\nqueries:\n  q: {sql: select 1 n, ${METRICS('m')}}\n`,
    );
    assert.equal((await runCommand(['check', '--config', folder.config])).status, 0);
    assert.equal((await runCommand(['serve', '--connect', '--config', folder.config])).status, 2);
  });
});
