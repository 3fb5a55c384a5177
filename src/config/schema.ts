import { z } from 'zod';
import type { Path } from './path.ts';
import { defaults, metric, metricWithQuery, query, queryOptions } from './query-schema.ts';
import { target, tls } from './target-schema.ts';
import { fields, mapping, nonEmptyText, text, wholeNumber } from './values.ts';

/**
 * What a configuration file may hold. No key is required, so that a file with one mistake is still checked to its end:
 * the planner says what is missing, and `required` in the parts tells editors. Descriptions are the reference's words.
 */
export const configSchema = fields({
  namespace: text('a prefix for metric names')
    .optional()
    .describe('Prefix of every query metric; "" for none. Default: query_exporter.'),
  target_label: text('a label name')
    .optional()
    .describe(
      'The label that carries the name of the target; "" for none, where each metric has one target. Only with ' +
        '`targets`. Default: target.',
    ),
  max_running: wholeNumber(1, 10_000)
    .optional()
    .describe('The most queries that run at one time, over all targets. Default: 64.'),
  max_series: wholeNumber(1, 100_000_000)
    .optional()
    .describe('The most samples that are held, over all queries and targets. Default: 1000000.'),
  defaults: defaults.optional(),
  dsn: nonEmptyText('a DSN')
    .optional()
    .describe('The only database, in one line: `user:password@tcp(host:3306)/db`. Excludes `targets`.'),
  targets: mapping(target, 'a mapping of target names to targets')
    .optional()
    .describe('The databases to ask, by name.'),
  queries: mapping(query, 'a mapping of query names to queries').optional().describe('The queries, by name.'),
  metrics: mapping(metricWithQuery, 'a mapping of metric names to metrics')
    .optional()
    .describe('Short form for queries with a single metric: each is a query of the same name.'),
});

export type Config = z.output<typeof configSchema>;

/** The keys that may stand in the mapping at a path. */
export function keysAt(path: Path): readonly string[] {
  const [section, , part] = path;
  if (section === undefined) return Object.keys(configSchema.shape);
  if (section === 'defaults') return Object.keys(queryOptions);
  if (section === 'targets') return Object.keys(part === 'tls' ? tls.shape : target.shape);
  if (section === 'metrics') return Object.keys(metricWithQuery.shape);
  return Object.keys(part === 'metrics' ? metric.shape : query.shape);
}

// What a message may show of a target. Anything else there may be, or may by mistake be, a part of a secret.
const SHOWN_OF_TARGETS: ReadonlySet<string> = new Set([
  'engine',
  'port',
  'groups',
  'labels',
  'max_connections',
  'connect_timeout',
  'ping_interval',
  'slow_log',
  'tls',
]);

/** Whether no message may show the value at a path. */
export function isSecret(path: Path): boolean {
  if (path[0] === 'targets') return path.length < 3 || !SHOWN_OF_TARGETS.has(String(path[2]));
  return path[0] === 'dsn';
}

/** The JSON Schema of a configuration file, for editors. */
export function configJsonSchema(): object {
  const schema = z.toJSONSchema(configSchema, { io: 'input' });
  return { ...schema, title: 'Configuration of query-exporter' };
}
