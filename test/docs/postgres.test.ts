import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { run } from '../../src/commands/run.ts';
import { startPostgres } from '../support/postgres.ts';
import { repositoryRoot } from '../support/tools.ts';
import { blocksOf } from './documents.ts';

test('the role of the page suffices for the example of PostgreSQL', async () => {
  await using server = await startPostgres();
  for (const { text } of blocksOf('docs/database-user.md').filter(({ info }) => info === 'sql postgres')) {
    await server.query(text);
  }
  const folder = await mkdtemp(join(tmpdir(), 'qe-postgres-'));
  try {
    const example = await readFile(join(repositoryRoot(), 'examples/postgres/query-exporter.yml'), 'utf8');
    const config = join(folder, 'config.yml');
    await writeFile(config, example.replace('5432', String(server.port)));
    await writeFile(join(folder, 'db_password'), 'a-long-random-password\n', { mode: 0o600 });
    const [stdout, stderr] = [new Collector(), new Collector()];
    assert.equal(await run(['test', '--config', config], { stdout, stderr, env: {} }), 0, stderr.text);
    assert.doesNotMatch(stderr.text, /rejected/);
    // The session of the superuser is seen, too: that is what the grant is for.
    assert.match(stdout.text, /^query_exporter_pg_sessions\{state="idle",target="pg01",usename="postgres"\} 1$/m);
    for (const metric of ['pg_locks', 'pg_database_bytes', 'pg_commits_total']) {
      assert.match(stdout.text, new RegExp(`^query_exporter_${metric}\\{`, 'm'));
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

class Collector extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += String(chunk);
    done();
  }
}
