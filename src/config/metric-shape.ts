import { quote } from '../language/quote.ts';
import { type Bucket, histogramSamples, METRIC_KINDS } from '../model/metric-kind.ts';
import type { ColumnNames, LabelSource, SampleShape, TaskMetric, ValueSource } from '../model/plan.ts';
import type { LabelName } from '../model/words.ts';
import type { Context } from './context.ts';
import type { ConfigDocument } from './document.ts';
import type { MetricEntry } from './metric-schema.ts';
import type { Path } from './path.ts';

/** What of a metric is the same for every name and on every target. */
export type MetricShape = Omit<TaskMetric, 'family' | 'type' | 'constantLabels'>;

const OF_DISTRIBUTIONS = ['buckets', 'sum', 'count'] as const;
const OF_SAMPLES = ['value', 'values', 'value_label', 'map', 'empty_value', 'error_value'] as const;

const BOUND = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

/** Says which keys of a metric are missing or do not go together. */
export function checkKeys(path: Path, entry: MetricEntry, { document }: Context): void {
  const has = (key: string) => document.has([...path, key]);
  const refuse = (key: string, text: string) => document.refuseKey([...path, key], text);
  const { type } = entry;
  if (type !== undefined && METRIC_KINDS[type].row === 'distribution') {
    for (const key of OF_SAMPLES.filter(has)) refuse(key, `has no meaning for a ${type}`);
    for (const key of OF_DISTRIBUTIONS) document.requireOneOf(path, [key]);
    return;
  }
  const misplaced = OF_DISTRIBUTIONS.filter(has);
  // Of a type that is not known nothing follows.
  if (type === undefined && misplaced.length > 0) return;
  for (const key of misplaced) refuse(key, 'works only with "type: histogram"');
  document.requireOneOf(path, ['value', 'values']);
  if (has('values') && has('value')) refuse('values', 'excludes "value"');
  if (has('values')) document.requireOneOf(path, ['value_label']);
  else if (has('value_label')) refuse('value_label', 'works only with "values"');
  if (typeof entry.value === 'number' && has('map')) refuse('map', 'has no meaning for a constant "value"');
  const isLabelled = has('values') || Object.keys(entry.labels ?? {}).length > 0;
  for (const key of ['empty_value', 'error_value'].filter(has)) {
    if (isLabelled) refuse(key, 'works only without "labels" and "values"');
  }
}

/** Null: what is wrong was said, here or by `checkKeys`. */
export function planShape(path: Path, entry: MetricEntry, { document }: Context): Omit<MetricShape, 'where'> | null {
  checkTotals(path, entry, document);
  const map = planMap(path, entry, document);
  const samples = planSamples(path, entry, document);
  if (samples === null) return null;
  return {
    labels: labelsOf(entry),
    samples,
    map,
    emptyValue: entry.empty_value ?? null,
    errorValue: entry.error_value ?? null,
  };
}

/** A constant that the type does not take would reject every sample. */
function checkTotals(path: Path, { type, value, map, ...entry }: MetricEntry, document: ConfigDocument): void {
  if (type === undefined || METRIC_KINDS[type].takes === 'numbers') return;
  const check = (number: unknown, keys: Path) => {
    if (typeof number === 'number' && number < 0) document.refuse([...path, ...keys], `a ${type} cannot be negative`);
  };
  check(value, ['value']);
  for (const [text, number] of Object.entries(map ?? {})) check(number, ['map', text]);
  check(entry.empty_value, ['empty_value']);
  check(entry.error_value, ['error_value']);
}

function labelsOf({ labels = [] }: MetricEntry): LabelSource[] {
  if (Array.isArray(labels)) return labels.map((label) => ({ label: label as LabelName, columns: [label] }));
  return Object.entries(labels).map(([label, columns]) => ({ label: label as LabelName, columns }));
}

function planMap(path: Path, { map = {} }: MetricEntry, document: ConfigDocument): TaskMetric['map'] {
  const numbers = new Map<string, number>();
  for (const [written, number] of Object.entries(map)) {
    const text = trimmed(written);
    if (numbers.has(text)) document.refuseKey([...path, 'map', written], `${quote(text)} is listed already`);
    numbers.set(text, number);
  }
  return Object.fromEntries(numbers);
}

/** As cells are read. */
function trimmed(text: string): string {
  return text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');
}

function planSamples(path: Path, entry: MetricEntry, document: ConfigDocument): readonly SampleShape[] | null {
  const { value, values, value_label: label, buckets, sum, count } = entry;
  if (value !== undefined) return [sampleOf(value, {})];
  if (values !== undefined && label !== undefined) {
    return pairsOf(values).map(([text, columns]) => sampleOf(columns, { [label]: text }));
  }
  if (buckets === undefined || sum === undefined || count === undefined) return null;
  return histogramSamples(planBuckets([...path, 'buckets'], buckets, document), sum, count);
}

function sampleOf(value: number | ColumnNames, labels: SampleShape['labels']): SampleShape {
  const source: ValueSource =
    typeof value === 'number' ? { kind: 'constant', value } : { kind: 'column', columns: value };
  return { suffix: '', value: source, labels };
}

function pairsOf(values: NonNullable<MetricEntry['values']>): readonly (readonly [string, ColumnNames])[] {
  return Array.isArray(values) ? values.map((column) => [column, [column]] as const) : Object.entries(values);
}

/** In the order in which they were written, which an object does not keep where keys look like numbers. */
function planBuckets(
  path: Path,
  buckets: Readonly<Record<string, ColumnNames>>,
  document: ConfigDocument,
): readonly Bucket[] {
  const node = document.nodeAt(path);
  const written = node?.kind === 'mapping' ? [...node.entries.keys()] : [];
  const planned: Bucket[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const text of written) {
    const bound = BOUND.test(text) ? Number(text) : Number.NaN;
    const columns = buckets[text];
    if (!Number.isFinite(bound)) {
      document.refuseKey([...path, text], 'expected a finite number as the bound; above the last one, "count" counts');
    } else if (bound <= last)
      document.refuseKey([...path, text], `the bounds must ascend, and ${last} is before this one`);
    else last = bound;
    if (columns !== undefined) planned.push({ bound, columns });
  }
  return planned;
}
