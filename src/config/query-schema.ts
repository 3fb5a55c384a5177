import type { z } from 'zod';
import { type KeyFacts, key } from '../language/keys.ts';
import {
  bool,
  byteSize,
  choice,
  DURATION,
  duration,
  durationOrOff,
  durationOrSeconds,
  fields,
  list,
  mapping,
  name,
  nonEmptyText,
  text,
  wholeNumber,
} from '../language/values.ts';
import { applicabilityKeys } from './applicability.ts';
import { MEANING, metric, metricFields, ONE_VALUE } from './metric-schema.ts';

// No key is required here: see `configSchema`. The descriptions are the reference's words.

const DAY_MS = 86_400_000;

/** When and how a query runs, and what is told about it. */
const TERMS: KeyFacts = { secrecy: 'shown', inSamples: false };

export const queryOptions = {
  interval: key(
    durationOrSeconds({}, DURATION),
    TERMS,
    'How often the query runs on each of its targets, such as "30s"; a number is seconds. Excludes `schedule`. Default: 15s.',
    { default: '15s', examples: ['30s', '5m', '1h'] },
  ),
  schedule: key(
    nonEmptyText('a cron expression such as "*/5 * * * *"'),
    TERMS,
    'When the query runs, as a cron expression of 5 fields, or of 6 with seconds in front, or @hourly, @daily, @weekly, @monthly or @yearly; quote it. Replaces `interval`. ' +
      'Where day of month and day of week are both given, either suffices.',
    { examples: ['*/5 * * * *', '30 2 * * *', '@daily'] },
  ),
  timezone: key(
    nonEmptyText('a time zone such as Asia/Seoul'),
    TERMS,
    'The time zone of `schedule`, such as Asia/Seoul. Default: the zone of the host.',
    { examples: ['UTC', 'Asia/Seoul', 'Europe/Berlin'] },
  ),
  jitter: key(duration({ zero: true }), TERMS, 'A random delay of up to this much, added to each run. Default: none.', {
    examples: ['2s'],
  }),
  run_on_start: key(
    bool(),
    TERMS,
    'Whether the query runs once when the exporter starts, unless a restored result is younger than its period. ' +
      'Default: true with `interval`, false with `schedule`.',
  ),
  catch_up: key(
    duration({ zero: true }),
    TERMS,
    'A run of `schedule` that was missed, or that failed because the server could not be reached, is made up within ' +
      'this time. Default: a tenth of the period, at most 1h.',
    { examples: ['10m'] },
  ),
  timeout: key(
    durationOrSeconds({ maxMs: DAY_MS }),
    TERMS,
    'One deadline over waiting for a connection, connecting, asking and reading; then the statement is stopped on the ' +
      'server. A number is seconds. At most 1d. Default: 10s.',
    { default: '10s', examples: ['30s', '5m'] },
  ),
  on_error: key(
    choice(['keep', 'drop']),
    TERMS,
    'What happens to the last good samples when a run fails: keep (default) or drop.',
    { default: 'keep' },
  ),
  on_empty: key(
    choice(['clear', 'keep', 'fail']),
    TERMS,
    'What happens when no row comes: clear the samples (default), keep the last ones, or count the run as failed.',
    { default: 'clear' },
  ),
  max_age: key(
    durationOrOff(),
    TERMS,
    'Samples older than this leave the metrics page; "off" for never. Default: three periods, at least 5m.',
    { examples: ['10m', '1h', 'off'] },
  ),
  max_rows: key(
    wholeNumber(1, 1_000_000_000),
    TERMS,
    'A larger result fails the run and is stopped on the server. Default: 10000.',
    { default: 10_000 },
  ),
  max_bytes: key(
    byteSize(),
    TERMS,
    'A larger result fails the run and is stopped on the server: "16MiB", "1GB" or a number of bytes. Default: 16MiB.',
    { default: '16MiB', examples: ['64MiB', '1GB'] },
  ),
  max_label_length: key(
    wholeNumber(1, 1_048_576),
    MEANING,
    'A label value of more bytes than this rejects its sample. Default: 4096.',
    { default: 4_096 },
  ),
};

export const defaults = fields(queryOptions, 'a mapping of query options');

export const querySource = {
  sql: key(
    text('SQL'),
    MEANING,
    'The statement: one, that gives one result set. A block (`sql: |`) needs no quoting. Excludes `sql_file`.',
    { examples: ['SELECT state, COUNT(*) AS n FROM orders GROUP BY state'] },
  ),
  sql_file: key(
    nonEmptyText('a path'),
    MEANING,
    'A file that holds the statement. A relative path starts at the configuration file.',
    { examples: ['orders.sql'] },
  ),
  namespace: key(
    text('a prefix for metric names'),
    MEANING,
    'The prefix of its metrics, instead of the top-level `namespace`; "" for none.',
  ),
  targets: key(
    list(name('a target or group'), 'a list of targets or groups'),
    TERMS,
    'The targets and groups that are asked. Default: all targets.',
    { examples: [['prod01']] },
  ),
  collector: key(
    name('a collector name'),
    TERMS,
    'A name that several queries may share, to ask for them together: /metrics?collect[]=name.',
  ),
};

export const query = fields(
  {
    description: key(
      nonEmptyText('what the query is about'),
      TERMS,
      'What the query is about, for people; `check` shows it.',
    ),
    ...querySource,
    ...applicabilityKeys,
    ...queryOptions,
    metrics: key(
      mapping(metric, 'a mapping of metric names to metrics'),
      MEANING,
      'The metrics that the columns of the result make, by name. The namespace is put in front of the name.',
    ),
  },
  'a query with sql and metrics',
).meta({ required: ['metrics'], oneOf: [{ required: ['sql'] }, { required: ['sql_file'] }] });

export const metricWithQuery = fields(
  {
    query: key(text('SQL'), MEANING, 'The statement; the same as `sql`.'),
    ...querySource,
    ...applicabilityKeys,
    ...metricFields,
    ...queryOptions,
  },
  'a metric with query, type and value',
).meta({
  required: ['type'],
  allOf: [ONE_VALUE, { oneOf: [{ required: ['query'] }, { required: ['sql'] }, { required: ['sql_file'] }] }],
});

export type QueryOptions = z.output<typeof defaults>;
export type QueryEntry = z.output<typeof query>;
