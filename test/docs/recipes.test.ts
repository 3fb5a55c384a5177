import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { after, before, test } from 'node:test';
import { run } from '../../src/commands/run.ts';
import { loadConfig } from '../../src/config/load.ts';
import { until } from '../support/daemon.ts';
import { type Mariadb, startMariadb } from '../support/mariadb.ts';
import { blocksOf } from './documents.ts';

/** What only a replica or a node of a cluster has. */
const ABSENT: ReadonlySet<string> = new Set([
  'mysql_replica_lag_seconds',
  'mysql_replica_running',
  'mysql_galera_wsrep_local_recv_queue',
  'mysql_galera_wsrep_flow_control_paused',
  'mysql_galera_wsrep_local_state',
]);

const recipes = blocksOf('docs/recipes.md').filter(({ info, text }) => info === 'yaml' && text.includes('@tcp('));

let mariadb: Mariadb;
let folder: string;

before(async () => {
  mariadb = await startMariadb({ databases: ['shop'], flags: ['--performance-schema=ON'] });
  await mariadb.query(
    'CREATE TABLE shop.orders (id INT PRIMARY KEY, state TEXT, created_at DATETIME, delivered_at DATETIME)',
  );
  await mariadb.query(
    "INSERT INTO shop.orders VALUES (1, 'new', NOW(), NULL), (2, 'sent', NOW() - INTERVAL 3 DAY, NOW() - INTERVAL 1 DAY)",
  );
  folder = await mkdtemp(join(tmpdir(), 'qe-recipes-'));
});

after(async () => {
  await mariadb?.[Symbol.asyncDispose]();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

for (const { place, text } of recipes) {
  test(`the recipe at ${place} gives every metric that it names`, async () => {
    const { path, exposition } = await runOn(mariadb, text);
    const { plan } = loadConfig({ paths: [path], env: {} }, { revision: 1, nowMs: 0 });
    const missing = plan.families.map(({ name }) => name).filter((name) => !exposition.includes(`# TYPE ${name} `));
    assert.deepEqual(
      missing.filter((name) => !ABSENT.has(name)),
      [],
    );
  });
}

test('the recipe of replication says how a replica is', async () => {
  await using primary = await startMariadb({ flags: ['--server-id=1', '--log-bin=binlog'] });
  await using replica = await startMariadb({ flags: ['--server-id=2'] });
  const { port, user, password } = primary;
  await replica.query(
    `CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=${port}, MASTER_USER='${user}', MASTER_PASSWORD='${password}'`,
  );
  await replica.query('START SLAVE');
  const recipe = recipes.find(({ text }) => text.includes('SHOW REPLICA STATUS'));
  const samples = await until('the replica to have caught up', 30_000, async () => {
    const { exposition } = await runOn(replica, recipe?.text ?? '');
    const lines = exposition.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return lines.includes('mysql_replica_lag_seconds{source="127.0.0.1"} 0') ? lines : undefined;
  });
  assert.deepEqual(samples, [
    'mysql_replica_lag_seconds{source="127.0.0.1"} 0',
    'mysql_replica_running{source="127.0.0.1",thread="io"} 1',
    'mysql_replica_running{source="127.0.0.1",thread="sql"} 1',
  ]);
});

async function runOn({ user, password, port }: Mariadb, text: string) {
  const path = join(folder, 'config.yml');
  const login = `${user}:${password}@tcp(127.0.0.1:${port})`;
  await writeFile(path, text.replace(/^dsn: .*@tcp\(127\.0\.0\.1:3306\)/m, `dsn: ${login}`), { mode: 0o600 });
  const [stdout, stderr] = [new Collector(), new Collector()];
  assert.equal(await run(['test', '--config', path], { stdout, stderr, env: {} }), 0, stderr.text);
  assert.doesNotMatch(stderr.text, /rejected/);
  return { path, exposition: stdout.text };
}

class Collector extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
