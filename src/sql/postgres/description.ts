import { formatAddress } from '../../language/address.ts';
import type { Engine } from '../engine.ts';
import { exactAddress, POSTGRES_PORT } from './socket-file.ts';

export const postgres: Engine = {
  name: 'postgres',
  title: 'PostgreSQL',
  aliases: ['postgresql'],
  defaultPort: POSTGRES_PORT,
  serverOf: (address) => formatAddress(exactAddress(address)),
  samplesDependOn: ({ address, database, user }) => ({ address: exactAddress(address), database, user }),
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
  load: async () => (await import('./postgres-sessions.ts')).createPostgresSessions(),
};
