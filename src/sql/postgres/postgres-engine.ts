import { formatAddress, isLoopback } from '../../language/address.ts';
import type { KeyWords } from '../../language/key-words.ts';
import type { Connection } from '../../model/plan.ts';
import { type Engine, type OwnEntry, SHARED_KEYS, type TargetChecks } from '../engine.ts';
import { type GivenConnection, NOTHING_GIVEN } from '../given-connection.ts';
import { postgresDsn } from './libpq-dsn.ts';
import { POSTGRES_PORT, socketFile } from './socket-file.ts';

/** The keys of a target that only this engine takes. */
const postgresKeys = ({ key, list, nonEmptyText, text }: KeyWords) => ({
  databases: key(
    list(nonEmptyText('a database'), 'a list of databases'),
    { secrecy: 'hidden', inSamples: true },
    'Several databases of one server, instead of `database`: each is a target `NAME:DATABASE` in a group `NAME`, and its ' +
      'samples carry the label `database`.',
  ),
  database_label: key(
    text('a label name, or ""'),
    { secrecy: 'shown', inSamples: true },
    'Another name for the label of `databases`; "" for none.',
  ),
});

/** Their values, as checked. */
interface PostgresEntry {
  readonly databases?: readonly string[];
  readonly database_label?: string;
}

export const postgres: Engine = {
  name: 'postgres',
  title: 'PostgreSQL',
  aliases: ['postgresql'],
  defaultPort: POSTGRES_PORT,
  namesSocketByPort: true,
  dsn: postgresDsn,
  takes: SHARED_KEYS,
  keys: postgresKeys,
  placeKeys: [],
  readPlace: () => NOTHING_GIVEN,
  databasesOf(entry) {
    const { databases: names, database_label: label = 'database' } = entry as PostgresEntry;
    return names === undefined ? null : { names, label, key: 'databases' };
  },
  complete,
  serverOf: formatAddress,
  samplesDependOn: ({ address, database, user }) => ({ address, database, user }),
  products: ['postgres'],
  knowsRole: true,
  roleSql: {},
  lineComments: { dashes: 'always', hash: false, dollarQuotes: true },
  hints: {
    date: 'use EXTRACT(EPOCH FROM COLUMN)',
    time: 'use EXTRACT(EPOCH FROM COLUMN)',
    interval: 'use EXTRACT(EPOCH FROM COLUMN)',
    json: "use (COLUMN->>'key')::numeric",
    array: 'use cardinality(COLUMN), or unnest',
    money: 'use COLUMN::numeric',
    position: "use pg_wal_lsn_diff(COLUMN, '0/0')",
  },
  maxSessions: null,
  load: async () => (await import('./postgres-sessions.ts')).postgresSessions,
};

function complete(connection: Connection, entry: OwnEntry, given: GivenConnection, checks: TargetChecks): Connection {
  const { address, database } = connection;
  const hasDsn = entry['dsn'] !== undefined;
  const { databases } = entry as PostgresEntry;
  if (databases === undefined && entry['database_label'] !== undefined) {
    checks.refuse('database_label', 'works only with "databases"');
  }
  if (databases !== undefined && given.database !== null)
    checks.refuse('databases', 'the dsn names a database already');
  if (database === '' && hasDsn && entry['database'] === undefined) checks.refuse('dsn', 'names no database');
  else if (database === '') checks.require('database');
  if (address.kind !== 'tcp') {
    return {
      ...connection,
      address: { ...address, path: socketFile(address.path, entry['port'] as number | undefined) },
    };
  }
  // Other programs encrypt where the server can, unless they are told otherwise.
  if (given.tls.mode === null && entry['tls'] === undefined && !isLoopback(address.host)) {
    const advice = 'set "tls", or tls: {mode: off} where that is meant';
    checks.warn(hasDsn ? 'dsn' : 'host', `the connection is not encrypted; ${advice}`);
  }
  return connection;
}
