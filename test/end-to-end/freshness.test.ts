import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { type Mariadb, startMariadb } from '../support/mariadb.ts';
import { ConfigFolder, type Program, samplesOf, startProgram } from './program.ts';

describe('freshness', () => {
  let mariadb: Mariadb;
  before(async () => {
    mariadb = await startMariadb({ databases: ['shop'] });
    await mariadb.query('CREATE TABLE shop.orders (id INT PRIMARY KEY, state VARCHAR(20))');
    await mariadb.query("INSERT INTO shop.orders VALUES (1, 'new'), (2, 'paid')");
  });
  after(async () => {
    await mariadb[Symbol.asyncDispose]();
  });

  /** A configuration with one target on which nothing but the queries runs. */
  const withQueries = (queries: string): string => `
targets: {shop01: {dsn: "test:test123@tcp(127.0.0.1:${mariadb.port})/shop", ping_interval: off}}
queries:
${queries}
`;

  it('survives kill -9: the first scrape has everything, and the server sees no second run', async () => {
    await using folder = await ConfigFolder.create(
      withQueries(`
  expensive:
    sql: select sleep(0.5) slept, 42 answer
    interval: 1h
    metrics: {answer: {type: gauge, value: answer}}`),
    );
    const stateDirectory = folder.file('state');
    const args = ['--state-dir', stateDirectory];
    const facts = async (program: Program) => {
      const page = await program.scrape();
      return ['query_exporter_answer', ...TIMES].map((family) => samplesOf(page, family));
    };

    await using first = await startProgram(folder, args);
    await first.untilReady();
    await first.until('the state is on the disk', () =>
      readdirSync(stateDirectory).some((name) => name.endsWith('.state')),
    );
    const before = await facts(first);
    const statements = await mariadb.statementCount();
    first.signal('SIGKILL');
    await first.ended;

    await using second = await startProgram(folder, args);
    assert.deepEqual(await facts(second), before);
    assert.equal((await second.get('/-/ready')).status, 200);
    assert.deepEqual(before[0], { '{target="shop01"}': 42 });
    await second.stop();
    // The connection that was killed may or may not have said goodbye.
    const more = (await mariadb.statementCount()) - statements;
    assert.ok(more <= 1, `the server saw ${more} more statements`);
  });

  it('takes over a new configuration as a difference, and a wrong one not at all', async () => {
    const kept = `
  kept: {sql: select 1 n, interval: 1h, metrics: {kept: {type: gauge, value: n}}}`;
    const changed = (value: number) => `
  changed: {sql: select ${value} n, interval: 1h, metrics: {changed: {type: gauge, value: n}}}`;
    const removed = `
  removed: {sql: select 3 n, interval: 1h, metrics: {removed: {type: gauge, value: n}}}`;
    const added = `
  added: {sql: select 4 n, interval: 1h, metrics: {added: {type: gauge, value: n}}}`;

    await using folder = await ConfigFolder.create(withQueries(kept + changed(2) + removed));
    await using program = await startProgram(folder, ['--web.enable-lifecycle']);
    await program.untilReady();
    const refreshes = async () => {
      const counts = await program.samples('query_exporter_query_refreshes_total');
      return Object.fromEntries(Object.entries(counts).map(([labels, n]) => [/query="(\w+)"/.exec(labels)?.[1], n]));
    };
    assert.deepEqual(await refreshes(), { kept: 1, changed: 1, removed: 1 });

    await folder.write(withQueries('  kept: {}'));
    const refused = await program.get('/-/reload', { method: 'POST' });
    assert.equal(refused.status, 500);
    assert.match(await refused.text(), /config\.yml:4:3: queries\.kept: missing "sql"/);
    await program.until(
      'the page says so',
      async () => (await program.samples('query_exporter_config_last_reload_successful'))[''] === 0,
    );
    assert.deepEqual(await refreshes(), { kept: 1, changed: 1, removed: 1 });

    await folder.write(withQueries(kept + changed(20) + added));
    program.signal('SIGHUP');
    // Whenever one looks, a series that was there and is still wanted is there.
    await program.until('the change is through', async () => {
      const page = await program.scrape();
      assert.deepEqual(samplesOf(page, 'query_exporter_kept'), { '{target="shop01"}': 1 });
      const value = samplesOf(page, 'query_exporter_changed')['{target="shop01"}'];
      assert.ok(value === 2 || value === 20, `changed is ${value}`);
      return value === 20 && Object.keys(samplesOf(page, 'query_exporter_added')).length === 1;
    });
    const page = await program.scrape();
    assert.deepEqual(samplesOf(page, 'query_exporter_removed'), {});
    assert.deepEqual(samplesOf(page, 'query_exporter_config_last_reload_successful'), { '': 1 });
    const { kept: ofKept, added: ofAdded } = await refreshes();
    assert.deepEqual([ofKept, ofAdded], [1, 1]);
  });

  it('is not ended by a signal to reload during its start, and reloads once it has started', async () => {
    await using folder = await ConfigFolder.create(
      withQueries('  one: {sql: select 1 n, interval: 1h, metrics: {one: {type: gauge, value: n}}}'),
    );
    // As soon as the program cares for signals at all, and before it listens.
    const preload = `process.on('newListener', (name) => {
      if (name === 'SIGTERM') process.nextTick(() => process.kill(process.pid, 'SIGHUP'));
    })`;
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(preload)}` };
    await using program = await startProgram(folder, [], env);
    await program.until('it has reloaded', () => program.stderr.includes('configuration reloaded'));
    assert.equal((await program.readStatus()).config.revision, 2);
  });

  it('drops, keeps and ages samples as the query says', async () => {
    await using folder = await ConfigFolder.create(
      withQueries(`
  dropped: {sql: select id from orders, on_error: drop, interval: 100ms, metrics: {dropped: {type: gauge, labels: [id], value: id}}}
  kept: {sql: select id from orders, interval: 100ms, metrics: {kept: {type: gauge, labels: [id], value: id}}}
  aged: {sql: select id from orders, interval: 100ms, max_age: 1s, metrics: {aged: {type: gauge, labels: [id], value: id}}}
  cleared: {sql: "select id from orders where state = 'new'", interval: 100ms, metrics: {cleared: {type: gauge, labels: [id], value: id}}}
  emptied: {sql: "select id from orders where state = 'new'", on_empty: keep, interval: 100ms, metrics: {emptied: {type: gauge, labels: [id], value: id}}}`),
    );
    await using program = await startProgram(folder);
    await program.untilReady();
    const counts = async () => {
      const page = await program.scrape();
      const names = ['dropped', 'kept', 'aged', 'cleared', 'emptied'];
      return names.map((name) => Object.keys(samplesOf(page, `query_exporter_${name}`)).length).join();
    };
    assert.equal(await counts(), '2,2,2,1,1');
    await mariadb.query("UPDATE shop.orders SET state = 'paid'");
    await program.until('no row comes', async () => (await counts()) === '2,2,2,0,1');
    await mariadb.query('RENAME TABLE shop.orders TO shop.hidden');
    await program.until('the samples are too old', async () => (await counts()) === '0,2,0,0,1');
    await mariadb.query('RENAME TABLE shop.hidden TO shop.orders');
    await program.until('all is well again', async () => (await counts()) === '2,2,2,0,1');
  });
});

const TIMES = [
  'query_exporter_query_last_success_timestamp_seconds',
  'query_exporter_query_last_refresh_timestamp_seconds',
  'query_exporter_query_next_refresh_timestamp_seconds',
];
