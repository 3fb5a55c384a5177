import type { Plan, Query, Target, Task } from '../../src/model/plan.ts';
import type { MetricName, QueryName, TargetName, TaskKey } from '../../src/model/words.ts';

export function targetOf(overrides: Partial<Target> = {}): Target {
  const name = overrides.name ?? ('db1' as TargetName);
  return {
    name,
    engine: 'mysql',
    address: { kind: 'tcp', host: `${name}.test`, port: 3306 },
    user: 'monitor',
    password: { kind: 'none' },
    database: '',
    tls: null,
    groups: [],
    labels: {},
    maxConnections: 2,
    connectTimeoutMs: 5_000,
    readTimeoutMs: null,
    pingIntervalMs: null,
    initSql: [],
    slowLog: true,
    ...overrides,
  };
}

export function queryOf(overrides: Partial<Query> = {}): Query {
  const schedule = overrides.schedule ?? { kind: 'interval', everyMs: 15_000 };
  const periodMs = schedule.kind === 'interval' ? schedule.everyMs : 3_600_000;
  return {
    name: 'orders' as QueryName,
    sql: 'select n from orders',
    collector: null,
    schedule,
    periodMs,
    jitterMs: 0,
    runOnStart: schedule.kind === 'interval',
    catchUpMs: periodMs / 10,
    timeoutMs: 10_000,
    onError: 'keep',
    onEmpty: 'clear',
    maxAgeMs: null,
    maxRows: 10_000,
    maxBytes: 16 * 2 ** 20,
    maxLabelLength: 4_096,
    ...overrides,
  };
}

export function every(ms: number): Partial<Query> {
  return { schedule: { kind: 'interval', everyMs: ms } };
}

export function cron(expression: string, timezone: string | null = 'UTC', overrides: Partial<Query> = {}) {
  return { schedule: { kind: 'cron', expression, timezone }, ...overrides } satisfies Partial<Query>;
}

export function taskOf(overrides: { readonly query?: Partial<Query>; readonly target?: Partial<Target> } = {}): Task {
  const query = queryOf(overrides.query);
  const target = targetOf(overrides.target);
  return {
    key: `${query.name}@${target.name}` as TaskKey,
    query,
    target,
    metrics: [
      {
        family: `${query.name}_n` as MetricName,
        type: 'gauge',
        labelColumns: [],
        valueColumn: 'n',
        constantLabels: { target: target.name },
      },
    ],
    samplesFingerprint: query.sql,
    termsFingerprint: JSON.stringify([query, target]),
  };
}

export function planOf(tasks: readonly Task[], overrides: Partial<Plan> = {}): Plan {
  return {
    revision: 1,
    targetLabel: null,
    maxRunning: 64,
    maxSeries: 1_000_000,
    targets: [...new Map(tasks.map(({ target }) => [target.name, target])).values()],
    queries: tasks.map(({ query }) => query),
    families: [],
    tasks,
    ...overrides,
  };
}
