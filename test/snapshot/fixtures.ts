import type { Fields, Logger, LogLevel } from '../../src/logger.ts';
import { toPart } from '../../src/metrics/block.ts';
import { decodeSamples } from '../../src/metrics/exposition-text.ts';
import type { Failure } from '../../src/model/failure.ts';
import type { Part, Result } from '../../src/model/outcome.ts';
import type { Body } from '../../src/model/page.ts';
import type { Family, Plan, Query, Target, Task } from '../../src/model/plan.ts';
import type { PollerEvent } from '../../src/model/poller-event.ts';
import { type TargetHealth, UNKNOWN_HEALTH } from '../../src/model/standing.ts';
import { finish } from '../../src/model/steps.ts';
import type { KnownResult, RunResult } from '../../src/model/task-result.ts';
import type { LabelName, MetricName, QueryName, TargetName, TaskKey } from '../../src/model/words.ts';
import type { StateStore } from '../../src/snapshot/state-store.ts';
import { Snapshot } from '../../src/snapshot/store.ts';
import { metricOf } from '../support/metric-of.ts';
import { queryOf, type TargetParts, targetOf } from '../support/plan-parts.ts';

export const START_MS = 1_700_000_000_000;
export const BUILD = { version: '1.2.3', revision: 'abc', branch: 'main', nodeVersion: 'v20' };

export function aQuery(name: string, overrides: Partial<Query> = {}): Query {
  const schedule = { kind: 'interval', everyMs: 60_000 } as const;
  return queryOf({ name: name as QueryName, schedule, maxAgeMs: 300_000, ...overrides });
}

export function aTarget(name: string, overrides: TargetParts = {}): Target {
  return targetOf({ name: name as TargetName, ...overrides });
}

/** A task that feeds gauges of these names, with the label `n` and its target as label. */
export function aTask(query: Query, target: Target, families: readonly string[], overrides: Partial<Task> = {}): Task {
  const metrics = families.map((name) =>
    metricOf({ name, labels: ['n'], value: 'v', constants: { target: target.name } }),
  );
  const key = `${query.name}@${target.name}` as TaskKey;
  return { key, query, target, metrics, samplesFingerprint: `${key} 1`, termsFingerprint: key, ...overrides };
}

export function aFamily(name: string, overrides: Partial<Family> = {}): Family {
  const labelNames = ['n', 'target'] as LabelName[];
  return { name: name as MetricName, type: 'gauge', help: `The ${name}.`, labelNames, ...overrides };
}

export function aPlan(tasks: readonly Task[], overrides: Partial<Plan> = {}): Plan {
  const names = new Set(tasks.flatMap(({ metrics }) => metrics.map(({ family }) => family)));
  return {
    revision: 1,
    maxRunning: 64,
    maxSeries: 1_000_000,
    targets: [...new Set(tasks.map(({ target }) => target))],
    queries: [...new Set(tasks.map(({ query }) => query))],
    families: [...names].sort().map((name) => aFamily(name)),
    tasks,
    ...overrides,
  };
}

/** `series` lines of one task in one family; `value` tells results apart. */
export function aPart(family: string, target: string, series: number, value: number): Part {
  let text = '';
  for (let n = 0; n < series; n++) text += `${family}{n="${n}",target="${target}"} ${value}\n`;
  return toPart(family as MetricName, series, Buffer.from(text));
}

/** A result with as many series in each family of the task. */
export function aResult(task: Task, series: number, value = 1, overrides: Partial<Result> = {}): Result {
  const parts = task.metrics.map(({ family }) => aPart(family, task.target.name, series, value));
  return {
    kind: 'result',
    parts,
    rows: series,
    series: series * parts.length,
    rejections: [],
    rejecting: [],
    ...overrides,
  };
}

export function aFailure(overrides: Partial<Failure> = {}) {
  const failure: Failure = {
    reason: 'connect',
    message: 'no answer',
    errno: null,
    sqlState: null,
    endedBy: null,
    ...overrides,
  };
  return { kind: 'failure', failure } as const;
}

export function aRunResult(
  { key, samplesFingerprint }: Task,
  outcome: RunResult['outcome'],
  overrides: Partial<RunResult['times']> = {},
): RunResult {
  const { asOfMs = START_MS } = overrides;
  const times = { asOfMs, durationMs: 20, nextAtMs: asOfMs + 60_000, ...overrides };
  return { task: key, samplesFingerprint, times, outcome };
}

/** That a refresh of the task ended so. */
export function finished(...result: Parameters<typeof aRunResult>): PollerEvent {
  return { kind: 'finished', result: aRunResult(...result) };
}

/** That a target was asked. */
export function checked(target: Target, isUp: boolean, overrides: Partial<TargetHealth> = {}): PollerEvent {
  const health: TargetHealth = isUp
    ? { ...UNKNOWN_HEALTH, standing: 'up', checkedAtMs: START_MS }
    : {
        standing: 'down',
        checkedAtMs: START_MS,
        downSinceMs: START_MS,
        nextTryAtMs: START_MS + 1_000,
        lastFailure: { ...aFailure().failure, atMs: START_MS },
      };
  return { kind: 'health', target: target.name, health: { ...health, ...overrides } };
}

export function aSnapshot(plan: Plan, now: () => number = () => START_MS): Snapshot {
  return new Snapshot({ plan, buildInfo: BUILD, startedAtMs: START_MS, now });
}

/** What a store keeps of the tasks of a plan. */
export function loadAll(store: StateStore, plan: Plan): readonly KnownResult[] {
  const loaded: KnownResult[] = [];
  finish(store.load(plan, (result) => loaded.push(result)));
  return loaded;
}

export function textOf(body: Body): string {
  return Buffer.concat(body.buffers).toString();
}

/** The samples of a text by name and labels, without the exporter's own and the process's where `prefix` is given. */
export function samplesOf(text: string, prefix = ''): ReadonlyMap<string, number> {
  const samples = [...decodeSamples(Buffer.from(text))].filter(({ name }) => name.startsWith(prefix));
  return new Map(
    samples.map(({ name, labels, value }) => [`${name} ${JSON.stringify(Object.entries(labels).sort())}`, value]),
  );
}

export interface Line {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Fields;
}

/** A logger that remembers. */
export function aLogger(lines: Line[] = []): Logger & { readonly lines: Line[] } {
  const log =
    (level: LogLevel) =>
    (message: string, fields: Fields = {}) =>
      void lines.push({ level, message, fields });
  return {
    lines,
    error: log('error'),
    warn: log('warn'),
    info: log('info'),
    debug: log('debug'),
    with: () => aLogger(lines),
  };
}
