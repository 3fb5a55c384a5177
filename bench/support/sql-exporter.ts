import type { Tool } from '../../test/support/tools.ts';
import { LABELS, VALUE } from './rows.ts';
import type { Program } from './service.ts';

export interface Job {
  readonly tool: Tool;
  readonly dsns: readonly string[];
  readonly sqls: readonly string[];
  /** The time from the end of the refreshes to the next ones, such as `10s`. */
  readonly interval: string;
}

/** Debian's prometheus-sql-exporter, which runs every query on every database. */
export function sqlExporterProgram({ tool, dsns, sqls, interval }: Job): Program {
  const queries = sqls.map((sql, i) => ({
    name: i === 0 ? 'orders' : `orders_${i}`,
    help: 'Orders.',
    labels: LABELS,
    values: [VALUE],
    query: sql,
  }));
  const connections = dsns.map((dsn) => `mysql://${dsn}`);
  // JSON is YAML.
  const config = JSON.stringify({ jobs: [{ name: 'bench', interval, connections, queries }] });
  return {
    name: 'sql-exporter',
    path: tool.path,
    env: tool.env,
    files: () => ({ 'config.yml': config }),
    args: ({ port, folder }) => ['-config.file', `${folder}/config.yml`, '-web.listen-address', `127.0.0.1:${port}`],
    readyPath: '/metrics',
  };
}

/** How long each refresh took, by its log. */
export function durationsMs(log: string): readonly number[] {
  const durations: number[] = [];
  let begunMs = Number.NaN;
  for (const line of log.split('\n')) {
    const { msg, ts } = readLine(line);
    if (msg === 'Running Query') begunMs = Date.parse(ts);
    else if (msg === 'Query finished' && !Number.isNaN(begunMs)) durations.push(Date.parse(ts) - begunMs);
  }
  return durations;
}

function readLine(line: string): { readonly msg: string; readonly ts: string } {
  try {
    return JSON.parse(line);
  } catch {
    return { msg: '', ts: '' };
  }
}
