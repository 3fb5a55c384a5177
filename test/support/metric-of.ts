import { histogramSamples } from '../../src/model/metric-kind.ts';
import type { ColumnNames, SampleShape, TaskMetric } from '../../src/model/plan.ts';
import type { LabelName, MetricName, MetricType } from '../../src/model/words.ts';

type Columns = string | ColumnNames;

/** A metric as a test writes it: much as in the configuration, names of columns as they stand or in lists. */
export interface MetricOptions {
  readonly name?: string;
  readonly type?: MetricType;
  /** Label names, which are names of columns too, or label → column. */
  readonly labels?: readonly string[] | Readonly<Record<string, Columns>>;
  readonly constants?: Readonly<Record<string, string>>;
  /** A column, or a constant. */
  readonly value?: Columns | number;
  readonly valueLabel?: string;
  /** Text of `valueLabel` → column. */
  readonly values?: Readonly<Record<string, Columns>>;
  /** Pairs of bound and column. */
  readonly buckets?: readonly (readonly [bound: number, columns: Columns])[];
  readonly sum?: Columns;
  readonly count?: Columns;
  readonly map?: Readonly<Record<string, number>>;
  /** Column → texts. */
  readonly where?: Readonly<Record<string, readonly string[]>>;
  readonly emptyValue?: number;
  readonly errorValue?: number;
}

/** A gauge `m` of the column `n` with the label `a`, unless told otherwise. */
export function metricOf(options: MetricOptions = {}): TaskMetric {
  const { name = 'm', type = 'gauge', labels = ['a'], constants = {}, where = {}, map = {} } = options;
  const pairs = Array.isArray(labels) ? labels.map((label) => [label, label] as const) : Object.entries(labels);
  return {
    family: name as MetricName,
    type,
    labels: pairs.map(([label, columns]) => ({ label: label as LabelName, columns: toNames(columns) })),
    constantLabels: constants,
    samples: samplesOf(options),
    map,
    where: Object.entries(where).map(([column, texts]) => ({ columns: [column], texts })),
    emptyValue: options.emptyValue ?? null,
    errorValue: options.errorValue ?? null,
  };
}

function samplesOf({ value = 'n', valueLabel = '', values, buckets, sum = 'sum', count = 'count' }: MetricOptions) {
  if (buckets !== undefined) {
    const given = buckets.map(([bound, columns]) => ({ bound, columns: toNames(columns) }));
    return histogramSamples(given, toNames(sum), toNames(count));
  }
  const sample = (source: Columns | number, labels: SampleShape['labels']): SampleShape => {
    const constant = typeof source === 'number';
    const shape = constant
      ? ({ kind: 'constant', value: source } as const)
      : ({ kind: 'column', columns: toNames(source) } as const);
    return { suffix: '', value: shape, labels };
  };
  if (values === undefined) return [sample(value, {})];
  return Object.entries(values).map(([text, columns]) => sample(columns, { [valueLabel]: text }));
}

function toNames(columns: Columns): ColumnNames {
  return typeof columns === 'string' ? [columns] : columns;
}
