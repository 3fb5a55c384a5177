import { toPart } from '../metrics/block.ts';
import { renderLabels, renderLine } from '../metrics/exposition-text.ts';
import type { SampleFamily } from '../metrics/families.ts';
import type { BuildInfo } from '../model/build-info.ts';
import type { FleetStatus } from '../model/fleet-terms.ts';
import { type OwnMetric, ownMetricName } from '../model/own-metrics.ts';
import type { Plan, Task } from '../model/plan.ts';
import { PROTECTIONS } from '../model/server-facts.ts';
import type { PollerStatus, ReloadStatus } from '../model/status.ts';
import { chunksOf, type Steps } from '../model/steps.ts';
import type { MetricName, QueryName, TargetName, TaskKey } from '../model/words.ts';
import type { FamilyPlace } from './layout.ts';
import type { PartBoard } from './part-board.ts';
import type { TargetRecord } from './target-table.ts';
import { TaskLines } from './task-lines.ts';
import { type Counts, isUp, nextRunAtMs, type TaskRecord } from './task-record.ts';

/** Everything about a task that the exporter's own metrics say. */
export interface TaskFacts {
  readonly record: TaskRecord;
  readonly series: number;
}

/** What a new plan makes of the tasks. */
interface TasksOnPage {
  /** As they stand on the page. */
  readonly ordered: readonly Task[];
  readonly removed: readonly Task[];
}

/** Null: it has not happened yet, so there is no sample. */
const TASK_VALUES = byName<(facts: TaskFacts) => number | null>({
  query_up: ({ record }) => toBit(isUp(record)),
  query_not_applicable: ({ record }) => (record.notApplicable === null ? null : 1),
  query_last_success_timestamp_seconds: ({ record }) => toSeconds(record.lastSuccessAtMs),
  query_last_refresh_timestamp_seconds: ({ record }) => toSeconds(record.lastRefreshAtMs),
  query_next_refresh_timestamp_seconds: ({ record }) => toSeconds(nextRunAtMs(record)),
  query_last_duration_seconds: ({ record }) => toSeconds(record.lastDurationMs),
  query_refreshes_total: ({ record: { refreshes } }) => (refreshes === 0 ? null : refreshes),
  query_rows: ({ record }) => record.rows,
  query_series: ({ record, series }) => (record.lastSuccessAtMs === null ? null : series),
});

const REASON_COUNTS = byName<(record: TaskRecord) => Counts<string>>({
  query_failures_total: ({ failures }) => failures,
  query_skips_total: ({ skips }) => skips,
  query_rejected_samples_total: ({ rejected }) => rejected,
});

const TASK_FAMILIES: ReadonlySet<MetricName> = new Set([...TASK_VALUES, ...REASON_COUNTS].map(([name]) => name));

type Labels = Readonly<Record<string, string>>;

/** Of one target each. */
const TARGET_FAMILIES: ReadonlySet<MetricName> = new Set(
  (['target_up', 'target_protection', 'target_unconfirmed_stops_total'] as const).map(ownMetricName),
);
const PERIOD = ownMetricName('query_period_seconds');

const encoder = new TextEncoder();

const NO_COUNTS: Counts<string> = {};

/** The exporter's own metrics as parts. Only lines whose value changed are rendered. */
export class OwnFamilies {
  readonly #board: PartBoard;
  readonly #lines: TaskLines;
  /** What the lines of each task say now. */
  readonly #shown = new Map<TaskKey, TaskFacts>();

  constructor(board: PartBoard, { version, revision, branch, nodeVersion }: BuildInfo) {
    this.#board = board;
    this.#lines = new TaskLines(board, [...TASK_FAMILIES]);
    this.#writeLine('build_info', '', { version, revision, branch, nodeversion: nodeVersion }, 1);
  }

