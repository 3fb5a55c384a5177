import { createFolder, Daemon, removeFolder, startOnFreePort } from '../support/daemon.ts';
import { requireTool, type ToolName } from '../support/tools.ts';

/** Every collector of mysqld_exporter 0.14 that is off by default and that a pack stands for. */
const OPTIONAL_COLLECTORS = [
  'auto_increment.columns',
  'binlog_size',
  'engine_innodb_status',
  'heartbeat',
  'info_schema.clientstats',
  'info_schema.innodb_metrics',
  'info_schema.innodb_tablespaces',
  'info_schema.processlist',
  'info_schema.processlist.processes_by_host',
  'info_schema.processlist.processes_by_user',
  'info_schema.query_response_time',
  'info_schema.schemastats',
  'info_schema.tables',
  'info_schema.tablestats',
  'info_schema.userstats',
  'mysql.user',
  'perf_schema.eventsstatements',
  'perf_schema.eventsstatementssum',
  'perf_schema.eventswaits',
  'perf_schema.file_events',
  'perf_schema.file_instances',
  'perf_schema.indexiowaits',
  'perf_schema.memory_events',
  'perf_schema.tableiowaits',
  'perf_schema.tablelocks',
  'slave_hosts',
];

/** The exposition of mysqld_exporter, with its default collectors or with all. */
export function askMysqldExporter(port: number, user: string, collectors: 'default' | 'all'): Promise<string> {
  const flags = collectors === 'all' ? OPTIONAL_COLLECTORS.map((name) => `--collect.${name}`) : [];
  return askExporter('mysqld-exporter', `${user}:${PASSWORD}@(127.0.0.1:${port})/`, flags);
}

/** The exposition of postgres_exporter. */
export function askPostgresExporter(port: number, user: string, database: string): Promise<string> {
  const dsn = `postgresql://${user}:${PASSWORD}@127.0.0.1:${port}/${database}?sslmode=disable`;
  return askExporter('postgres-exporter', dsn, []);
}

/** That of the users of every server here. */
export const PASSWORD = 'monitor123';

async function askExporter(name: ToolName, dsn: string, flags: readonly string[]): Promise<string> {
  const tool = await requireTool(name);
  const folder = await createFolder(name);
  const env = { ...tool.env, DATA_SOURCE_NAME: dsn, HOME: folder };
  const { daemon, ready } = await startOnFreePort(
    (port) => new Daemon({ path: tool.path, env }, [`--web.listen-address=127.0.0.1:${port}`, ...flags], folder),
    (port) => metricsOf(port),
  );
  await daemon.kill();
  await removeFolder(folder);
  return ready;
}

/** Undefined while it does not answer. */
async function metricsOf(port: number): Promise<string | undefined> {
  try {
    return await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  } catch {
    return undefined;
  }
}
