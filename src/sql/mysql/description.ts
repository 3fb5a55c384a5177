import { formatAddress } from '../../language/address.ts';
import type { Connection } from '../../model/plan.ts';
import { type Engine, type OwnEntry, SHARED_KEYS } from '../engine.ts';
import { type GivenConnection, NOTHING_GIVEN } from '../given-connection.ts';
import { readClientOptions } from './client-options.ts';
import type { MysqlConnection } from './mysql-connection.ts';
import { MYSQL_PORT, type MysqlDsn, mysqlDsn } from './mysql-dsn.ts';
import { PRODUCTS } from './server-version.ts';
import { type MysqlEntry, mysqlKeys } from './target-keys.ts';

export const mysql: Engine = {
  name: 'mysql',
  title: 'MySQL',
  aliases: ['mariadb'],
  defaultPort: MYSQL_PORT,
  namesSocketByPort: false,
  dsn: mysqlDsn,
  takes: SHARED_KEYS,
  keys: mysqlKeys,
  placeKeys: ['defaults_file'],
  readPlace(entry, checks) {
    const { defaults_file: file } = entry as MysqlEntry;
    return file === undefined ? NOTHING_GIVEN : readClientOptions('defaults_file', file, checks);
  },
  databasesOf: () => null,
  complete,
  serverOf: formatAddress,
  samplesDependOn: ({ address, database, user }) => ({ address, database, user }),
  products: Object.keys(PRODUCTS),
  knowsRole: false,
  // A convention, and no fact: which server takes writes, its administrator decides.
  roleSql: { primary: 'SELECT NOT @@global.read_only', replica: 'SELECT @@global.read_only' },
  lineComments: { dashes: 'before-blank', hash: true, dollarQuotes: false },
  hints: {
    date: 'use UNIX_TIMESTAMP(COLUMN)',
    time: 'use TIME_TO_SEC(COLUMN)',
    json: "use JSON_VALUE(COLUMN, '$.key')",
    hex: 'use CONV(SUBSTR(COLUMN, 3), 16, 10)',
  },
  maxSessions: null,
  load: async () => (await import('./mysql-sessions.ts')).mysqlSessions,
};

function complete(connection: Connection, entry: OwnEntry, given: GivenConnection): MysqlConnection {
  const { readTimeoutMs = null } = given as Partial<MysqlDsn>;
  const { slow_log: slowLog = true } = entry as MysqlEntry;
  return { ...connection, readTimeoutMs, slowLog };
}
