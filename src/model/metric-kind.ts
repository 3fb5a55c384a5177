import type { ColumnNames, SampleShape } from './plan.ts';
import type { MetricType } from './words.ts';

/** What there is to know of a type of metric. */
export interface MetricKind {
  /** The values that its samples take: any number, or totals only, which are finite and not negative. */
  readonly takes: 'numbers' | 'totals';
  /** What a row makes: samples that stand for themselves, or one distribution that is whole or not there. */
  readonly row: 'samples' | 'distribution';
  /** What the names of its lines add to the name of the family. */
  readonly suffixes: readonly string[];
}

/** Every type there is. Another one is a word in `MetricType` and a line here. */
export const METRIC_KINDS: Readonly<Record<MetricType, MetricKind>> = {
  gauge: { takes: 'numbers', row: 'samples', suffixes: [''] },
  counter: { takes: 'totals', row: 'samples', suffixes: [''] },
  histogram: { takes: 'totals', row: 'distribution', suffixes: ['_bucket', '_sum', '_count'] },
};

/** A bucket counts everything up to its bound, so that its count is in the next one's as well. */
export interface Bucket {
  readonly bound: number;
  readonly columns: ColumnNames;
}

/** The samples of a histogram, from finite bounds in ascending order. What is above the last one only `count` counts. */
export function histogramSamples(buckets: readonly Bucket[], sum: ColumnNames, count: ColumnNames): SampleShape[] {
  const bucket = (le: string, columns: ColumnNames) => sample('_bucket', columns, { le });
  return [
    ...buckets.map(({ bound, columns }) => bucket(String(bound), columns)),
    bucket('+Inf', count),
    sample('_sum', sum, {}),
    sample('_count', count, {}),
  ];
}

function sample(suffix: string, columns: ColumnNames, labels: Readonly<Record<string, string>>): SampleShape {
  return { suffix, value: { kind: 'column', columns }, labels };
}