  /** Where the parts of one of these families, or of the process, stand on the page. */
  placeOf(family: SampleFamily, { targets, queries }: Plan): FamilyPlace {
    const { name } = family;
    if (TASK_FAMILIES.has(name)) {
      const narrow = (tasks: Iterable<string>) => this.#lines.partOf(name, tasks);
      return { family, scope: 'tasks', keys: this.#lines.partKeys, narrow };
    }
    const place = { family, narrow: null };
    if (TARGET_FAMILIES.has(name)) return { ...place, scope: 'target', keys: targets.map((target) => target.name) };
    if (name === PERIOD) return { ...place, scope: 'query', keys: queries.map((query) => query.name) };
    return { ...place, scope: 'process', keys: [''] };
  }

  /** Whether anything that was said about the task is another thing now. */
  task({ key, query, target }: Task, facts: TaskFacts): boolean {
    const labels = { query: query.name, target: target.name };
    const shown = this.#shown.get(key);
    /** Most lines have the same labels. */
    let text: string | null = null;
    let isNews = false;
    for (const [name, read] of TASK_VALUES) {
      const value = read(facts);
      if (value === (shown === undefined ? null : read(shown))) continue;
      text ??= renderLabels(labels);
      this.#lines.set(name, key, value === null ? [] : [renderLine(name, text, value)]);
      isNews = true;
    }
    for (const [name, read] of REASON_COUNTS) {
      const counts = read(facts.record);
      if (counts === (shown === undefined ? NO_COUNTS : read(shown.record))) continue;
      const lines = Object.entries(counts).map(([reason, count]) =>
        renderLine(name, renderLabels({ ...labels, reason }), count ?? 0),
      );
      this.#lines.set(name, key, lines);
      isNews = true;
    }
    this.#shown.set(key, facts);
    return isNews;
  }

  /** Puts what was said about tasks on the board. */
  flush(): Steps {
    return this.#lines.flush();
  }

  /** Takes away what is said about the tasks that were removed, and about queries that are gone. */
  *replacePlan(before: Plan, after: Plan, { ordered, removed }: TasksOnPage): Steps {
    for (const chunk of chunksOf(removed)) {
      for (const { key } of chunk) this.#shown.delete(key);
      yield;
    }
    yield* this.#lines.arrange(ordered);
    const periods = new Map<QueryName, number>();
    for (const chunk of chunksOf(after.queries)) {
      for (const { name, periodMs } of chunk) periods.set(name, periodMs);
      yield;
    }
    for (const chunk of chunksOf([...before.queries, ...after.queries])) {
      for (const { name } of chunk) this.#period(name, periods.get(name) ?? null);
      yield;
    }
  }

  /** `record` null: no longer a target. */
  target(target: TargetName, record: TargetRecord | null): void {
    const standing = record?.health.standing ?? 'unknown';
    this.#writeLine('target_up', target, { target }, standing === 'unknown' ? null : Number(standing === 'up'));
    const stops = record?.unconfirmedStops ?? 0;
    this.#writeLine('target_unconfirmed_stops_total', target, { target }, stops === 0 ? null : stops);
    const facts = record?.facts ?? null;
    const protections = facts === null ? [] : PROTECTIONS.filter((name) => name !== 'guard' || facts.isGuarded);
    this.#writeLines(
      'target_protection',
      target,
      protections.map((protection) => [{ protection, target }, Number(facts?.missing[protection] === undefined)]),
    );
  }

  reload({ successful, lastSuccessAtMs }: ReloadStatus): void {
    this.#writeLine('config_last_reload_successful', '', {}, Number(successful));
    this.#writeLine('config_last_reload_success_timestamp_seconds', '', {}, toSeconds(lastSuccessAtMs));
  }

  poller({ restarts, lagMs }: PollerStatus): void {
    this.#writeLine('poller_lag_seconds', '', {}, toSeconds(lagMs));
    this.#writeLine('poller_restarts_total', '', {}, restarts === 0 ? null : restarts);
  }

  fleet(status: FleetStatus): void {
    const { isStoreUp, members, self, takeovers, refusedUpdates, pendingUpdates } = status;
    const own = members.find(({ id }) => id === self);
    this.#writeLine('fleet_store_up', '', {}, toBit(isStoreUp));
    this.#writeLine('fleet_members', '', {}, isStoreUp === null ? null : members.length);
    this.#writeLine('fleet_owned_servers', '', {}, own?.servers ?? null);
    this.#writeLine('fleet_owned_tasks', '', {}, own?.tasks ?? null);
    this.#writeLines(
      'fleet_takeovers_total',
      '',
      Object.entries(takeovers).map(([reason, count]) => [{ reason }, count]),
    );
    this.#writeLine('fleet_refused_updates_total', '', {}, refusedUpdates === 0 ? null : refusedUpdates);
    this.#writeLine('fleet_pending_updates', '', {}, pendingUpdates);
    this.#writeLine('fleet_replication_seconds', '', {}, toSeconds(status.replicationMs));
    this.#writeLine('fleet_clock_skew_seconds', '', {}, toSeconds(status.clockSkewMs));
  }

  /** `series` and `bytes` of a page with these two families as they are; their own share is left out. */
  exposition(series: number, bytes: number): void {
    const own = (['exposition_series', 'exposition_bytes'] as const).map((metric) =>
      this.#sizeOf(ownMetricName(metric)),
    );
    const [others, othersBytes] = own.reduce(
      ([restSeries, restBytes], size) => [restSeries - size.series, restBytes - size.bytes],
      [series, bytes],
    );
    this.#writeLine('exposition_series', '', {}, others);
    this.#writeLine('exposition_bytes', '', {}, othersBytes);
  }

  #period(query: QueryName, periodMs: number | null): void {
    this.#writeLine('query_period_seconds', query, { query }, toSeconds(periodMs));
  }

  #sizeOf(name: MetricName): { readonly series: number; readonly bytes: number } {
    const family = this.#board.families.family(name);
    const part = this.#board.read(name, '');
    return family && part ? { series: 1, bytes: family.header.length + part.text.length } : { series: 0, bytes: 0 };
  }

  #writeLine(metric: OwnMetric, key: string, labels: Labels, value: number | null): void {
    this.#writeLines(metric, key, value === null ? [] : [[labels, value]]);
  }

  #writeLines(metric: OwnMetric, key: string, samples: readonly (readonly [Labels, number])[]): void {
    const name = ownMetricName(metric);
    const text = samples.map(([labels, value]) => renderLine(name, renderLabels(labels), value)).join('');
    this.#board.write(name, key, samples.length === 0 ? null : toPart(name, samples.length, encoder.encode(text)));
  }
}

function toBit(value: boolean | null): number | null {
  return value === null ? null : Number(value);
}

function toSeconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1_000;
}

function byName<Value>(table: Readonly<Partial<Record<OwnMetric, Value>>>): readonly (readonly [MetricName, Value])[] {
  return (Object.entries(table) as [OwnMetric, Value][]).map(([metric, value]) => [ownMetricName(metric), value]);
}
