import { formatAddress } from '../../src/language/address.ts';
import type { Query, Target } from '../../src/model/plan.ts';
import type { QueryName, TargetName } from '../../src/model/words.ts';
import type { MysqlConnection } from '../../src/sql/mysql/mysql-connection.ts';

/** Parts of a target and of its connection, side by side. */
export type TargetParts = Partial<Target> & Partial<MysqlConnection>;

/** A target on which everything has a value that fits a test. */
export function targetOf(parts: TargetParts = {}): Target {
  const { address, user, password, database, tls, readTimeoutMs, slowLog, ...overrides } = parts;
  const name = overrides.name ?? ('db1' as TargetName);
  const connection: MysqlConnection = {
    address: address ?? { kind: 'tcp', host: `${name}.test`, port: 3306 },
    user: user ?? 'monitor',
    password: password ?? { kind: 'none' },
    database: database ?? '',
    tls: tls ?? null,
    readTimeoutMs: readTimeoutMs ?? null,
    slowLog: slowLog ?? true,
  };
  return {
    name,
    engine: 'mysql',
    server: formatAddress(connection.address),
    shared: false,
    connection,
    groups: [],
    labels: {},
    maxConnections: 2,
    connectTimeoutMs: 5_000,
    pingIntervalMs: null,
    initSql: [],
    ...overrides,
  };
}

/** A query on which everything has a value that fits a test. */
export function queryOf(overrides: Partial<Query> = {}): Query {
  const schedule = overrides.schedule ?? { kind: 'interval', everyMs: 15_000 };
  const periodMs = schedule.kind === 'interval' ? schedule.everyMs : 3_600_000;
  return {
    name: 'orders' as QueryName,
    sql: 'select n from orders',
    collector: null,
    when: null,
    description: null,
    needs: null,
    schedule,
    periodMs,
    jitterMs: 0,
    runOnStart: schedule.kind === 'interval',
    catchUpMs: periodMs / 10,
    timeoutMs: 10_000,
    onError: 'keep',
    onEmpty: 'clear',
    maxAgeMs: null,
    maxRows: 10_000,
    maxBytes: 16 * 2 ** 20,
    maxLabelLength: 4_096,
    ...overrides,
  };
}
