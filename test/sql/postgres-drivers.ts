import { createRecordLogger } from '../../src/logger.ts';
import type { Driver } from '../../src/sql/driver.ts';
import { createDrivers, type DriversOptions } from '../../src/sql/drivers.ts';
import { type TargetParts, targetOf } from '../support/plan-parts.ts';
import { type Postgres, type PostgresOptions, startPostgres } from '../support/postgres.ts';
import type { DriverBench, EngineSql } from './driver-conformance.ts';

/** A PostgreSQL with the table `fruit` in its database `shop`. */
export async function startShop(options: PostgresOptions = {}): Promise<Postgres> {
  const server = await startPostgres({ databases: ['shop'], ...options });
  await server.queryIn(
    'shop',
    `CREATE TABLE fruit (id INTEGER, name TEXT); INSERT INTO fruit VALUES (1, 'apple'), (2, 'pear');
     GRANT ALL ON fruit TO test; GRANT CREATE ON SCHEMA public TO test`,
  );
  return server;
}

/** A driver that shares nothing with others; the caller closes it. */
export function openPostgres(port: number, overrides: TargetParts = {}, options: DriversOptions = {}): Driver {
  const target = targetOf({
    engine: 'postgres',
    address: { kind: 'tcp', host: '127.0.0.1', port },
    user: 'test',
    password: { kind: 'text', text: 'test123' },
    database: 'shop',
    ...overrides,
  });
  const logger = createRecordLogger(() => undefined);
  return createDrivers([], 1_000, logger, options).driverFor(target);
}

export const SKIPS: DriverBench['skips'] = { binary: 'the server prints the type bytea as hexadecimal digits' };

export const POSTGRES_SQL: EngineSql = {
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
    probe: `SELECT concat_ws(',', current_setting('app.leak', true),
      (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'))`,
    expected: ',0',
  },
};
