import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { after, before, test } from 'node:test';
import { run } from '../../src/commands/run.ts';
import { loadConfig } from '../../src/config/load.ts';
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
    const login = `${mariadb.user}:${mariadb.password}@tcp(127.0.0.1:${mariadb.port})`;
    const path = join(folder, 'config.yml');
    await writeFile(path, text.replace(/^dsn: .*@tcp\(127\.0\.0\.1:3306\)/m, `dsn: ${login}`), { mode: 0o600 });
    const [stdout, stderr] = [new Collector(), new Collector()];
    assert.equal(await run(['test', '--config', path], { stdout, stderr, env: {} }), 0, stderr.text);
    assert.doesNotMatch(stderr.text, /rejected/);
    const { plan } = loadConfig({ paths: [path], env: {} }, { revision: 1, nowMs: 0 });
    const missing = plan.families.map(({ name }) => name).filter((name) => !stdout.text.includes(`# TYPE ${name} `));
    assert.deepEqual(
      missing.filter((name) => !ABSENT.has(name)),
      [],
    );
  });
}

class Collector extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
