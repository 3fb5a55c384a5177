import { METRIC_KINDS } from '../model/metric-kind.ts';
import type { ColumnNames, LabelSource, SampleShape, Task, TaskMetric } from '../model/plan.ts';
import { engineNamed } from '../sql/engines.ts';
import { escapeLabelValue } from './exposition-text.ts';
import { type Literal, toLiteral } from './literal.ts';
import { formatNumber } from './mapping.ts';
import type { RejectionTerms } from './rejection-log.ts';
import { TextTable } from './text-table.ts';

/** The longest number that is formatted rather than copied is `-2.2250738585072014e-308`. */
const MAX_NUMBER_BYTES = 32;

/** How the lines of one metric are made, with the columns found: everything that is the same for all rows. */
export interface MetricLayout {
  readonly metric: TaskMetric;
  readonly terms: RejectionTerms;
  /** What is written row by row into one text: the lines that stand or fall together. */
  readonly texts: readonly TextLayout[];
  /** The columns whose cells stand between the literals of every line. */
  readonly labelColumns: readonly number[];
  /** The names of these columns. */
  readonly labelNames: readonly string[];
  /** The canonical numbers of texts; null where the metric maps none. */
  readonly map: TextTable<Uint8Array> | null;
}

export interface TextLayout {
  /** In the order in which a row writes them. */
  readonly lines: readonly LineLayout[];
  /** What they take at most, the label cells aside. */
  readonly fixedBytes: number;
}

export interface LineLayout {
  /** The fixed text: before the first label cell, between two of them, and after the last up to the value. */
  readonly literals: readonly Literal[];
  /** Of the name at its front. */
  readonly nameBytes: number;
  /** Behind the quote that ends the last label cell, up to the value. */
  readonly tailBytes: number;
  /** The canonical text of a constant; null: the value is a cell. */
  readonly constant: Uint8Array | null;
  /** Of the value; of a constant a column by which a row can be told. */
  readonly column: number;
  readonly columnName: string;
  /** Whether it belongs to the counts of a histogram, which ascend from line to line. */
  readonly isCount: boolean;
}

/** A metric, as far as it can be prepared before the columns of a result are known. */
export interface CompiledMetric {
  readonly metric: TaskMetric;
  readonly terms: Omit<RejectionTerms, 'unused'>;
  readonly lines: readonly { readonly sample: SampleShape; readonly literals: readonly Literal[] }[];
  /** In the order of their names. */
  readonly labels: readonly LabelSource[];
  readonly map: TextTable<Uint8Array> | null;
}

export function compileMetric(metric: TaskMetric, { query, target }: Task): CompiledMetric {
  const texts = Object.keys(metric.map);
  const numbers = Object.entries(metric.map).map(([text, number]) => [text, toBytes(number)] as const);
  return {
    metric,
    terms: {
      hints: engineNamed(target.engine).hints,
      sql: query.sql,
      family: metric.family,
      maxLabelLength: query.maxLabelLength,
      hasLabels: metric.labels.length > 0,
      mapped: texts,
    },
    lines: metric.samples.map((sample) => ({ sample, literals: lineTexts(metric, sample).map(toLiteral) })),
    labels: metric.labels.toSorted((a, b) => (a.label < b.label ? -1 : 1)),
    map: texts.length === 0 ? null : new TextTable(new Map(numbers)),
  };
}

/** A line is `name{a="constant",b="` cell `",c="` cell `"} ` value: its fixed texts, one more than there are label cells. */
export function lineTexts(metric: TaskMetric, sample: SampleShape): string[] {
  const constants = new Map(Object.entries({ ...metric.constantLabels, ...sample.labels }));
  const names = [...new Set<string>([...metric.labels.map(({ label }) => label), ...constants.keys()])].sort();
  const name = metric.family + sample.suffix;
  const texts: string[] = [];
  let text = names.length === 0 ? name : `${name}{`;
  for (const [index, label] of names.entries()) {
    text += index === 0 ? `${label}="` : `,${label}="`;
    const constant = constants.get(label);
    if (constant === undefined) {
      texts.push(text);
      text = '"';
    } else {
      text += `${escapeLabelValue(constant)}"`;
    }
  }
  texts.push(names.length === 0 ? `${text} ` : `${text}} `);
  return texts;
}

/** Every column that the metric reads. */
export function columnsOf({ labels, samples, where }: TaskMetric): ColumnNames[] {
  const values = samples.flatMap(({ value }) => (value.kind === 'column' ? [value.columns] : []));
  return [...labels, ...where].map(({ columns }) => columns).concat(values);
}

/** `indexOf`: where a result has one of the columns that the metric reads. */
export function layOut(
  { metric, terms, lines, labels, map }: CompiledMetric,
  indexOf: (columns: ColumnNames) => number,
  columnNames: readonly string[],
): MetricLayout {
  const isDistribution = METRIC_KINDS[metric.type].row === 'distribution';
  const labelColumns = labels.map(({ columns }) => indexOf(columns));
  const layouts = lines.map(({ sample: { suffix, value }, literals }): LineLayout => {
    const column = value.kind === 'column' ? indexOf(value.columns) : (labelColumns[0] ?? 0);
    return {
      literals,
      nameBytes: metric.family.length + suffix.length,
      tailBytes: literals.length === 1 ? 0 : (literals.at(-1)?.bytes ?? 0) - 1,
      constant: value.kind === 'column' ? null : toBytes(value.value),
      column,
      columnName: columnNames[column] ?? '',
      isCount: isDistribution && suffix !== '_sum',
    };
  });
  const used = new Set(columnsOf(metric).map(indexOf));
  const together = isDistribution ? [layouts] : layouts.map((line) => [line]);
  return {
    metric,
    terms: { ...terms, unused: columnNames.filter((_name, column) => !used.has(column)) },
    texts: together.map(toTextLayout),
    labelColumns,
    labelNames: labelColumns.map((column) => columnNames[column] ?? ''),
    map,
  };
}

function toTextLayout(lines: readonly LineLayout[]): TextLayout {
  const literals = lines.flatMap((line) => line.literals);
  const fixedBytes = literals.reduce((sum, { bytes }) => sum + bytes, lines.length * MAX_NUMBER_BYTES);
  return { lines, fixedBytes };
}

function toBytes(number: number): Uint8Array {
  return new TextEncoder().encode(formatNumber(number));
}
