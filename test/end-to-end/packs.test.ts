import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { listPacks, readPack } from '../../src/config/pack-files.ts';
import { runCommand } from '../commands/run-command.ts';
import { type Mariadb, startMariadb } from '../support/mariadb.ts';
import { type Postgres, startPostgres } from '../support/postgres.ts';
import { ConfigFolder, type Program, startProgram } from './program.ts';

describe('the packs on a MariaDB', () => {
  let mariadb: Mariadb;
  before(async () => {
    mariadb = await startMariadb();
  });
  after(() => mariadb[Symbol.asyncDispose]());

  const target = (): string => `targets: {db: {host: 127.0.0.1, port: ${mariadb.port}, user: test, password: test123}}`;

  it('give series under the names of mysqld_exporter, and what the server lacks is not applicable', async () => {
    const names = listPacks().filter((name) => readPack(name).engine === 'mysql');
    await using folder = await ConfigFolder.create(`${target()}\npacks: ${patiently(names)}\n`);
    await using program = await startProgram(folder);
    await program.untilReady();
    await expectNoProblem(program);
    const notApplicable = await program.samples('query_exporter_query_not_applicable');
    // It is no MySQL, has no performance schema, and no statistics of users.
    for (const query of ['mysql_replica_status', 'mysql_digests', 'mysql_user_statistics']) {
      assert.equal(notApplicable[`{query="${query}",target="db"}`], 1, query);
    }
    await program.untilSample('mysql_up{target="db"}', 1);
    await program.untilSample('mysql_global_variables_port{target="db"}', mariadb.port);
    const [uptime] = Object.values(await program.samples('mysql_global_status_uptime'));
    assert.ok(uptime !== undefined && uptime >= 0);
  });

  it('say what their user lacks', async () => {
    await mariadb.query(`CREATE USER plain@'%' IDENTIFIED BY 'plain123'`);
    await using folder = await ConfigFolder.create(
      `dsn: plain:plain123@tcp(127.0.0.1:${mariadb.port})/\npacks: [mysql]\n`,
    );
    const { status, stderr } = await runCommand(['test', 'mysql_slave_status_mariadb', '--config', folder.config]);
    assert.equal(status, 1);
    assert.match(stderr, /; it needs: GRANT SLAVE MONITOR ON/);
  });

  it('say which names a server has that they do not list', async () => {
    const query = `sql: "SELECT 'queries' AS counter, NULL AS gauge, '' AS family, NULL AS item, 1 AS value
        UNION SELECT 'brand_new', NULL, '', NULL, 1 UNION SELECT NULL, 'a_text', '', NULL, NULL"`;
    await using folder = await ConfigFolder.create(
      `${target()}\npacks: {mysql: {queries: {mysql_global_status: {${query}}}}}\n`,
    );
    const missing = (...args: string[]) => runCommand(['packs', ...args, '--config', folder.config]);
    const { status, stdout, stderr } = await missing('mysql', '--missing', 'db');
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^mysql_global_status: 1 missing\n {2}brand_new\nmysql_global_variables: \d+ missing\n/);

    const elsewhere = await missing('mysql-users', '--missing', 'db');
    assert.deepEqual([elsewhere.status, elsewhere.stdout], [2, '']);
    assert.match(elsewhere.stderr, /the pack "mysql-users" lists no names/);
    assert.match((await missing('mysql', '--missing', 'dbb')).stderr, /no target is called "dbb"/);
  });

  // The last one: it ends the server.
  it('say that the server is down', async () => {
    await using folder = await ConfigFolder.create(`${target()}\npacks: {mysql: {interval: 500ms}}\n`);
    await using program = await startProgram(folder);
    await program.untilSample('mysql_up{target="db"}', 1);
    const uptime = (): Promise<object> => program.samples('mysql_global_status_uptime');
    await program.until('the status has come', async () => Object.keys(await uptime()).length > 0);
    await mariadb.stop();
    await program.untilSample('mysql_up{target="db"}', 0);
    assert.notDeepEqual(await uptime(), {});

    await mariadb.restart();
    await program.untilSample('mysql_up{target="db"}', 1);
  });
});

describe('the packs on a PostgreSQL', () => {
  let postgres: Postgres;
  before(async () => {
    postgres = await startPostgres({ databases: ['shop'] });
    await postgres.query('GRANT pg_monitor TO test');
    await postgres.queryIn('shop', 'CREATE TABLE fruit (id int PRIMARY KEY)');
  });
  after(() => postgres[Symbol.asyncDispose]());

  const config = (packs: string): string => `
targets:
  pg:
    dsn: postgres://test:test123@127.0.0.1:${postgres.port}
    databases: [postgres, shop]
    database_label: ""
packs: ${packs}
`;

  it('ask the server once and each of its databases for its tables', async () => {
    await using folder = await ConfigFolder.create(
      config(patiently(['postgres', 'postgres-tables', 'postgres-statements'])),
    );
    await using program = await startProgram(folder);
    await program.untilReady();
    await expectNoProblem(program);
    assert.deepEqual(Object.values(await program.samples('pg_up')), [1]);
    const ofTables = Object.keys(await program.samples('pg_stat_user_tables_n_live_tup'));
    assert.ok(ofTables.some((labels) => labels.includes('datname="shop"') && labels.includes('relname="fruit"')));
  });

  it('say which settings a server has that they do not list', async () => {
    await using folder = await ConfigFolder.create(config('[postgres]'));
    const args = ['packs', 'postgres', '--missing', 'pg:postgres', '--config', folder.config];
    const { status, stdout, stderr } = await runCommand(args);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^postgres_settings: \d+ missing\n/);
  });

  // The last one: it ends the server.
  it('say that the server is down', async () => {
    await using folder = await ConfigFolder.create(config('{postgres: {interval: 500ms}}'));
    await using program = await startProgram(folder);
    const up = async (): Promise<readonly number[]> => Object.values(await program.samples('pg_up'));
    await program.until('pg_up is 1', async () => (await up()).join() === '1');
    const version = (): Promise<object> => program.samples('pg_static');
    await program.until('the version has come', async () => Object.keys(await version()).length > 0);
    await postgres.stop();
    await program.until('pg_up is 0', async () => (await up()).join() === '0');
    assert.notDeepEqual(await version(), {});
  });
});

/** With time for every query, however busy the machine is. */
function patiently(packs: readonly string[]): string {
  return `{${packs.map((pack) => `${pack}: {timeout: 5m}`).join(', ')}}`;
}

async function expectNoProblem(program: Program): Promise<void> {
  for (const { query, failures, rejected_samples: rejected } of await program.tasks()) {
    assert.deepEqual({ query, failures, rejected }, { query, failures: {}, rejected: {} });
  }
}
