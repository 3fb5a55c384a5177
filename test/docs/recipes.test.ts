import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { runCommand } from '../commands/run-command.ts';
import { type Mariadb, startMariadb } from '../support/mariadb.ts';
import { PRIMARY_FLAGS, startReplica } from '../support/mariadb-replica.ts';
import { type PostgresPair, startPostgresPair } from '../support/postgres-pair.ts';
import { blocksOf } from './documents.ts';

/** What only a replica or a node of a cluster has. */
const ABSENT: ReadonlySet<string> = new Set([
  'mysql_replica_lag_seconds',
  'mysql_replica_running',
  'mysql_galera_wsrep_local_recv_queue',
  'mysql_galera_wsrep_flow_control_paused',
  'mysql_galera_wsrep_local_state',
]);

const recipes = blocksOf('docs/recipes.md').filter(({ info }) => info === 'yaml');
const forPostgres = recipes.filter(({ text }) => text.includes('postgres://'));
const forMariadb = recipes.filter((recipe) => !forPostgres.includes(recipe));

let mariadb: Mariadb;
let pair: PostgresPair;
let folder: string;

before(async () => {
  // Each run of the command listens for signals for as long as its process lives.
  process.setMaxListeners(0);
  mariadb = await startMariadb({ databases: ['shop'], flags: ['--performance-schema=ON'] });
  await mariadb.query(
    'CREATE TABLE shop.orders (id INT PRIMARY KEY, state TEXT, created_at DATETIME, delivered_at DATETIME)',
  );
  await mariadb.query(
    "INSERT INTO shop.orders VALUES (1, 'new', NOW(), NULL), (2, 'sent', NOW() - INTERVAL 3 DAY, NOW() - INTERVAL 1 DAY)",
  );
  pair = await startPostgresPair({ databases: ['shop'] });
  await pair.primary.queryIn('shop', 'CREATE TABLE orders (id INT PRIMARY KEY, state TEXT)');
  await pair.primary.query('GRANT pg_monitor TO test');
  folder = await mkdtemp(join(tmpdir(), 'qe-recipes-'));
});

after(async () => {
  await mariadb?.[Symbol.asyncDispose]();
  await pair?.[Symbol.asyncDispose]();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

for (const { place, text } of forMariadb) {
  test(`the recipe at ${place} gives every metric that it names`, async () => {
    const { exposition, metrics } = await runOn(mariadb, text);
    const missing = metrics.filter((name) => !exposition.includes(`# TYPE ${name} `));
    assert.deepEqual(
      missing.filter((name) => !ABSENT.has(name)),
      [],
    );
  });
}

for (const { place, text } of forPostgres) {
  test(`the recipe at ${place} gives every metric that it names, on a primary or a standby`, async () => {
    const { exposition: onPrimary, metrics } = await runOn(pair.primary, text);
    const { exposition: onStandby } = await runOn(pair.standby, text);
    const both = `${onPrimary}${onStandby}`;
    assert.deepEqual(
      metrics.filter((name) => !both.includes(`# TYPE ${name} `)),
      [],
    );
  });
}

test('the recipe of PostgreSQL for replication asks each server what applies to it', async () => {
  const { text } = forPostgres.find((recipe) => recipe.text.includes('pg_stat_replication')) ?? assert.fail();
  const { samples: onPrimary } = await runOn(pair.primary, text);
  assert.match(onPrimary.join('\n'), /^pg_standby_lag_bytes\{address="",standby="standby"\} \d+$/);
  const { samples: onStandby } = await runOn(pair.standby, text);
  assert.match(onStandby.join('\n'), /^pg_last_replay_timestamp_seconds \d{10}\.\d+$/);
});

test('the recipe of MariaDB for replication says how a replica is', async () => {
  await using primary = await startMariadb({ flags: PRIMARY_FLAGS });
  await using replica = await startReplica(primary);
  const recipe = forMariadb.find(({ text }) => text.includes('SHOW REPLICA STATUS'));
  const { samples } = await runOn(replica, recipe?.text ?? '');
  assert.deepEqual(samples, [
    'mysql_replica_lag_seconds{source="127.0.0.1"} 0',
    'mysql_replica_running{source="127.0.0.1",thread="io"} 1',
    'mysql_replica_running{source="127.0.0.1",thread="sql"} 1',
  ]);
});

/** Runs a recipe as the user `test` and gives what it prints, and the metrics that it names. */
async function runOn({ user, password, port }: Login, text: string) {
  const path = join(folder, 'config.yml');
  const dsn = text
    .replace(/^dsn: .*@tcp\(127\.0\.0\.1:3306\)/m, `dsn: ${user}:${password}@tcp(127.0.0.1:${port})`)
    .replace(/^dsn: postgres:.*@127\.0\.0\.1\//m, `dsn: postgres://${user}:${password}@127.0.0.1:${port}/`);
  await writeFile(path, dsn, { mode: 0o600 });
  const { status, stdout, stderr } = await runCommand(['test', '--config', path]);
  assert.equal(status, 0, stderr);
  assert.doesNotMatch(stderr, /rejected/);
  const { plan } = loadConfig({ paths: [path], env: {} }, { revision: 1, nowMs: 0 });
  return {
    exposition: stdout,
    samples: stdout.split('\n').filter((line) => line !== '' && !line.startsWith('#')),
    metrics: plan.families.map(({ name }) => name),
  };
}

interface Login {
  readonly user: string;
  readonly password: string;
  readonly port: number;
}
