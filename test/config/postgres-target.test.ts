import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { ConfigFolder } from './files.ts';

const METRICS = 'metrics: {m: {query: x, type: gauge, value: v}}\n';

test('a socket of PostgreSQL is named by its folder and its port, or itself', () => {
  using folder = new ConfigFolder();
  const { targets } = folder.load(`targets:
  a: {engine: postgres, socket: /run/pg, user: u, database: d}
  b: {engine: postgres, socket: /run/pg, port: 5433, user: u, database: d}
  c: {engine: postgres, socket: /run/pg/.s.PGSQL.5433, user: u, database: d}
  d: {dsn: "postgres://u@/d?host=/run/pg&port=5433"}
  e: {engine: postgres, socket: pg, user: u, database: d}
${METRICS}`).plan;
  assert.deepEqual(
    targets.map(({ server }) => server),
    ['/run/pg/.s.PGSQL.5432', ...Array(3).fill('/run/pg/.s.PGSQL.5433'), join(folder.path, 'pg', '.s.PGSQL.5432')],
  );
});

test('databases of one server are targets of it, each with its label', () => {
  using folder = new ConfigFolder();
  const { targets } = folder.load(
    `targets: {pg: {dsn: "postgres://u@localhost", databases: [a, b], database_label: db}}\n${METRICS}`,
  ).plan;
  assert.deepEqual(
    targets.map(({ name, server, groups, labels, connection }) => [name, server, groups, labels, connection.database]),
    ['a', 'b'].map((name) => [`pg:${name}`, 'localhost:5432', ['pg'], { db: name }, name]),
  );
});

test('it is said once that a connection to another machine is not encrypted, where nobody said that it may be so', () => {
  using folder = new ConfigFolder();
  const { warnings } = folder.load(`targets:
  a: {engine: postgres, host: db1, user: u, database: d}
  b: {dsn: "postgres://u@db1/d"}
  c: {dsn: "postgres://u@db1/d?sslmode=disable"}
  d: {dsn: "postgres://u@db1/d?sslmode=require"}
  e: {dsn: "postgres://u@db1/d", tls: {mode: off}}
  f: {dsn: "postgres://u@localhost/d"}
  g: {dsn: "postgres://u@127.0.0.2/d"}
  h: {dsn: "postgres://u@/d?host=/run/pg"}
  i: {dsn: "postgres://u@db1", databases: [a, b]}
${METRICS}`);
  const advice = 'the connection is not encrypted; set "tls", or tls: {mode: off} where that is meant';
  const shown = warnings.map((warning) => warning.replace(`${folder.path}/`, ''));
  assert.deepEqual(shown, [
    `config.yml:2:31: targets.a.host: ${advice}`,
    `config.yml:3:12: targets.b.dsn: ${advice}`,
    `config.yml:10:12: targets.i.dsn: ${advice}`,
  ]);
});
