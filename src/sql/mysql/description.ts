import { formatAddress } from '../../language/address.ts';
import type { Engine } from '../engine.ts';

export const mysql: Engine = {
  name: 'mysql',
  title: 'MySQL',
  aliases: ['mariadb'],
  defaultPort: 3306,
  serverOf: formatAddress,
  samplesDependOn: ({ address, database, user }) => ({ address, database, user }),
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
