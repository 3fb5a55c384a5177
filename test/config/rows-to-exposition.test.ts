import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTaskRenderer } from '../../src/metrics/renderer.ts';
import { errorParts } from '../../src/metrics/value-part.ts';
import type { Task } from '../../src/model/plan.ts';
import { render, type TestCell, textOf } from '../metrics/render.ts';
import { ConfigFolder } from './files.ts';

/** Every key of a metric that says what a row means. */
const CONFIG = `
dsn: u@tcp(h)/d
queries:
  replica:
    sql: SHOW REPLICA STATUS
    namespace: mysql
    metrics:
      replica_lag_seconds:
        type: gauge
        labels: {source: [Source_Host, Master_Host]}
        value: [Seconds_Behind_Source, Seconds_Behind_Master]
      replica_running:
        type: gauge
        value_label: thread
        values: {io: [Replica_IO_Running, Slave_IO_Running], sql: [Replica_SQL_Running, Slave_SQL_Running]}
        map: {"Yes": 1, "No": 0, Connecting: 0}
  status:
    sql: SHOW GLOBAL STATUS
    namespace: ""
    metrics:
      threads_connected: {type: gauge, where: {Variable_name: Threads_connected}, value: Value, empty_value: 0}
      questions_total: {type: counter, where: {Variable_name: [Questions, Queries]}, value: Value}
      galera_ready:
        type: gauge
        where: {Variable_name: wsrep_ready}
        value: Value
        map: {"ON": 1, "OFF": 0}
        empty_value: -1
        error_value: 0
      "status_{Variable_name}":
        type: gauge
        description: The status variable {Variable_name}
        where: {Variable_name: [Uptime, Open_files]}
        value: Value
  version:
    sql: SELECT VERSION() AS version
    metrics:
      server_info: {type: gauge, labels: [version], value: 1, static_labels: {kind: db}}
  latency:
    sql: SELECT route, SUM(ms<=100) le100, SUM(ms<=1000) le1000, SUM(ms)/1000 s, COUNT(*) n FROM hits GROUP BY route
    metrics:
      request_seconds: {type: histogram, labels: [route], buckets: {0.1: le100, 1: le1000}, sum: s, count: n}
  io:
    sql: SELECT file, reads, writes, at FROM io
    metrics:
      io_total: {type: counter, labels: [file], values: [reads, writes], value_label: operation}
      io_seen_timestamp_seconds: {type: gauge, labels: [file], value: at}
`;

function taskOf(query: string): Task {
  using folder = new ConfigFolder();
  const { plan } = folder.load(CONFIG);
  const task = plan.tasks.find((one) => one.query.name === query);
  assert.ok(task);
  return task;
}

const RESULTS: Readonly<Record<string, readonly [readonly string[], readonly TestCell[][], readonly string[]]>> = {
  'replica of MySQL': [
    ['Source_Host', 'Seconds_Behind_Source', 'Replica_IO_Running', 'Replica_SQL_Running'],
    [['db1', '3', 'Yes', 'No']],
    [
      'mysql_replica_lag_seconds{source="db1"} 3',
      'mysql_replica_running{thread="io"} 1',
      'mysql_replica_running{thread="sql"} 0',
    ],
  ],
  'replica of MariaDB': [
    ['Master_Host', 'Seconds_Behind_Master', 'Slave_IO_Running', 'Slave_SQL_Running'],
    [['db1', null, 'Connecting', 'Yes']],
    ['mysql_replica_running{thread="io"} 0', 'mysql_replica_running{thread="sql"} 1'],
  ],
  'status of a cluster': [
    ['Variable_name', 'Value'],
    [
      ['Threads_connected', '4'],
      ['Questions', '17'],
      ['uptime', '1'],
      ['Uptime', '9'],
      ['wsrep_ready', 'ON'],
      ['Rsa_public_key', ''],
    ],
    ['galera_ready 1', 'questions_total 17', 'status_Uptime 9', 'threads_connected 4'],
  ],
  'status without rows': [['Variable_name', 'Value'], [], ['galera_ready -1', 'threads_connected 0']],
  'version of it': [['VERSION'], [['10.11.6']], ['query_exporter_server_info{kind="db",version="10.11.6"} 1']],
  'latency by route': [
    ['route', 'le100', 'le1000', 's', 'n'],
    [['/', '2', '5', '1.5', '6']],
    [
      'query_exporter_request_seconds_bucket{le="0.1",route="/"} 2',
      'query_exporter_request_seconds_bucket{le="1",route="/"} 5',
      'query_exporter_request_seconds_bucket{le="+Inf",route="/"} 6',
      'query_exporter_request_seconds_sum{route="/"} 1.5',
      'query_exporter_request_seconds_count{route="/"} 6',
    ],
  ],
  'io by file': [
    ['file', 'reads', 'writes', 'at'],
    [['a', '1', '2', '2026-01-31 12:00:00+09']],
    [
      'query_exporter_io_seen_timestamp_seconds{file="a"} 1769828400',
      'query_exporter_io_total{file="a",operation="reads"} 1',
      'query_exporter_io_total{file="a",operation="writes"} 2',
    ],
  ],
};

for (const [name, [columns, rows, expected]] of Object.entries(RESULTS)) {
  test(`rows become what the configuration says: ${name}`, () => {
    const { parts, rejections } = render(taskOf(name.split(' ')[0] ?? ''), columns, rows);
    const lines = textOf({ parts }).trim().split('\n').sort();
    assert.deepEqual(lines, [...expected].sort());
    assert.deepEqual(rejections, []);
  });
}

test('a metric with an error_value has it while the newest run failed', () => {
  assert.equal(textOf({ parts: errorParts(taskOf('status')) }), 'galera_ready 0\n');
});

test('a result with none of the columns of a list is refused with all their names', () => {
  const result = createTaskRenderer(taskOf('replica')).begin({ maxSeries: 1 });
  assert.throws(() => result.columns(['Slave_IO_State']), /Source_Host.*Master_Host/s);
});
