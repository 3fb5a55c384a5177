import assert from 'node:assert/strict';
import { test } from 'node:test';
import { certainlyLacks, foreignEngineOf, guessEngine } from '../../src/commands/convert/statement.ts';

const LACKS: readonly (readonly [sql: string, column: string, lacks: boolean])[] = [
  ['SELECT a, count(*) FROM t', 'b', true],
  ['SELECT a FROM t', 'A', false],
  ['SELECT temperatures FROM t', 'temperature', true],
  ['SELECT * FROM t', 'b', false],
  ['SELECT t.* FROM t', 'b', false],
  ['SELECT a * 2 AS twice FROM t', 'b', true],
  ['WITH x AS (SELECT * FROM t) SELECT a FROM x', 'b', false],
  ['SHOW GLOBAL STATUS', 'b', false],
  ['TABLE t', 'b', false],
];

for (const [sql, column, lacks] of LACKS) {
  test(`"${sql}" ${lacks ? 'certainly has no' : 'may have a'} column "${column}"`, () => {
    assert.equal(certainlyLacks(sql, column), lacks);
  });
}

test('statements for SQL Server are known by what no other server has', () => {
  assert.equal(foreignEngineOf('SELECT x FROM sys.dm_os_wait_stats WITH (NOLOCK)'), 'SQL Server');
  assert.equal(foreignEngineOf('SELECT x FROM sys.memory_global_total'), null);
});

test('the engine of a source without a database is guessed from all its statements', () => {
  assert.equal(guessEngine(['SELECT 1', 'SELECT now()::date', 'SELECT pg_is_in_recovery()']), 'postgres');
  assert.equal(guessEngine(['SELECT 1', 'SELECT @@version']), 'mysql');
  assert.equal(guessEngine([]), 'mysql');
});
