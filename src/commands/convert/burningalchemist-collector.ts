import type { Scalar } from '../../config/tree.ts';
import { formatDuration } from '../../language/duration.ts';
import { addQuery, type Draft, type MetricKeys, type QueryKeys } from './draft.ts';
import type { EngineWord } from './dsn-parts.ts';
import type { Section } from './section.ts';
import { certainlyLacks, foreignEngineOf, readStatement } from './statement.ts';

/** What `global` says for every collector and target. */
export interface GlobalOptions {
  readonly intervalMs: number | null;
  /** 0: not limited there. */
  readonly maxConnections: number;
}

interface CollectorToConvert {
  readonly draft: Draft;
  readonly collector: Section;
  readonly name: string;
  /** Undefined: all. */
  readonly targets: readonly string[] | undefined;
  /** Null: none of its databases is one of ours. */
  readonly engine: EngineWord | null;
  readonly options: GlobalOptions;
}

/** A collector's metrics, each with a statement of its own or one that it shares with others. */
export function convertCollector({ draft, collector, name, targets, engine, options }: CollectorToConvert): void {
  const intervalMs = collector.durationMs('min_interval') ?? options.intervalMs;
  const shared = readShared(collector);
  for (const metric of collector.sections('metrics')) {
    const metricName = metric.text('metric_name') ?? '';
    const ref = metric.text('query_ref');
    const scalar = metric.scalar('query') ?? (ref === undefined ? undefined : shared.get(ref));
    const sql = scalar?.source ?? '';
    const foreign = foreignEngineOf(sql);
    const keys = readMetric(metric, sql);
    metric.loseRest();
    if (scalar === undefined) {
      metric.loseAll(ref === undefined ? 'has no query' : `there is no query "${ref}"`, draft.notes);
    } else if (foreign !== null) {
      metric.loseAll(`its statement is for ${foreign}`, draft.notes);
    } else if (engine === null) {
      metric.loseAll('none of its databases is left', draft.notes);
    } else if (keys === null) {
      metric.loseAll('has no value', draft.notes);
    } else {
      const statement = readStatement(scalar, engine);
      for (const text of statement.notes) metric.note(ref === undefined ? 'query' : 'query_ref', text);
      const query: QueryKeys = { collector: name };
      if (targets !== undefined) query.targets = targets;
      if (intervalMs !== null) query.interval = formatDuration(intervalMs);
      if (statement.version !== null) query.when = { version: statement.version };
      query.sql = statement.sql;
      const before = draft.queries.size;
      const metrics = new Map([[metricName, { notes: metric.notes, keys }]]);
      addQuery(draft, ref ?? metricName, { notes: [], keys: query, metrics });
      if (intervalMs === null) draft.untimed += draft.queries.size - before;
    }
  }
  collector.loseRest();
}

function readShared(collector: Section): ReadonlyMap<string, Scalar> {
  const shared = new Map<string, Scalar>();
  for (const query of collector.sections('queries')) {
    const scalar = query.scalar('query');
    if (scalar !== undefined) shared.set(query.text('query_name') ?? '', scalar);
    // Statements are sent as text here.
    query.drop('query_name', 'no_prepared_statement');
    query.loseRest();
  }
  return shared;
}

/** Null: it has no value. */
function readMetric(metric: Section, sql: string): MetricKeys | null {
  const type = (metric.text('type') ?? '').toLowerCase();
  const description = metric.text('help');
  const labels = metric.texts('key_labels');
  const staticLabels = metric.textMap('static_labels');
  const values = metric.texts('values');
  const valueLabel = metric.text('value_label');
  const constant = metric.text('static_value');
  if (metric.has('timestamp_value')) metric.lose('timestamp_value', 'samples carry no timestamps');
  const lacking = [...labels, ...values].find((column) => certainlyLacks(sql, column));
  if (lacking !== undefined)
    metric.note(metric.has('query_ref') ? 'query_ref' : 'query', `gives no column "${lacking}"`);
  const [only] = values;
  const keys: MetricKeys = {
    type: type === 'counter' ? 'counter' : 'gauge',
    ...(description ? { description } : {}),
    ...(labels.length > 0 ? { labels } : {}),
    ...(Object.keys(staticLabels).length > 0 ? { static_labels: staticLabels } : {}),
  };
  if (constant !== undefined && Number.isFinite(Number(constant))) return { ...keys, value: Number(constant) };
  if (only === undefined) return null;
  return valueLabel === undefined ? { ...keys, value: only } : { ...keys, values, value_label: valueLabel };
}
