import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCommand } from '../commands/run-command.ts';
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
    const { status, stdout, stderr } = await runCommand(['test', '--config', config]);
    assert.equal(status, 0, stderr);
    assert.doesNotMatch(stderr, /rejected/);
    // The session of the superuser is seen, too: that is what the grant is for.
    assert.match(stdout, /^query_exporter_pg_sessions\{state="idle",target="pg01",usename="postgres"\} 1$/m);
    for (const metric of ['pg_locks', 'pg_database_bytes', 'pg_commits_total']) {
      assert.match(stdout, new RegExp(`^query_exporter_${metric}\\{`, 'm'));
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
