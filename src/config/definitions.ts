import { checkLabelName, METRIC_NAME } from '../language/names.ts';
import { quote } from '../language/quote.ts';
import { OWN_METRIC_NAMES } from '../model/own-metrics.ts';
import type { Target } from '../model/plan.ts';
import type { LabelName, MetricName, MetricType } from '../model/words.ts';
import type { Context } from './context.ts';
import type { Path } from './path.ts';
import type { MetricEntry } from './query-schema.ts';
import type { Targets } from './targets.ts';
import type { WrittenQuery } from './written-query.ts';

export const DEFAULT_NAMESPACE = 'query_exporter';

/** One metric as one query defines it; several may define the same metric. */
export interface Definition {
  readonly name: MetricName;
  readonly type: MetricType;
  /** Null: not given. */
  readonly description: string | null;
  readonly labelColumns: readonly LabelName[];
  readonly valueColumn: string;
  readonly staticLabels: Readonly<Record<string, string>>;
  /** For the HELP of a metric that no definition describes. */
  readonly query: string;
  readonly path: Path;
}

/** The metrics of a query that are right in themselves. */
export function planMetrics(
  written: WrittenQuery,
  selected: readonly Target[],
  namespace: string | undefined,
  targets: Targets,
  context: Context,
): Definition[] {
  const { document } = context;
  const metricsPath = [...written.path, 'metrics'];
  if (written.metrics.length === 0 && !document.isWrong(metricsPath)) {
    if (document.has(metricsPath)) document.refuse(metricsPath, 'expected at least one metric');
    else document.requireOneOf(written.path, ['metrics']);
  }
  const reserved = reservedLabels(selected, targets);
  const definitions: Definition[] = [];
  for (const metric of written.metrics) {
    const definition = planMetric(written.name, metric, namespace, reserved, context);
    if (definition !== null) definitions.push(definition);
  }
  return definitions;
}

/** Label names that are taken on every sample of these targets, each with what takes it. */
function reservedLabels(selected: readonly Target[], targets: Targets): ReadonlyMap<string, string> {
  const reserved = new Map<string, string>();
  for (const target of selected) {
    for (const label of Object.keys(target.labels)) {
      if (!reserved.has(label)) reserved.set(label, `the target ${quote(target.name)} has a label of this name`);
    }
  }
  if (targets.label !== null) reserved.set(targets.label, 'the target label has this name');
  return reserved;
}

function planMetric(
  query: string,
  metric: { readonly name: string; readonly path: Path; readonly entry: MetricEntry },
  namespace: string | undefined,
  reserved: ReadonlyMap<string, string>,
  context: Context,
): Definition | null {
  const { document } = context;
  const { path, entry } = metric;
  const before = document.problems.count;
  const prefix = namespace ?? DEFAULT_NAMESPACE;
  const name = prefix === '' ? metric.name : `${prefix}_${metric.name}`;
  checkMetricName(name, metric.name, prefix, path, context);
  document.requireOneOf(path, ['type']);
  document.requireOneOf(path, ['value']);
  checkLabels(path, entry, reserved, context);
  const { type, value } = entry;
  const isSound = document.problems.count === before && !document.isWrong(path);
  if (type === undefined || value === undefined || !isSound) return null;
  if (type === 'counter' && !name.endsWith('_total')) {
    document.warnKey(path, 'the name of a counter should end in "_total"');
  }
  return {
    name: name as MetricName,
    type,
    // A block of YAML ends in a line break, and a HELP of blanks is none.
    description: entry.description?.trim() || null,
    labelColumns: (entry.labels ?? []) as LabelName[],
    valueColumn: value,
    staticLabels: entry.static_labels ?? {},
    query,
    path,
  };
}

function checkMetricName(full: string, own: string, prefix: string, path: Path, context: Context): void {
  const { document } = context;
  // A wrong namespace is said once, at its own place.
  const isPrefixRight = prefix === '' || METRIC_NAME.test(prefix);
  if (own === '' || (isPrefixRight && !METRIC_NAME.test(full))) {
    document.refuseKey(path, 'a metric name has letters, digits, "_" and ":" and does not begin with a digit');
  } else if (OWN_METRIC_NAMES.has(full)) {
    document.refuseKey(path, `${full} is a metric of the exporter itself`);
  }
}

function checkLabels(path: Path, entry: MetricEntry, reserved: ReadonlyMap<string, string>, context: Context): void {
  const { document } = context;
  const seen = new Set<string>();
  for (const [index, label] of (entry.labels ?? []).entries()) {
    const labelPath = [...path, 'labels', index];
    if (document.isWrong(labelPath)) continue;
    let problem = checkLabelName(label) ?? reserved.get(label) ?? null;
    if (seen.has(label)) problem = 'this label is listed already';
    if (problem !== null) document.refuse(labelPath, `${quote(label)}: ${problem}`);
    seen.add(label);
  }
  for (const label of Object.keys(entry.static_labels ?? {})) {
    let problem = checkLabelName(label) ?? reserved.get(label) ?? null;
    if (seen.has(label)) problem = 'a column of "labels" has this name';
    if (problem !== null) document.refuseKey([...path, 'static_labels', label], problem);
  }
}
