import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ConfigFolder } from '../end-to-end/program.ts';
import { type Mariadb, startMariadb } from '../support/mariadb.ts';
import { type Postgres, startPostgres } from '../support/postgres.ts';
import { runCommand } from './run-command.ts';

const PASSWORD = 'test123';

interface Source {
  readonly format: string;
  /** By name; the one that is given to `convert` comes first. */
  readonly files: (ports: { readonly mariadb: number; readonly postgres: number }) => Readonly<Record<string, string>>;
  /** The lines of samples that `test` prints of what it becomes; HOST stands for the address of the MariaDB. */
  readonly samples: readonly string[];
}

const SOURCES: readonly Source[] = [
  {
    format: 'go-gywn',
    files: ({ mariadb, postgres }) => ({
      'metrics.yml': `
sessions: {targets: [prod], collects: [{query: "select 'a' user, 3 n", timeout: 10, metrics: {sessions: {type: gauge, labels: [user], value: n}}}]}
session_count: {targets: [reports], collects: [{query: "select 2 n", timeout: 10, metrics: {session_count: {type: gauge, labels: [], value: n}}}]}
`,
      'databases.yml': `
prod: {prod01: {type: mysql, dsn: "test:${PASSWORD}@tcp(127.0.0.1:${mariadb})/shop"}}
reports: {pg01: {type: postgres, dsn: "postgres://test:${PASSWORD}@127.0.0.1:${postgres}/postgres?sslmode=disable"}}
`,
    }),
    samples: [
      'query_exporter_session_count{instance="pg01"} 2',
      'query_exporter_sessions{instance="prod01",user="a"} 3',
    ],
  },
  {
    format: 'albertodonato',
    files: ({ mariadb }) => ({
      'config.yml': `
databases: {shop: {dsn: "mysql+pymysql://test:${PASSWORD}@127.0.0.1:${mariadb}/shop"}}
metrics: {orders: {type: gauge, description: Orders, labels: [state]}}
queries: {orders: {databases: [shop], interval: 30, metrics: [orders], sql: "select 'open' state, 4 orders"}}
`,
    }),
    samples: ['orders{database="shop",state="open"} 4'],
  },
  {
    format: 'burningalchemist',
    files: ({ mariadb }) => ({
      'sql_exporter.yml': `
global: {scrape_timeout: 10s, min_interval: 30s}
target: {name: shop, data_source_name: "mysql://test:${PASSWORD}@tcp(127.0.0.1:${mariadb})/shop", collectors: [io]}
collectors:
  - collector_name: io
    metrics:
      - {metric_name: io_bytes, type: gauge, help: Bytes, value_label: way, values: [sent, received], query: "select 5 sent, 6 received"}
`,
    }),
    samples: ['io_bytes{target="shop",way="received"} 6', 'io_bytes{target="shop",way="sent"} 5'],
  },
  {
    format: 'justwatch',
    files: ({ mariadb }) => ({
      'config.yml': `
jobs:
  - name: shop
    interval: 5m
    connections: ["mysql://test:${PASSWORD}@tcp(127.0.0.1:${mariadb})/shop"]
    queries: [{name: traffic, help: Bytes, labels: [peer], values: [sent], query: "select 'p' peer, 7 sent"}]
`,
    }),
    samples: [
      `sql_traffic{col="sent",database="shop",driver="mysql",host="HOST",peer="p",sql_job="shop",user="test"} 7`,
    ],
  },
  {
    format: 'percona',
    files: () => ({
      'queries.yml': `
mysql_orders:
  query: "select 'open' state, 8 total"
  metrics: [{state: {usage: LABEL, description: State}}, {total: {usage: GAUGE, description: Orders}}]
`,
    }),
    samples: ['mysql_orders_total{state="open"} 8'],
  },
  {
    format: 'postgres-exporter',
    files: () => ({
      'queries.yml': `
pg_orders:
  query: "select 'open' state, 9 total"
  metrics: [{state: {usage: LABEL, description: State}}, {total: {usage: GAUGE, description: Orders}}]
`,
    }),
    samples: ['pg_orders_total{server="db",state="open"} 9'],
  },
];

let mariadb: Mariadb;
let postgres: Postgres;
before(async () => {
  [mariadb, postgres] = await Promise.all([startMariadb({ databases: ['shop'] }), startPostgres()]);
});
after(async () => {
  await Promise.all([mariadb?.[Symbol.asyncDispose](), postgres?.[Symbol.asyncDispose]()]);
});

for (const { format, files, samples } of SOURCES) {
  test(`what a configuration of ${format} becomes runs on a server`, async () => {
    const ports = { mariadb: mariadb.port, postgres: postgres.port };
    const sources = files(ports);
    await using folder = await ConfigFolder.create('');
    for (const [name, source] of Object.entries(sources)) await folder.write(source, name);
    const named = Object.keys(sources).map((name) => folder.file(name));
    const { stdout, stderr } = await runCommand(['convert', format, ...named]);
    assert.doesNotMatch(stdout, new RegExp(PASSWORD), stderr);
    // What the source does not say: where the database is, and the password that was taken out.
    const completed = stdout
      .replace('monitor@tcp(127.0.0.1:3306)/', `test@tcp(127.0.0.1:${ports.mariadb})/`)
      .replace('  localhost:5432:', '  db:')
      .replace('monitor@localhost:5432/postgres', `test@127.0.0.1:${ports.postgres}/postgres`);
    await folder.write(completed);
    for (const [, name = ''] of completed.matchAll(/password_file: (\S+)/g)) await folder.write(PASSWORD, name);
    const ended = await runCommand(['test', '--config', folder.config]);
    const lines = ended.stdout.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    const expected = samples.map((line) => line.replace('HOST', `127.0.0.1:${ports.mariadb}`));
    assert.deepEqual(lines.toSorted(), expected, `${stdout}\n${ended.stderr}`);
    assert.equal(ended.status, 0, ended.stderr);
  });
}
