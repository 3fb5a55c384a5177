import { createConnection } from 'mysql2/promise';
import { createRecordLogger, type LogRecord } from '../../src/logger.ts';
import type { Target } from '../../src/model/plan.ts';
import type { TargetName } from '../../src/model/words.ts';
import type { Driver, Drivers } from '../../src/sql/driver.ts';
import { createDrivers, type DriversOptions } from '../../src/sql/drivers.ts';
import { type Mariadb, type MariadbOptions, startMariadb } from '../support/mariadb.ts';
import { type TargetParts, targetOf } from '../support/plan-parts.ts';

/** A MariaDB with the table `fruit`, and drivers for it. */
export interface MysqlBench extends AsyncDisposable {
  readonly server: Mariadb;
  /** Drivers that share their budgets. */
  readonly drivers: Drivers;
  readonly log: readonly LogRecord[];
  target(overrides?: TargetParts): Target;
  /** A driver that shares nothing with others; the caller closes it. */
  open(overrides?: TargetParts): Driver;
  /** A session of the administrator, which keeps its locks until it ends. */
  admin(): Promise<Admin>;
  /** A session of another user than the administrator that does nothing. */
  guest(): Promise<AsyncDisposable>;
}

export interface Admin extends AsyncDisposable {
  query(sql: string): Promise<unknown>;
}

export async function createMysqlBench(
  serverOptions: MariadbOptions = {},
  options: DriversOptions = {},
): Promise<MysqlBench> {
  const server = await startMariadb({ databases: ['shop'], ...serverOptions });
  try {
    await server.query('CREATE TABLE shop.fruit (id INTEGER, name TEXT)');
    await server.query(`INSERT INTO shop.fruit VALUES (1, 'apple'), (2, 'pear')`);
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
  const log: LogRecord[] = [];
  const create = (): Drivers =>
    createDrivers(
      [],
      MAX_RUNNING,
      createRecordLogger((record) => log.push(record)),
      options,
    );
  const drivers = create();
  const target = (overrides: TargetParts = {}): Target =>
    targetOf({
      engine: 'mysql',
      address: { kind: 'tcp', host: '127.0.0.1', port: server.port },
      user: server.user,
      password: { kind: 'text', text: server.password },
      database: 'shop',
      ...overrides,
    });
  return {
    server,
    drivers,
    log,
    target,
    open: (overrides) => create().driverFor(target(overrides)),
    admin: async () => {
      const connection = await createConnection({ socketPath: server.socketPath, user: 'root' });
      return { query: (sql) => connection.query(sql), [Symbol.asyncDispose]: () => connection.end() };
    },
    guest: async () => {
      const { socketPath, user, password } = server;
      const connection = await createConnection({ socketPath, user, password });
      return { [Symbol.asyncDispose]: () => connection.end() };
    },
    [Symbol.asyncDispose]: async () => {
      await drivers[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** More than any test runs at one time. */
export const MAX_RUNNING = 1_000;

export function named(name: string): TargetName {
  return name as TargetName;
}
