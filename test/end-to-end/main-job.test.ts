import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Mariadb, startMariadb } from '../support/mariadb.ts';
import { checkMetrics, startPrometheus } from '../support/prometheus.ts';
import { ConfigFolder, samplesOf, startProgram } from './program.ts';

const SEED_CONFIG = readFileSync(fileURLToPath(new URL('../../../config.yml', import.meta.url)), 'utf8');

describe('the exporter on a real MariaDB', () => {
  let mariadb: Mariadb;
  before(async () => {
    mariadb = await startMariadb({ databases: ['shop'] });
    await mariadb.query('CREATE TABLE shop.orders (id INT PRIMARY KEY, state VARCHAR(20))');
    await mariadb.query("INSERT INTO shop.orders VALUES (1, 'new'), (2, 'new'), (3, 'paid')");
    await mariadb.query('CREATE TABLE shop.version (number INT)');
    await mariadb.query('INSERT INTO shop.version VALUES (1)');
  });
  after(async () => {
    await mariadb[Symbol.asyncDispose]();
  });
  const dsn = (): string => `test:test123@tcp(127.0.0.1:${mariadb.port})/shop`;

  it('serves the configuration that comes with it', async () => {
    await using folder = await ConfigFolder.create(SEED_CONFIG.replace('127.0.0.1:3306', `127.0.0.1:${mariadb.port}`));
    await using program = await startProgram(folder);
    await program.untilReady();
    const page = await program.scrape();
    const byHost = samplesOf(page, 'query_exporter_process_count_by_host');
    const own = byHost['{host="127.0.0.1",user="test"}'] ?? byHost['{host="localhost",user="test"}'] ?? 0;
    assert.ok(own >= 1, page);
    assert.match(page, /^# HELP query_exporter_process_count_by_host process count by host$/m);
    assert.match(page, /^# TYPE query_exporter_process_count_by_host gauge$/m);
    assert.match(page, /^query_exporter_build_info\{.*version="\d+\.\d+\.\d+"\} 1$/m);
    assert.deepEqual(await checkMetrics(page), { ok: true, output: '' });
  });

  it('lets a real Prometheus answer with what is in the database', async () => {
    await using folder = await ConfigFolder.create(`
targets:
  shop01: {dsn: "${dsn()}", labels: {region: kr}}
queries:
  orders:
    sql: select state, count(*) n from orders group by state
    interval: 1s
    metrics: {orders: {type: gauge, labels: [state], value: n}}
`);
    await using program = await startProgram(folder);
    await program.untilReady();
    const { host } = new URL(program.url);
    await using prometheus = await startPrometheus({ targets: [host] });
    await prometheus.waitForTargetUp(host);
    const answer = await prometheus.query('sum by (state, target, region) (query_exporter_orders)');
    const found = answer.map(({ labels, value }) => [labels['state'], labels['target'], labels['region'], value]);
    assert.deepEqual(found.sort(), [
      ['new', 'shop01', 'kr', 2],
      ['paid', 'shop01', 'kr', 1],
    ]);
  });

  it('sends nothing to the database because of a scrape', async () => {
    await using folder = await ConfigFolder.create(`
targets: {shop01: {dsn: "${dsn()}", ping_interval: off}}
queries:
  orders:
    sql: select count(*) n from orders
    interval: 1h
    metrics: {orders: {type: gauge, value: n}}
`);
    await using program = await startProgram(folder);
    await program.untilReady();
    // The reset after the run may still be on its way.
    let before = -1;
    await program.until('the server is quiet', async () => {
      const count = await mariadb.statementCount();
      const isQuiet = count === before;
      before = count;
      return isQuiet;
    });
    for (let scrape = 0; scrape < 300; scrape += 1) await program.scrape(scrape % 2 === 0 ? '' : '?query[]=orders');
    assert.equal(await mariadb.statementCount(), before);
  });

  it('answers while the database is stopped, and while it never was there', async () => {
    await using folder = await ConfigFolder.create(`
targets:
  shop01: {dsn: "${dsn()}"}
  gone: {host: 127.0.0.1, port: 1, user: nobody}
queries:
  orders:
    sql: select count(*) n from orders
    interval: 1s
    timeout: 1s
    metrics: {orders: {type: gauge, value: n}}
`);
    await using program = await startProgram(folder);
    await program.untilReady();
    await program.untilSample('query_exporter_orders{target="shop01"}', 3);
    assert.equal((await program.get('/-/healthy')).status, 200);
    await mariadb.pause();
    try {
      const failures = () => program.samples('query_exporter_query_failures_total');
      await program.until('a refresh has timed out', async () =>
        Object.keys(await failures()).some((labels) => labels.includes('shop01')),
      );
      const page = await program.scrape();
      assert.deepEqual(samplesOf(page, 'query_exporter_orders'), { '{target="shop01"}': 3 });
      assert.equal(samplesOf(page, 'query_exporter_query_up')['{query="orders",target="gone"}'], 0);
      assert.equal(samplesOf(page, 'query_exporter_target_up')['{target="gone"}'], 0);
    } finally {
      await mariadb.resume();
    }
    const up = '{query="orders",target="shop01"}';
    await program.until('it has recovered', async () => (await program.samples('query_exporter_query_up'))[up] === 1);
  });

  it('shows a scrape all of the old or all of the new result of 100,000 rows', async () => {
    await using folder = await ConfigFolder.create(`
targets: {shop01: {dsn: "${dsn()}"}}
queries:
  large:
    sql: select seq, (select number from version) version from seq_1_to_100000
    interval: 300ms
    max_rows: 100000
    metrics: {large: {type: gauge, labels: [seq], value: version}}
`);
    await using program = await startProgram(folder);
    await program.untilReady();
    const seen = new Set<number>();
    for (let version = 2; seen.size < 3; version += 1) {
      await mariadb.query(`UPDATE shop.version SET number = ${version}`);
      const page = await program.scrape();
      const values = [...page.matchAll(/^query_exporter_large\{.*\} (\d+)$/gm)].map(([, value]) => Number(value));
      assert.equal(values.length, 100_000);
      const [first = 0, ...others] = new Set(values);
      assert.deepEqual(others, [], 'rows of two results on one page');
      seen.add(first);
    }
  });
});
