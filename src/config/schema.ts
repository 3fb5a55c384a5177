import { z } from 'zod';
import { key, withFacts } from '../language/keys.ts';
import { fields, mapping, nonEmptyText, text, wholeNumber } from '../language/values.ts';
import { DSN_FORMS } from '../sql/dsn.ts';
import { fleet } from './fleet-schema.ts';
import { packs } from './pack-schema.ts';
import { defaults, metricWithQuery, query } from './query-schema.ts';
import { target } from './target-schema.ts';

const shape = {
  namespace: key(
    text('a prefix for metric names'),
    { secrecy: 'shown', inSamples: true },
    'Prefix of every query metric; "" for none. Default: query_exporter.',
    { default: 'query_exporter', examples: ['shop'] },
  ),
  target_label: key(
    text('a label name'),
    { secrecy: 'shown', inSamples: true },
    'The label that carries the name of the target; "" for none, where each metric has one target. Only with ' +
      '`targets`. Default: target.',
    { default: 'target' },
  ),
  max_running: key(
    wholeNumber(1, 10_000),
    { secrecy: 'shown', inSamples: false },
    'The most queries that run at one time, over all targets. Default: 64.',
    { default: 64 },
  ),
  max_series: key(
    wholeNumber(1, 100_000_000),
    { secrecy: 'shown', inSamples: false },
    'The most samples that are held, over all queries and targets. Default: 1000000.',
    { default: 1_000_000 },
  ),
  defaults: key(
    defaults,
    { secrecy: 'shown', inSamples: false },
    'Query options for every query that does not give its own. A query that gives `interval` or `schedule` replaces both.',
  ),
  dsn: key(
    nonEmptyText('a DSN'),
    { secrecy: 'masked', inSamples: true, interpolated: true },
    `The only database, in one line: \`${DSN_FORMS[0]}\`. Excludes \`targets\`.`,
    { examples: DSN_FORMS },
  ),
  targets: key(
    mapping(target, 'a mapping of target names to targets'),
    { secrecy: 'masked', inSamples: true, interpolated: true },
    'The databases to ask, by name.',
    { examples: [{ prod01: { host: '10.0.0.1', user: 'monitor', password_file: 'db_password' } }] },
  ),
  fleet: key(
    fleet,
    { secrecy: 'shown', inSamples: false },
    'Several exporters with one configuration that poll each server only once. Without it, an exporter is alone.',
  ),
  packs,
  queries: key(
    mapping(query, 'a mapping of query names to queries'),
    { secrecy: 'shown', inSamples: true },
    'The queries, by name.',
    {
      examples: [
        {
          orders: {
            sql: 'SELECT state, COUNT(*) AS n FROM orders GROUP BY state',
            metrics: { orders: { type: 'gauge', labels: ['state'], value: 'n' } },
          },
        },
      ],
    },
  ),
  metrics: key(
    mapping(metricWithQuery, 'a mapping of metric names to metrics'),
    { secrecy: 'shown', inSamples: true },
    'Short form for queries with a single metric: each is a query of the same name.',
  ),
};

/**
 * What a configuration file may hold. No key is required, so that a file with one mistake is still checked to its end:
 * the planner says what is missing, and `required` in the parts tells editors. Descriptions are the reference's words.
 */
export const configSchema = withFacts(fields(shape), { secrecy: 'shown', inSamples: true });

export type Config = z.output<typeof configSchema>;

/** The JSON Schema of a configuration file, for editors. */
export function configJsonSchema(): object {
  // The draft that every editor reads.
  const schema = z.toJSONSchema(configSchema, { io: 'input', target: 'draft-7' });
  return { ...schema, title: 'Configuration of query-exporter' };
}
