import type { z } from 'zod';
import {
  bool,
  byteSize,
  choice,
  duration,
  durationOrOff,
  durationOrSeconds,
  fields,
  labelValue,
  list,
  mapping,
  metricType,
  name,
  nonEmptyText,
  text,
  wholeNumber,
} from './values.ts';

// No key is required here: see `configSchema`. The descriptions are the reference's words.

const DAY_MS = 86_400_000;

export const queryOptions = {
  interval: duration()
    .optional()
    .describe('How often the query runs on each of its targets, such as "30s". Excludes `schedule`. Default: 15s.'),
  schedule: nonEmptyText('a cron expression such as "*/5 * * * *"')
    .optional()
    .describe(
      'When the query runs, as a cron expression of 5 fields, or of 6 with seconds in front; quote it. Replaces `interval`. ' +
        'Where day of month and day of week are both given, either suffices.',
    ),
  timezone: nonEmptyText('a time zone such as Asia/Seoul')
    .optional()
    .describe('The time zone of `schedule`, such as Asia/Seoul. Default: the zone of the host.'),
  jitter: duration({ zero: true })
    .optional()
    .describe('A random delay of up to this much, added to each run. Default: none.'),
  run_on_start: bool()
    .optional()
    .describe(
      'Whether the query runs once when the exporter starts, unless a restored result is younger than its period. ' +
        'Default: true with `interval`, false with `schedule`.',
    ),
  catch_up: duration({ zero: true })
    .optional()
    .describe(
      'A run of `schedule` that was missed, or that failed because the server could not be reached, is made up within ' +
        'this time. Default: a tenth of the period, at most 1h.',
    ),
  timeout: durationOrSeconds({ maxMs: DAY_MS })
    .optional()
    .describe(
      'One deadline over waiting for a connection, connecting, asking and reading; then the statement is stopped on the ' +
        'server. A number is seconds. At most 1d. Default: 10s.',
    ),
  on_error: choice(['keep', 'drop'])
    .optional()
    .describe('What happens to the last good samples when a run fails: keep (default) or drop.'),
  on_empty: choice(['clear', 'keep', 'fail'])
    .optional()
    .describe(
      'What happens when no row comes: clear the samples (default), keep the last ones, or count the run as failed.',
    ),
  max_age: durationOrOff()
    .optional()
    .describe('Samples older than this leave the exposition; "off" for never. Default: three periods, at least 5m.'),
  max_rows: wholeNumber(1, 1_000_000_000)
    .optional()
    .describe('A larger result fails the run and is stopped on the server. Default: 10000.'),
  max_bytes: byteSize()
    .optional()
    .describe(
      'A larger result fails the run and is stopped on the server: "16MiB", "1GB" or a number of bytes. Default: 16MiB.',
    ),
  max_label_length: wholeNumber(1, 1_048_576)
    .optional()
    .describe('A label value of more bytes than this rejects its sample. Default: 4096.'),
};

export const defaults = fields(queryOptions, 'a mapping of query options').describe(
  'Query options for every query that does not give its own. A query that gives `interval` or `schedule` replaces both.',
);

const metricFields = {
  type: metricType()
    .optional()
    .describe('gauge, or counter for an absolute total that only falls when its source restarts.'),
  description: text().optional().describe('The HELP text of the metric. Default: a sentence that names the query.'),
  labels: list(text('the name of a column'), 'a list of column names')
    .optional()
    .describe('Columns whose values become labels of the same name. Default: none.'),
  value: nonEmptyText('the name of a column').optional().describe('The column that holds the number.'),
  static_labels: mapping(labelValue(), 'a mapping of label names to values')
    .optional()
    .describe('Labels with a fixed value on every sample of this metric.'),
};

export const metric = fields(metricFields, 'a metric with type and value').meta({ required: ['type', 'value'] });

const querySource = {
  sql: text('SQL')
    .optional()
    .describe(
      'The statement: one, that gives one result set. A block (`sql: |`) needs no quoting. Excludes `sql_file`.',
    ),
  sql_file: nonEmptyText('a path')
    .optional()
    .describe('A file that holds the statement. A relative path starts at the configuration file.'),
  targets: list(name('a target or group'), 'a list of targets or groups')
    .optional()
    .describe('The targets and groups that are asked. Default: all targets.'),
  collector: name('a collector name')
    .optional()
    .describe('A name that several queries may share, to ask for them together: /metrics?collect[]=name.'),
};

export const query = fields(
  {
    ...querySource,
    ...queryOptions,
    metrics: mapping(metric, 'a mapping of metric names to metrics')
      .optional()
      .describe('The metrics that the columns of the result make, by name. The namespace is put in front of the name.'),
  },
  'a query with sql and metrics',
).meta({ required: ['metrics'], oneOf: [{ required: ['sql'] }, { required: ['sql_file'] }] });

export const metricWithQuery = fields(
  {
    query: text('SQL').optional().describe('The statement; the same as `sql`.'),
    ...querySource,
    ...metricFields,
    ...queryOptions,
  },
  'a metric with query, type and value',
).meta({
  required: ['type', 'value'],
  oneOf: [{ required: ['query'] }, { required: ['sql'] }, { required: ['sql_file'] }],
});

export type QueryOptions = z.output<typeof defaults>;
export type MetricEntry = z.output<typeof metric>;
export type QueryEntry = z.output<typeof query>;
