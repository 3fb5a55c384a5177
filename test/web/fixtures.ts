import { gzipSync } from 'node:zlib';
import type { Logger } from '../../src/logger.ts';
import { createRecordLogger, type LogRecord } from '../../src/logger.ts';
import type { Body, Page } from '../../src/model/page.ts';
import { NO_RUNS, type RecentRuns, withRun } from '../../src/model/recent-runs.ts';
import { type TargetHealth, UNKNOWN_HEALTH } from '../../src/model/standing.ts';
import type { Status, TargetStatus, TaskState, TaskStatus } from '../../src/model/status.ts';
import type { TaskDetail } from '../../src/model/task-detail.ts';
import { nameTask } from '../../src/model/task-name.ts';
import type { MetricName, QueryName, TargetName, TaskKey } from '../../src/model/words.ts';
import type { Listen } from '../../src/web/listen-address.ts';
import { startWebServer, type WebOptions, type WebServer } from '../../src/web/server.ts';
import { queryOf } from '../support/plan-parts.ts';

export const NOW_MS = Date.UTC(2026, 2, 1, 12);

export function toBody(...buffers: readonly Uint8Array[]): Body {
  return { buffers, bytes: buffers.reduce((sum, buffer) => sum + buffer.length, 0) };
}

export function toPage(...texts: readonly string[]): Page {
  const text = texts.join('');
  return {
    identity: toBody(...texts.map((part) => Buffer.from(part))),
    gzip: toBody(gzipSync(text)),
    series: text.split('\n').length - 1,
  };
}

export function toTask(
  changes: Partial<Omit<TaskStatus, 'query' | 'target'>> & { query?: string; target?: string } = {},
): TaskStatus {
  const { query = 'orders', target = 'prod01', ...rest } = changes;
  return {
    key: `${query}/${target}` as TaskKey,
    query: query as QueryName,
    target: target as TargetName,
    groups: ['prod'],
    collector: null,
    state: 'fresh',
    schedule: 'every 30s',
    periodMs: 30_000,
    timeoutMs: 10_000,
    runningSinceMs: null,
    lastRefreshAtMs: NOW_MS - 12_000,
    lastSuccessAtMs: NOW_MS - 12_000,
    nextAtMs: NOW_MS + 18_000,
    lastDurationMs: 12.4,
    recentRuns: toRuns([11, 14.2, 9.8, 12.4]),
    load: 0.0004,
    rows: 4,
    series: 8,
    refreshes: 250,
    failures: {},
    skips: {},
    rejected: {},
    rejections: [],
    rejecting: [],
    failingSinceMs: null,
    missed: null,
    notApplicable: null,
    lastFailure: null,
    owner: null,
    ...rest,
  };
}

/** Runs of these durations that brought 4 rows each, the last 12 seconds ago, or so many runs before that. */
export function toRuns(durationsMs: readonly number[], before = 0): RecentRuns {
  return durationsMs.reduce((runs, durationMs, index) => {
    const finishedAtMs = NOW_MS - 12_000 - 30_000 * (durationsMs.length - 1 - index + before);
    return withRun(runs, { finishedAtMs, durationMs, rows: 4, failure: null });
  }, NO_RUNS);
}

export function toTarget(changes: Partial<Omit<TargetStatus, 'name'>> & { name?: string } = {}): TargetStatus {
  const { name = 'prod01', ...rest } = changes;
  return {
    name: name as TargetName,
    engine: 'mysql',
    address: '10.0.0.1:3306',
    groups: ['prod'],
    health: { ...UNKNOWN_HEALTH, standing: 'up', checkedAtMs: NOW_MS - 12_000 },
    tasksWaiting: 0,
    facts: null,
    serverLoad: { load: 0.0004, maxConnections: 2 },
    unconfirmedStops: 0,
    owner: null,
    ...rest,
  };
}

