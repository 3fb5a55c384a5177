import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import mysql from 'mysql2/promise';
import { until } from '../support/daemon.ts';
import { type Mariadb, startMariadb } from '../support/mariadb.ts';
import { checkMetrics, checkRules, startPrometheus, testRules } from '../support/prometheus.ts';
import { createTlsFiles } from '../support/tls.ts';

function connectAsUser(mariadb: Mariadb, options: mysql.ConnectionOptions = {}): Promise<mysql.Connection> {
  const { port, user, password } = mariadb;
  return mysql.createConnection({ host: '127.0.0.1', port, user, password, ...options });
}

test('MariaDB keeps port and data through kill -9 and a restart', async () => {
  await using mariadb = await startMariadb({ databases: ['shop'] });
  await mariadb.query('CREATE TABLE shop.orders (id INT)');
  await mariadb.query('INSERT INTO shop.orders VALUES (1), (2)');
  await mariadb.kill();
  await assert.rejects(mariadb.query('SELECT 1'), /closed state/);

  await mariadb.restart();
  assert.deepEqual(await mariadb.query('SELECT id FROM shop.orders'), [{ id: 1 }, { id: 2 }]);
  await mariadb.restart();
  const connection = await connectAsUser(mariadb, { database: 'shop' });
  await connection.query('SELECT id FROM orders');
  await connection.end();
});

test('a paused MariaDB is silent until it is resumed', async () => {
  await using mariadb = await startMariadb();
  await mariadb.pause();
  await assert.rejects(connectAsUser(mariadb, { connectTimeout: 50 }), { code: 'ETIMEDOUT' });
  mariadb.resume();
  await (await connectAsUser(mariadb)).end();
});

test('MariaDB counts and lists what clients do, and nothing of the test itself', async () => {
  await using mariadb = await startMariadb();
  assert.equal(await mariadb.statementCount(), 0);
  const connection = await connectAsUser(mariadb);
  await connection.query('SELECT 1');
  await connection.query('SELECT 2');
  await connection.ping();
  await mariadb.query('DO 0');
  assert.equal(await mariadb.statementCount(), 2);
  assert.deepEqual(
    (await mariadb.processlist()).map(({ user, command }) => [user, command]),
    [['test', 'Sleep']],
  );
  connection.destroy();
});

test('a full MariaDB refuses the user and still lets the test in', async () => {
  await using mariadb = await startMariadb({ flags: ['--max-connections=10'] });
  const connections = await Promise.all(Array.from({ length: 10 }, () => connectAsUser(mariadb)));
  await assert.rejects(connectAsUser(mariadb), { errno: 1040, sqlState: '08004' });
  const isListed = async () => ((await mariadb.processlist()).length === 10 ? true : undefined);
  await until('the one that was refused to leave', 30_000, isListed);
  for (const connection of connections) connection.destroy();
});

test('MariaDB serves TLS with the certificates made for it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'qe-tls-'));
  try {
    const { ca, serverCert, serverKey, clientCert, clientKey } = await createTlsFiles(folder);
    const flags = [`--ssl-ca=${ca}`, `--ssl-cert=${serverCert}`, `--ssl-key=${serverKey}`];
    await using mariadb = await startMariadb({ flags });
    await mariadb.query("CREATE USER secure@'%' REQUIRE X509");
    const connection = await connectAsUser(mariadb, {
      user: 'secure',
      password: '',
      ssl: { ca: await readFile(ca), cert: await readFile(clientCert), key: await readFile(clientKey) },
    });
    await connection.query('SELECT 1');
    await connection.end();
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('promtool accepts a valid page and rejects a bad one', async () => {
  const good = await checkMetrics('# HELP orders Orders.\n# TYPE orders gauge\norders{state="new"} 3\n');
  assert.deepEqual(good, { ok: true, output: '' });
  const bad = await checkMetrics('orders{state="new} 3\n');
  assert.equal(bad.ok, false);
  assert.match(bad.output, /error/);
});

test('promtool checks rules and runs their tests', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'qe-rules-'));
  try {
    const [rules, tests] = [join(folder, 'rules.yml'), join(folder, 'tests.yml')];
    const rule = { alert: 'ManyOrders', expr: 'orders > 2' };
    await writeFile(rules, JSON.stringify({ groups: [{ name: 'shop', rules: [rule] }] }));
    const caseWith = (orders: number): string =>
      JSON.stringify({
        rule_files: [rules],
        tests: [
          {
            interval: '1m',
            input_series: [{ series: 'orders', values: `${orders}x5` }],
            alert_rule_test: [{ eval_time: '3m', alertname: 'ManyOrders', exp_alerts: [{}] }],
          },
        ],
      });
    assert.equal((await checkRules([rules])).ok, true);
    await writeFile(tests, caseWith(3));
    assert.equal((await testRules([tests])).ok, true);
    await writeFile(tests, caseWith(2));
    assert.equal((await testRules([tests])).ok, false);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('Prometheus scrapes a page and answers a query about it', async () => {
  const page = createServer((_request, response) => {
    response.setHeader('Content-Type', 'text/plain; version=0.0.4');
    response.end('orders{state="new"} 3\n');
  });
  await new Promise<void>((resolve) => {
    page.listen(0, '127.0.0.1', resolve);
  });
  try {
    const target = `127.0.0.1:${(page.address() as AddressInfo).port}`;
    await using prometheus = await startPrometheus({ targets: [target] });
    await prometheus.waitForTargetUp(target);
    const [sample] = await prometheus.query('orders');
    assert.equal(sample?.value, 3);
    assert.equal(new Map(Object.entries(sample.labels)).get('state'), 'new');
    await assert.rejects(prometheus.query('orders{'), /parse error/);
  } finally {
    page.closeAllConnections();
    page.close();
  }
});
