import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import mysql from 'mysql2/promise';
import { loadConfig } from '../../src/config/load.ts';
import { createRecordLogger } from '../../src/logger.ts';
import { createDrivers } from '../../src/sql/drivers.ts';
import { runCommand } from '../commands/run-command.ts';
import { askOne, NEVER, requestOf, SetDeadline } from '../sql/driver-bench.ts';
import { until } from '../support/daemon.ts';
import { type Mariadb, startMariadb } from '../support/mariadb.ts';
import { blocksOf, readDocument } from './documents.ts';

const PAGE = 'docs/database-user.md';
const USER = 'query_exporter';
const PASSWORD = 'a-long-random-password';

/** For a table, a column, a database, a file, and for what needs a privilege by name. */
const ACCESS_DENIED: ReadonlySet<number> = new Set([1142, 1143, 1044, 1045, 1227]);

let mariadb: Mariadb;
let folder: string;
let configPath: string;

before(async () => {
  mariadb = await startMariadb({ databases: ['shop'], flags: ['--performance-schema=ON'] });
  await mariadb.query('CREATE TABLE shop.orders (id INT PRIMARY KEY, state TEXT, created_at DATETIME, email TEXT)');
  await mariadb.query("INSERT INTO shop.orders VALUES (1, 'new', NOW(), 'a@example.com')");
  await mariadb.query('CREATE TABLE shop.customers (name TEXT)');
  for (const { text } of blocksOf(PAGE).filter(({ info }) => info === 'sql mariadb')) {
    for (const statement of text.split(';\n').filter((part) => part.trim() !== '')) await mariadb.query(statement);
  }
  folder = await mkdtemp(join(tmpdir(), 'qe-user-'));
  configPath = join(folder, 'config.yml');
  const [config] = blocksOf(PAGE).filter(({ info }) => info === 'yaml');
  await writeFile(configPath, config?.text.replace('3306', String(mariadb.port)) ?? '');
  await writeFile(join(folder, 'db_password'), `${PASSWORD}\n`, { mode: 0o600 });
});

after(async () => {
  await mariadb?.[Symbol.asyncDispose]();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

// The user may have so many connections, and a server lets go of them a little later than its clients.
afterEach(() =>
  until('the connections of the test to be gone', 10_000, async () =>
    (await mariadb.processlist()).some(({ user }) => user === USER) ? undefined : true,
  ),
);

function connect(): Promise<mysql.Connection> {
  return mysql.createConnection({ host: '127.0.0.1', port: mariadb.port, user: USER, password: PASSWORD });
}

test('the grants of the page suffice for the queries of the page', async () => {
  const { status, stdout, stderr } = await runCommand(['test', '--config', configPath]);
  assert.equal(status, 0, stderr);
  assert.doesNotMatch(stderr, /rejected/);
  for (const metric of ['sessions', 'innodb', 'threads', 'table_bytes', 'waits_total', 'orders']) {
    assert.match(stdout, new RegExp(`^query_exporter_${metric}\\{`, 'm'));
  }
  // A server that is no replica has no row to show, but it has to let the user look.
  assert.match(stderr, /query "replication" on target "prod01": 0 rows/);
  // The sizes of tables that the user cannot read.
  assert.match(stdout, /table_bytes\{table_name="customers",table_schema="shop",target="prod01"\} \d/);
});

test('each grant of the page is needed', async () => {
  const revocations = {
    PROCESS: ['innodb'],
    'SLAVE MONITOR': ['replication'],
    'SELECT ON performance_schema.*': ['waits'],
    'SELECT (id, state, created_at) ON shop.orders': ['orders'],
  };
  for (const [grant, queries] of Object.entries(revocations)) {
    const what = grant.includes(' ON ') ? grant : `${grant} ON *.*`;
    await mariadb.query(`REVOKE ${what} FROM '${USER}'@'127.0.0.1'`);
    const { stderr } = await runCommand(['test', '--config', configPath, ...queries]);
    assert.match(stderr, /^failed .*\(query\)/m, grant);
    await mariadb.query(`GRANT ${what} TO '${USER}'@'127.0.0.1'`);
  }
});

test('the user can neither write nor read more, whatever the session allows', async () => {
  const connection = await connect();
  const statements = [
    'INSERT INTO shop.orders (id) VALUES (2)',
    "UPDATE shop.orders SET state = 'paid'",
    'DELETE FROM shop.orders',
    'CREATE TABLE shop.mine (id INT)',
    'DROP TABLE shop.orders',
    'SELECT email FROM shop.orders',
    'SELECT * FROM shop.customers',
    "SELECT 1 INTO OUTFILE '/tmp/query-exporter'",
    'SET GLOBAL max_connections = 1',
    'FLUSH TABLES',
    'SHUTDOWN',
  ];
  for (const statement of statements) {
    const isRefused = ({ errno }: { errno: number }) => ACCESS_DENIED.has(errno);
    await assert.rejects(connection.query(statement), isRefused, statement);
  }
  connection.destroy();
});

test('the user has no more connections than the page gives it', async () => {
  const connections = await Promise.all(Array.from({ length: 5 }, connect));
  await assert.rejects(connect(), { errno: 1226 });
  for (const connection of connections) connection.destroy();
});

test('the shorter of the two limits of a statement holds, that of the user or that of the exporter', async () => {
  const { plan } = loadConfig({ paths: [configPath], env: {} }, { revision: 1, nowMs: Date.now() });
  const logger = createRecordLogger(() => undefined);
  await using drivers = createDrivers(plan.targets, plan.maxRunning, logger);
  const [target] = plan.targets;
  assert.ok(target);
  const driver = drivers.driverFor(target);
  for (const [timeoutMs, seconds] of [
    [10_000, '9.950000'],
    [90_000, '60.000000'],
  ] as const) {
    using deadline = new SetDeadline(timeoutMs);
    assert.deepEqual(await askOne(driver, 'SELECT @@max_statement_time', {}, deadline), [seconds]);
  }
});

test('a refresh costs the round trips that the page says', async () => {
  const trips = Number(/\*\*(\d+) round trips\*\*/.exec(readDocument(PAGE))?.[1]);
  const { plan } = loadConfig({ paths: [configPath], env: {} }, { revision: 1, nowMs: Date.now() });
  const [target] = plan.targets;
  assert.ok(target);
  await using drivers = createDrivers(
    plan.targets,
    plan.maxRunning,
    createRecordLogger(() => undefined),
  );
  const driver = drivers.driverFor(target);
  const sink = { columns: () => undefined, row: () => undefined };
  const runOnce = () => driver.run(requestOf('select 1'), sink, NEVER);
  await runOnce();
  await driver.ping(NEVER);
  const earlier = await mariadb.statementCount();
  for (let i = 0; i < 10; i++) await runOnce();
  // The next user of the connection comes only after the last reset.
  await driver.ping(NEVER);
  assert.equal((await mariadb.statementCount()) - earlier, 10 * trips);
});