/** A target that has not answered for four minutes. */
export function toDownTarget(changes: Parameters<typeof toTarget>[0] = {}): TargetStatus {
  const atMs = NOW_MS - 18_000;
  const failure = {
    reason: 'connect',
    message: SERVER_TEXT,
    errno: null,
    sqlState: null,
    endedBy: null,
    atMs,
  } as const;
  const health: TargetHealth = {
    standing: 'down',
    checkedAtMs: atMs,
    downSinceMs: NOW_MS - 240_000,
    nextTryAtMs: NOW_MS + 12_000,
    lastFailure: failure,
  };
  return toTarget({ health, ...changes });
}

export function toStatus(changes: Partial<Status> = {}): Status {
  return {
    nowMs: NOW_MS,
    startedAtMs: NOW_MS - 3_600_000,
    version: '0.1.0',
    revision: 1,
    tasks: [toTask()],
    targets: [toTarget()],
    reload: { successful: true, lastAtMs: NOW_MS - 3_600_000, lastSuccessAtMs: NOW_MS - 3_600_000, problems: [] },
    poller: { state: 'running', restarts: 0, lagMs: 0 },
    exposition: { series: 8, bytes: 1_204, gzipBytes: 402 },
    process: { residentBytes: 88_000_000, heapBytes: 21_000_000, cpuSeconds: 14.4 },
    fleet: null,
    ...changes,
  };
}

/** A server's text that a stranger must not see. */
export const SERVER_TEXT = `Table 'shop.orders' doesn't exist <b>&</b>`;

export function failing(changes: Parameters<typeof toTask>[0] = {}, state: TaskState = 'failing'): TaskStatus {
  const { query = 'orders', target = 'prod01' } = changes;
  return toTask({
    state,
    failingSinceMs: state === 'fresh' ? null : NOW_MS - 72_000,
    failures: { query: 3, timeout: 1 },
    lastFailure: {
      reason: 'query',
      message: `${nameTask(query, target)}: ${SERVER_TEXT}`,
      errno: 1146,
      sqlState: '42S02',
      endedBy: 'server',
      atMs: NOW_MS - 12_000,
    },
    ...changes,
  });
}

/** A task with its query, its target and what it exports. */
export function toDetail(changes: Partial<TaskDetail> = {}): TaskDetail {
  return {
    nowMs: NOW_MS,
    status: toTask(),
    query: queryOf({ sql: 'select state, count(*) n from shop.orders group by state' }),
    target: { engine: 'mysql', address: '10.0.0.1:3306', health: { ...UNKNOWN_HEALTH, standing: 'up' } },
    metrics: [
      {
        name: 'shop_orders' as MetricName,
        type: 'gauge',
        help: 'Orders by state',
        series: 2,
        lines: ['shop_orders{state="new"} 3', 'shop_orders{state="paid"} 14'],
      },
    ],
    ...changes,
  };
}

export interface TestServer extends WebServer, AsyncDisposable {
  readonly log: readonly LogRecord[];
}

/** A server on a free port of this machine, with a page, a status and a configuration of its own. */
export async function serve(
  changes: Partial<WebOptions> = {},
  listen: Listen = { kind: 'tcp', host: '127.0.0.1', port: 0 },
): Promise<TestServer> {
  const log: LogRecord[] = [];
  const logger: Logger = createRecordLogger((record) => log.push(record));
  const page = toPage('# HELP a A.\n# TYPE a gauge\n', 'a{x="1"} 2\n');
  const server = await startWebServer(
    {
      telemetryPath: '/metrics',
      pages: { current: () => page, narrow: async () => ({ kind: 'page', page }) },
      status: () => toStatus(),
      task: () => null,
      readiness: () => ({ ready: true, missing: [] }),
      reload: null,
      run: null,
      trustLoopback: true,
      maskedConfig: () => 'dsn: "***"\n',
      logger,
      webConfig: null,
      maxClients: () => 512,
      ...changes,
    },
    listen,
  );
  return { ...server, log, [Symbol.asyncDispose]: () => server.close(0) };
}
