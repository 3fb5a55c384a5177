import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { listPacks, readPack } from '../../src/config/pack-files.ts';
import { type Mariadb, startMariadb } from '../support/mariadb.ts';
import { ConfigFolder, runToEnd, startProgram } from './program.ts';

describe('the packs on a MariaDB', () => {
  let mariadb: Mariadb;
  before(async () => {
    mariadb = await startMariadb();
  });
  after(() => mariadb[Symbol.asyncDispose]());

  const target = (): string => `targets: {db: {host: 127.0.0.1, port: ${mariadb.port}, user: test, password: test123}}`;

  it('give series under the names of mysqld_exporter, and what the server lacks is not applicable', async () => {
    const names = listPacks().filter((name) => readPack(name).engine === 'mysql');
    await using folder = await ConfigFolder.create(`${target()}\npacks: [${names.join(', ')}]\n`);
    await using program = await startProgram(folder);
    await program.untilReady();
    for (const { query, failures, rejected_samples: rejected } of await program.tasks()) {
      assert.deepEqual({ query, failures, rejected }, { query, failures: {}, rejected: {} });
    }
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

  it('say which names a server has that they do not list', async () => {
    const query = `sql: "SELECT 'queries' AS counter, NULL AS gauge, '' AS family, NULL AS item, 1 AS value
        UNION SELECT 'brand_new', NULL, '', NULL, 1 UNION SELECT NULL, 'a_text', '', NULL, NULL"`;
    await using folder = await ConfigFolder.create(
      `${target()}\npacks: {mysql: {queries: {mysql_global_status: {${query}}}}}\n`,
    );
    const missing = (...args: string[]) => runToEnd(['packs', ...args, '--config', folder.config]);
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
    await mariadb.stop();
    await program.untilSample('mysql_up{target="db"}', 0);
    assert.notDeepEqual(await program.samples('mysql_global_status_uptime'), {});

    await mariadb.restart();
    await program.untilSample('mysql_up{target="db"}', 1);
  });
});
