import { METRIC_NAME } from '../language/names.ts';
import { quote } from '../language/quote.ts';
import { METRIC_KINDS } from '../model/metric-kind.ts';
import { OWN_METRIC_NAMES } from '../model/own-metrics.ts';
import type { Target } from '../model/plan.ts';
import type { MetricName, MetricType } from '../model/words.ts';
import type { Context } from './context.ts';
import { type Expansion, expand } from './expansion.ts';
import { checkLabels, reservedLabels } from './metric-labels.ts';
import type { MetricEntry } from './metric-schema.ts';
import { checkKeys, type MetricShape, planShape } from './metric-shape.ts';
import type { Path } from './path.ts';
import type { Targets } from './targets.ts';
import type { WrittenQuery } from './written-query.ts';

const DEFAULT_NAMESPACE = 'query_exporter';

const NAME_RULE = 'a metric name has letters, digits, "_" and ":" and does not begin with a digit';
/** Endings by which Prometheus knows what is not a histogram, but a line of one or a counter. */
const NO_HISTOGRAM = /_(?:bucket|sum|count|total)$/;

/** One metric as one query defines it; several may define the same metric. */
export interface Definition {
  readonly name: MetricName;
  readonly type: MetricType;
  /** Null: not given. */
  readonly description: string | null;
  readonly shape: MetricShape;
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
  const prefix = planNamespace(written, namespace, context);
  const names = new Set<string>();
  const definitions: Definition[] = [];
  for (const metric of written.metrics) {
    for (const definition of planMetric(written.name, metric, prefix, reserved, context)) {
      if (names.has(definition.name)) {
        document.refuseKey(definition.path, `${definition.name} is a metric of this query already`);
      } else definitions.push(definition);
      names.add(definition.name);
    }
  }
  return definitions;
}

function planNamespace({ path, entry }: WrittenQuery, general: string | undefined, { document }: Context): string {
  if (entry.namespace !== undefined) checkNamespace([...path, 'namespace'], entry.namespace, document);
  return entry.namespace ?? general ?? DEFAULT_NAMESPACE;
}

export function checkNamespace(path: Path, namespace: string, document: Context['document']): void {
  if (namespace === '' || METRIC_NAME.test(namespace)) return;
  document.refuse(path, 'a prefix of metric names has letters, digits, "_" and ":" and does not begin with a digit');
}

/** One definition, or one for each text where a column stands in the name. */
function planMetric(
  query: string,
  metric: { readonly name: string; readonly path: Path; readonly entry: MetricEntry },
  prefix: string,
  reserved: ReadonlyMap<string, string>,
  context: Context,
): readonly Definition[] {
  const { document } = context;
  const { path, entry } = metric;
  const { type } = entry;
  const before = document.problems.count;
  document.requireOneOf(path, ['type']);
  checkKeys(path, entry, context);
  checkLabels(path, entry, reserved, context);
  const shape = planShape(path, entry, context);
  const expansions = expand(metric.name, path, entry, context);
  for (const expansion of expansions) checkMetricName(expansion, metric.name, prefix, type, context);
  const isSound = document.problems.count === before && !document.isWrong(path);
  if (type === undefined || shape === null || !isSound) return [];
  return expansions.map((expansion): Definition => {
    const name = withPrefix(prefix, expansion.name) as MetricName;
    if (type === 'counter' && !name.endsWith('_total')) {
      document.warnKey(path, 'the name of a counter should end in "_total"');
    }
    if (prefix !== '' && expansion.name.startsWith(`${prefix}_`)) {
      document.warnKey(path, `has the prefix twice: it will be called ${name}`);
    }
    const { description, where } = expansion;
    return {
      name,
      type,
      description,
      shape: { ...shape, where },
      staticLabels: entry.static_labels ?? {},
      query,
      path: expansion.path,
    };
  });
}

function withPrefix(prefix: string, name: string): string {
  return prefix === '' ? name : `${prefix}_${name}`;
}

function checkMetricName(
  { name, path }: Expansion,
  own: string,
  prefix: string,
  type: MetricType | undefined,
  { document }: Context,
): void {
  const full = withPrefix(prefix, name);
  // A wrong namespace is said once, at its own place.
  const isPrefixRight = prefix === '' || METRIC_NAME.test(prefix);
  const suffixes = type === undefined ? [''] : METRIC_KINDS[type].suffixes;
  const taken = suffixes.map((suffix) => full + suffix).find((line) => OWN_METRIC_NAMES.has(line));
  if (name === '' || (isPrefixRight && !METRIC_NAME.test(full))) {
    document.refuseKey(path, name === own ? NAME_RULE : `makes no metric name of ${quote(own)}: ${NAME_RULE}`);
  } else if (taken !== undefined) {
    document.refuseKey(path, `${taken} is a metric of the exporter itself`);
  } else if (type === 'histogram' && NO_HISTOGRAM.test(full)) {
    document.refuseKey(path, `the name of a histogram does not end in ${quote(NO_HISTOGRAM.exec(full)?.[0] ?? '')}`);
  }
}
