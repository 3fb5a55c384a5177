import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startPostgresPair } from '../support/postgres-pair.ts';
import { ConfigFolder, startProgram } from './program.ts';

test('a standby that is promoted gives the samples of a primary, and nothing fails', async () => {
  await using pair = await startPostgresPair();
  const { primary, standby } = pair;
  const target = (port: number): string => `{dsn: "postgres://test:test123@127.0.0.1:${port}/postgres"}`;
  await using folder = await ConfigFolder.create(`
targets: {pg1: ${target(primary.port)}, pg2: ${target(standby.port)}}
queries:
  primary:
    sql: SELECT 'primary' AS said_by, pg_is_in_recovery()::int AS n, pg_current_wal_lsn()
    interval: 200ms
    when: {role: primary}
    metrics: &recovery {pg_in_recovery: {type: gauge, labels: [said_by], value: n}}
  replica:
    sql: SELECT 'replica' AS said_by, pg_is_in_recovery()::int AS n, pg_last_wal_replay_lsn()
    interval: 200ms
    when: {role: replica}
    metrics: *recovery
`);
  await using program = await startProgram(folder);
  await program.untilReady();
  const samples = () => program.samples('query_exporter_pg_in_recovery');
  const shown = (expected: Readonly<Record<string, number>>) =>
    program.until(JSON.stringify(expected), async () => {
      const now = await samples();
      return JSON.stringify(now) === JSON.stringify(expected);
    });
  await shown({ '{said_by="primary",target="pg1"}': 0, '{said_by="replica",target="pg2"}': 1 });
  assert.equal((await program.task('primary', 'pg2')).not_applicable, 'role is replica, not primary');
  assert.equal((await program.task('replica', 'pg2')).not_applicable, null);

  await standby.query('SELECT pg_promote()');
  await shown({ '{said_by="primary",target="pg1"}': 0, '{said_by="primary",target="pg2"}': 0 });
  const isOver = 'role is primary, not replica';
  await program.until(isOver, async () => (await program.task('replica', 'pg2')).not_applicable === isOver);
  for (const { query, target: on, failures } of await program.tasks())
    assert.deepEqual(failures, {}, `${query} on ${on}`);
  const [[version] = []] = await standby.query(
    "SELECT 'PostgreSQL ' || split_part(current_setting('server_version'), ' ', 1)",
  );
  const { targets } = await program.readStatus();
  const facts = { version, role: 'primary', superuser: false, missing_protections: {} };
  assert.deepEqual(
    targets.map(({ server }) => server),
    [facts, facts],
  );
  assert.equal((await (await program.get('/')).text()).split(`${version} · primary`).length - 1, 2);
});
