import { formatAddress } from '../../language/address.ts';
import type { Engine } from '../engine.ts';
import { NOTHING_GIVEN } from '../given-connection.ts';
import { sqliteDsn } from './sqlite-dsn.ts';

export const sqlite: Engine = {
  name: 'sqlite',
  title: 'SQLite',
  aliases: [],
  defaultPort: null,
  namesSocketByPort: false,
  dsn: sqliteDsn,
  takes: ['database', 'max_connections', 'connect_timeout'],
  keys: () => ({}),
  placeKeys: [],
  readPlace: () => NOTHING_GIVEN,
  databasesOf: () => null,
  complete: (connection) => connection,
  serverOf: formatAddress,
  samplesDependOn: ({ address }) => ({ address }),
  products: [],
  knowsRole: false,
  roleSql: {},
  lineComments: { dashes: 'always', hash: false, dollarQuotes: false },
  hints: {
    date: "use CAST(strftime('%s', COLUMN) AS INTEGER)",
    time: "use CAST(strftime('%s', '1970-01-01 ' || COLUMN) AS INTEGER)",
    json: "use json_extract(COLUMN, '$.key')",
  },
  // Each is a process of its own.
  maxSessions: 4,
  load: async () => (await import('./sqlite-sessions.ts')).sqliteSessions,
};
