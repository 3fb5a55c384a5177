import type { Plan, Query, Task } from '../../src/model/plan.ts';
import type { TaskKey } from '../../src/model/words.ts';
import { metricOf } from '../support/metric-of.ts';
import { queryOf, type TargetParts, targetOf } from '../support/plan-parts.ts';

export function every(ms: number): Partial<Query> {
  return { schedule: { kind: 'interval', everyMs: ms } };
}

export function cron(expression: string, timezone: string | null = 'UTC', overrides: Partial<Query> = {}) {
  return { schedule: { kind: 'cron', expression, timezone }, ...overrides } satisfies Partial<Query>;
}

export function taskOf(overrides: { readonly query?: Partial<Query>; readonly target?: TargetParts } = {}): Task {
  const query = queryOf(overrides.query);
  const target = targetOf(overrides.target);
  return {
    key: `${query.name}@${target.name}` as TaskKey,
    query,
    target,
    metrics: [metricOf({ name: `${query.name}_n`, labels: [], constants: { target: target.name } })],
    samplesFingerprint: query.sql,
    termsFingerprint: JSON.stringify([query, target]),
  };
}

export function planOf(tasks: readonly Task[], overrides: Partial<Plan> = {}): Plan {
  return {
    revision: 1,
    maxRunning: 64,
    maxSeries: 1_000_000,
    targets: [...new Map(tasks.map(({ target }) => [target.name, target])).values()],
    queries: tasks.map(({ query }) => query),
    families: [],
    tasks,
    ...overrides,
  };
}
