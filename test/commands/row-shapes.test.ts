import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Mariadb, startMariadb } from '../support/mariadb.ts';
import { PRIMARY_FLAGS, startReplica } from '../support/mariadb-replica.ts';
import { commonSamples, HITS, sampleRowShapes } from '../support/row-shapes.ts';

describe('the shapes of rows', () => {
  let primary: Mariadb;
  let replica: Mariadb;
  before(async () => {
    primary = await startMariadb({ databases: ['shop'], flags: PRIMARY_FLAGS });
    for (const sql of HITS) await primary.query(sql);
    replica = await startReplica(primary);
  });
  after(async () => {
    await replica?.[Symbol.asyncDispose]();
    await primary?.[Symbol.asyncDispose]();
  });

  const GALERA = ['# TYPE query_exporter_galera_ready gauge', 'query_exporter_galera_ready 0'];

  async function versionOf(server: Mariadb): Promise<string> {
    const [row] = await server.query('SELECT VERSION() AS version');
    return String(row?.['version']);
  }

  it('of a MariaDB give exactly what the keys say', async () => {
    const { lines, queries } = await sampleRowShapes(primary.port);
    assert.deepEqual(lines, [...GALERA, ...commonSamples(await versionOf(primary))]);
    assert.ok(queries.includes('query "replica" on target "default": 0 rows → 0 series'));
    assert.equal(queries.length, 4, queries.join('\n'));
  });

  it('of its replica give how it replicates as well', async () => {
    const { lines, queries } = await sampleRowShapes(replica.port);
    const [questions = '', counted = '', ...others] = commonSamples(await versionOf(replica));
    assert.deepEqual(lines, [
      ...GALERA,
      questions,
      counted,
      '# TYPE query_exporter_replica_lag_seconds gauge',
      'query_exporter_replica_lag_seconds{source="127.0.0.1"} 0',
      '# TYPE query_exporter_replica_running gauge',
      'query_exporter_replica_running{thread="io"} 1',
      'query_exporter_replica_running{thread="sql"} 1',
      ...others,
    ]);
    assert.equal(queries.length, 4, queries.join('\n'));
  });
});
