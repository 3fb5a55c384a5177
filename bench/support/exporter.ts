import { fileURLToPath } from 'node:url';
import { untilReady } from '../../test/support/daemon.ts';
import type { Mariadb } from '../../test/support/mariadb.ts';
import { DATABASE } from './orders.ts';
import { LABELS, VALUE } from './rows.ts';
import { get, type Program, type Service, startService } from './service.ts';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const CONFIG = 'config.yml';

/** Starts this exporter on a configuration, as a user would. It answers at once; see {@link untilFilled}. */
export function startExporter(config: string): Promise<Service> {
  return startService(exporterProgram(config));
}

export function exporterProgram(config: string, main = MAIN): Program {
  return {
    name: 'exporter',
    path: process.execPath,
    env: process.env,
    files: () => ({ [CONFIG]: config }),
    args: ({ port, folder }) => [
      ...[main, '--config', `${folder}/${CONFIG}`, '--bind', `127.0.0.1:${port}`],
      '--web.enable-lifecycle',
    ],
    readyPath: '/metrics',
  };
}

/** Resolves once every query has had an outcome. */
export async function untilFilled({ url, daemon }: Service): Promise<void> {
  await untilReady(daemon, async () => ((await get(`${url}/-/ready`)).status === 200 ? true : undefined));
}

/** Makes it take over another configuration while it runs. */
export async function reconfigure(service: Service, config: string): Promise<void> {
  await service.rewrite(CONFIG, config);
  const { status, body } = await get(`${service.url}/-/reload`, { method: 'POST' });
  if (status !== 200) throw new Error(`the exporter refused to reload: ${body}`);
}

/** In the form of Go's driver, which the peer reads as well. */
export function dsnOf({ port, user, password }: Mariadb, host = '127.0.0.1'): string {
  return `${user}:${password}@tcp(${host}:${port})/${DATABASE}`;
}

/** One query in YAML, to stand below `queries:`. It feeds the family of its name. */
export function ordersQuery(name: string, sql: string, options: Readonly<Record<string, string>> = {}): string {
  const all = { timeout: '120s', max_rows: '2000000', max_bytes: '1GiB', interval: '1h', ...options };
  const lines = Object.entries(all).map(([key, value]) => `    ${key}: ${value}`);
  const metric = `{type: gauge, labels: [${LABELS.join(', ')}], value: ${VALUE}}`;
  return [`  ${name}:`, `    sql: ${sql}`, ...lines, `    metrics: {${name}: ${metric}}`].join('\n');
}

/** A configuration of many targets, each at an address of its own and named like `target_007`; `keys`: more of each. */
export function fleetConfig(
  mariadb: Mariadb,
  hosts: readonly string[],
  queries: readonly string[],
  keys: readonly string[] = [],
): string {
  const targets = hosts.map((host, i) => {
    return `  ${targetName(i)}: {${[`dsn: '${dsnOf(mariadb, host)}'`, ...keys].join(', ')}}`;
  });
  return ['namespace: ""', 'max_series: 10000000', 'targets:', ...targets, 'queries:', ...queries, ''].join('\n');
}

export function targetName(index: number): string {
  return `target_${String(index).padStart(3, '0')}`;
}

/** A configuration of one database; `queries` come from {@link ordersQuery}. */
export function configOf(mariadb: Mariadb, queries: readonly string[]): string {
  return configFor(dsnOf(mariadb), queries);
}

export function configFor(dsn: string, queries: readonly string[]): string {
  return ['namespace: ""', 'max_series: 10000000', `dsn: ${dsn}`, 'queries:', ...queries, ''].join('\n');
}

type TaskName = Pick<TaskStatus, 'query' | 'target'>;

export interface TaskStatus {
  readonly query: string;
  readonly target: string;
  /** Null: it polls alone, or nobody polls it now. */
  readonly owner: string | null;
  readonly refreshes: number;
  readonly last_duration_seconds: number | null;
  readonly recent_durations_seconds: readonly number[];
  readonly last_refresh_timestamp_seconds: number | null;
  readonly next_refresh_timestamp_seconds: number | null;
  readonly failures: Readonly<Record<string, number>>;
  readonly skips: Readonly<Record<string, number>>;
}

/** Null: it does not answer, or knows of no such task. */
export async function readTask({ url }: Service, { query, target }: TaskName): Promise<TaskStatus | null> {
  const { status, body } = await get(`${url}/api/v1/task?${new URLSearchParams({ query, target })}`);
  return status === 200 ? (JSON.parse(body.toString()) as TaskStatus) : null;
}

export async function readTasks({ url }: Service): Promise<readonly TaskStatus[]> {
  const { body } = await get(`${url}/api/v1/status`);
  return (JSON.parse(body.toString()) as { readonly tasks: readonly TaskStatus[] }).tasks;
}
