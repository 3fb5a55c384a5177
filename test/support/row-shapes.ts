import assert from 'node:assert/strict';
import { ConfigFolder, runToEnd } from '../end-to-end/program.ts';
import { checkMetrics } from './prometheus.ts';

/** The table that {@link sampleRowShapes} reads, in the database `shop`. */
export const HITS = [
  'CREATE TABLE shop.hits (route VARCHAR(20), ms INT)',
  `INSERT INTO shop.hits VALUES ('/', 50), ('/', 400), ('/', 3000), ('/cart', 100)`,
];

/** One query for each shape of a result that is not one value a row. */
const QUERIES = `
queries:
  replica:
    sql: SHOW REPLICA STATUS
    when: {version: "mysql >=8.0.22 || mariadb >=10.5"}
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
    metrics:
      threads_connected: {type: gauge, where: {Variable_name: Threads_connected}, value: Value}
      questions_total: {type: counter, where: {Variable_name: Questions}, value: Value}
      galera_ready: {type: gauge, where: {Variable_name: wsrep_ready}, value: Value, map: {"ON": 1, "OFF": 0}}
  version:
    sql: SELECT VERSION() AS version
    metrics: {server_info: {type: gauge, labels: [version], value: 1}}
  latency:
    sql: SELECT route, SUM(ms<=100) le100, SUM(ms<=1000) le1000, SUM(ms)/1000 s, COUNT(*) n FROM hits GROUP BY route
    metrics:
      request_seconds: {type: histogram, labels: [route], buckets: {0.1: le100, 1: le1000}, sum: s, count: n}
`;

/** What the queries print on every server; the two counts that the server alone knows are N. */
export function commonSamples(version: string): readonly string[] {
  return [
    '# TYPE query_exporter_questions_total counter',
    'query_exporter_questions_total N',
    '# TYPE query_exporter_request_seconds histogram',
    'query_exporter_request_seconds_bucket{le="0.1",route="/"} 1',
    'query_exporter_request_seconds_bucket{le="1",route="/"} 2',
    'query_exporter_request_seconds_bucket{le="+Inf",route="/"} 3',
    'query_exporter_request_seconds_sum{route="/"} 3.45',
    'query_exporter_request_seconds_count{route="/"} 3',
    'query_exporter_request_seconds_bucket{le="0.1",route="/cart"} 1',
    'query_exporter_request_seconds_bucket{le="1",route="/cart"} 1',
    'query_exporter_request_seconds_bucket{le="+Inf",route="/cart"} 1',
    'query_exporter_request_seconds_sum{route="/cart"} 0.1',
    'query_exporter_request_seconds_count{route="/cart"} 1',
    '# TYPE query_exporter_server_info gauge',
    `query_exporter_server_info{version="${version}"} 1`,
    '# TYPE query_exporter_threads_connected gauge',
    'query_exporter_threads_connected N',
  ];
}

/**
 * What `query-exporter test` prints of the queries on the server: the exposition without its HELP lines, after promtool has
 * passed it, and a line for each query.
 */
export async function sampleRowShapes(port: number): Promise<{ lines: readonly string[]; queries: readonly string[] }> {
  await using folder = await ConfigFolder.create(`dsn: test:test123@tcp(127.0.0.1:${port})/shop\n${QUERIES}`);
  const { status, stdout, stderr } = await runToEnd(['test', '--config', folder.config]);
  assert.equal(status, 0, stderr);
  assert.deepEqual(await checkMetrics(stdout), { ok: true, output: '' });
  const lines = stdout
    .trimEnd()
    .split('\n')
    .filter((line) => !line.startsWith('# HELP '))
    .map((line) => line.replace(/^(query_exporter_(?:questions_total|threads_connected)) [1-9]\d*$/, '$1 N'));
  // As they end, each with a word and a time in front, remarks below it, and a total behind them all.
  const queries = [...stderr.matchAll(/^(?:ok|skipped) .*?s {2}(query .*)$/gm)].map(([, query = '']) => query);
  return { lines, queries };
}
