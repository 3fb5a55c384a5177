import { z } from 'zod';
import { type KeyFacts, key } from '../language/keys.ts';
import {
  anyOf,
  distinct,
  entries,
  expected,
  fields,
  finiteNumber,
  labelValue,
  list,
  mapping,
  nonEmptyText,
  oneOf,
  text,
} from '../language/values.ts';
import { METRIC_KINDS } from '../model/metric-kind.ts';
import type { ColumnNames } from '../model/plan.ts';
import type { MetricType } from '../model/words.ts';

// No key is required here: see `configSchema`. The descriptions are the reference's words.

/** What is asked, and how the answer becomes samples. */
export const MEANING: KeyFacts = { secrecy: 'shown', inSamples: true };
const HELP: KeyFacts = { secrecy: 'shown', inSamples: false };

const COLUMN = 'the name of a column';
const COLUMNS = `${COLUMN} or a list of names`;

const TYPES = Object.keys(METRIC_KINDS) as MetricType[];

function metricType() {
  const words = anyOf(TYPES);
  const inAnyCase = (type: string): string => type.replace(/./g, (letter) => `[${letter}${letter.toUpperCase()}]`);
  return z
    .string(expected(words))
    .transform((value, context): MetricType => {
      const type = TYPES.find((known) => known === value.toLowerCase());
      if (type !== undefined) return type;
      context.addIssue({ code: 'custom', message: `expected ${words}` });
      return z.NEVER;
    })
    .meta({ pattern: `^(${TYPES.map(inAnyCase).join('|')})$` });
}

function column() {
  return nonEmptyText(COLUMN);
}

function columnList() {
  return distinct(column(), 'a list of column names', 'one column');
}

/** A column, or several of which the first that a result has is meant. */
function columns() {
  return oneOf([column(), columnList()], COLUMNS).transform(
    (named): ColumnNames => (typeof named === 'string' ? [named] : named),
  );
}

function constantOrColumns() {
  const words = `${COLUMNS}, or a finite number`;
  const named = z.string(expected(words)).refine((value) => value !== '', expected(words));
  return oneOf([finiteNumber(), named, columnList()], words).transform((given): number | ColumnNames =>
    typeof given === 'string' ? [given] : given,
  );
}

function texts() {
  return oneOf([text(), distinct(text(), 'a list of texts', 'one text')], 'a text or a list of texts').transform(
    (given): readonly string[] => (typeof given === 'string' ? [given] : given),
  );
}

export const metricFields = {
  type: key(
    metricType(),
    MEANING,
    'gauge; counter for an absolute total that only falls when its source restarts; or histogram.',
    { examples: TYPES },
  ),
  description: key(text(), HELP, 'The HELP text of the metric. Default: a sentence that names the query.'),
  labels: key(
    oneOf(
      [list(text(COLUMN), 'a list of column names'), mapping(columns(), 'a mapping of label names to columns')],
      'a list of column names or a mapping of label names to columns',
    ),
    MEANING,
    'Columns whose values become labels: a list, for labels of the same names, or a mapping such as ' +
      '`{source: Source_Host}`. In a mapping, a list of columns stands for the first of them that the result has. ' +
      'Default: none.',
    { examples: [['state'], { source: 'Source_Host' }] },
  ),
  value: key(
    constantOrColumns(),
    MEANING,
    'The column that holds the number; of a list of columns, the first that the result has. A number, as in ' +
      '`value: 1`, is the value for every row.',
    { examples: ['n', 1] },
  ),
  values: key(
    oneOf(
      [columnList(), entries(columns(), 'a mapping of texts to columns', 'one column')],
      'a list of column names or a mapping of texts to columns',
    ),
    MEANING,
    'Several columns of numbers: each row gives one sample for each, told apart by the label that `value_label` names. ' +
      "Its value is the column's name, or the text of a mapping such as `{io: Slave_IO_Running, sql: Slave_SQL_Running}`. " +
      'A NULL leaves out that one. Instead of `value`.',
    { examples: [['free', 'used']] },
  ),
  value_label: key(text('a label name'), MEANING, 'The label that tells the samples of `values` apart.'),
  map: key(
    entries(finiteNumber(), 'a mapping of texts to numbers', 'one text'),
    MEANING,
    'Numbers for texts, such as `{"Yes": 1, "No": 0}`; spaces around a text do not count. A text that is not named is ' +
      'read as a number.',
    { examples: [{ Yes: 1, No: 0 }] },
  ),
  where: key(
    entries(texts(), 'a mapping of column names to texts', 'one column'),
    MEANING,
    'Only rows whose columns have exactly these texts, such as `{Variable_name: Threads_connected}`; of a list, one of ' +
      'them. Where `{column}` stands in the name of the metric, and such a column here, each of its texts makes a metric ' +
      'of its own; `{column}` in `description` stands for the same text.',
    { examples: [{ Variable_name: 'Threads_connected' }] },
  ),
  static_labels: key(
    mapping(labelValue(), 'a mapping of label names to values'),
    MEANING,
    'Labels with a fixed value on every sample of this metric.',
    { examples: [{ shop: 'eu' }] },
  ),
  empty_value: key(
    finiteNumber(),
    MEANING,
    'The value where no row comes, or none that `where` lets through. Only without `labels` and `values`. Default: no ' +
      'sample.',
  ),
  error_value: key(
    finiteNumber(),
    MEANING,
    'The value while the newest run failed, such as 0 for a metric that says whether a server answers. Only without ' +
      '`labels` and `values`. Default: `on_error` alone decides.',
  ),
  buckets: key(
    entries(columns(), 'a mapping of bounds to columns', 'one bucket'),
    MEANING,
    'Of a histogram: ascending upper bounds and the columns that count everything up to them, such as ' +
      '`{0.1: le100, 1: le1000}`. What lies above the last bound only `count` counts.',
    { examples: [{ 0.1: 'le100', 1: 'le1000' }] },
  ),
  sum: key(columns(), MEANING, 'Of a histogram: the column with the sum of everything that was observed.'),
  count: key(columns(), MEANING, 'Of a histogram: the column that counts everything that was observed.'),
};

/** The keys that say where the numbers of a metric come from. */
export const ONE_VALUE = {
  oneOf: [{ required: ['value'] }, { required: ['values', 'value_label'] }, { required: ['buckets', 'sum', 'count'] }],
};

export const metric = fields(metricFields, 'a metric with type and value').meta({ required: ['type'], ...ONE_VALUE });

export type MetricEntry = z.output<typeof metric>;
