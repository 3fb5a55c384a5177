import { describeDriver } from './driver-conformance.ts';
import { createMysqlBench } from './mysql-bench.ts';

describeDriver('mysql', async () => {
  const bench = await createMysqlBench();
  return {
    open: (overrides) => bench.open(overrides),
    sql: {
      count: (rows) => `SELECT seq AS n FROM seq_1_to_${rows}`,
      bigCell: (bytes) => `SELECT REPEAT('x', ${bytes}) AS text`,
      endless: 'SELECT SLEEP(60)',
      withoutResult: ['DO 1', 'SET @x = 1', '', '-- nothing', 'SELECT 1 INTO @x'],
      init: { statement: 'SET @wanted = 7', probe: 'SELECT @wanted', expected: '7' },
      leak: {
        statements: ['SELECT @leak := 7', `SELECT GET_LOCK('leak', 0)`],
        probe: `SELECT CONCAT_WS(',', @leak, IS_FREE_LOCK('leak'))`,
        expected: '1',
      },
    },
    skips: {},
    [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose](),
  };
});
