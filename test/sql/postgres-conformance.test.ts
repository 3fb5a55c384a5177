import { createRecordLogger } from '../../src/logger.ts';
import { createDrivers } from '../../src/sql/drivers.ts';
import { targetOf } from '../support/plan-parts.ts';
import { startPostgres } from '../support/postgres.ts';
import { describeDriver } from './driver-conformance.ts';

describeDriver('PostgreSQL', async () => {
  const server = await startPostgres({ databases: ['shop'] });
  await server.queryIn(
    'shop',
    `CREATE TABLE fruit (id INTEGER, name TEXT); INSERT INTO fruit VALUES (1, 'apple'), (2, 'pear');
     GRANT ALL ON fruit TO test; GRANT CREATE ON SCHEMA public TO test`,
  );
  return {
    open: (overrides) => {
      const target = targetOf({
        engine: 'postgres',
        address: { kind: 'tcp', host: '127.0.0.1', port: server.port },
        user: server.user,
        password: { kind: 'text', text: server.password },
        database: 'shop',
        ...overrides,
      });
      const logger = createRecordLogger(() => undefined);
      return createDrivers([], 1_000, logger).driverFor(target);
    },
    sql: {
      count: (rows) => `SELECT n FROM generate_series(1, ${rows}) AS n`,
      bigCell: (bytes) => `SELECT repeat('x', ${bytes}) AS text`,
      endless: 'SELECT pg_sleep(60)',
      withoutResult: ['DO $$ BEGIN END $$', "SET work_mem = '1MB'", '', '-- nothing', 'COMMIT'],
      init: {
        statement: "SELECT set_config('app.wanted', '7', true)",
        probe: "SELECT current_setting('app.wanted')",
        expected: '7',
      },
      leak: {
        statements: ['SELECT pg_advisory_lock(7)', "SELECT set_config('app.leak', '7', false)"],
        probe: `SELECT concat_ws(',', current_setting('app.leak', true), (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'))`,
        expected: ',0',
      },
    },
    skips: { binary: 'the server prints the type bytea as hexadecimal digits' },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
});
