import { formatDuration } from '../../language/duration.ts';
import { convertCustomQueries, looksLikeCustomQueries } from './custom-queries.ts';
import type { QueryKeys } from './draft.ts';
import type { Section } from './section.ts';
import type { Format } from './source-format.ts';

/** Keys that CloudNativePG alone has. */
const CLOUD_NATIVE_KEYS = ['primary', 'predicate_query', 'target_databases', 'name'];

/** The custom queries of postgres_exporter, and those of CloudNativePG, which took them over. */
export const postgresExporter: Format = {
  name: 'postgres-exporter',
  title: 'custom queries of postgres_exporter',
  tags: [],
  recognises: looksLikeCustomQueries,
  convert: (sources, conversion) => {
    const draft = convertCustomQueries(
      sources,
      conversion,
      { engine: 'postgres', readOptions, intervalOf: () => null },
      'localhost:5432',
      'postgres://monitor@localhost:5432/postgres',
    );
    const isCloudNative = sources.some(({ root }) =>
      Array.from(root.entries.values()).some(
        ({ value }) => value.kind === 'mapping' && CLOUD_NATIVE_KEYS.some((key) => value.entries.has(key)),
      ),
    );
    draft.namespace = isCloudNative ? 'cnpg' : '';
    // As CloudNativePG, which asks its own server alone, does without such a label.
    draft.targetLabel = isCloudNative ? '' : 'server';
    return draft;
  },
};

function readOptions(query: Section): QueryKeys {
  const keys: QueryKeys = {};
  const when: NonNullable<QueryKeys['when']> = {};
  const cachedMs = query.durationMs('cache_seconds');
  if (cachedMs !== null) keys.interval = formatDuration(cachedMs);
  if (query.flag('master')) {
    keys.once_per = 'server';
    query.note('master', '"master" there means once for each server, not for each of its databases: "once_per" here');
  }
  if (query.flag('primary')) when.role = 'primary';
  const range = query.text('runonserver');
  if (range !== undefined) {
    if (RANGE.test(range)) when.version = toRange(range);
    else query.lose('runonserver', 'expected comparisons with versions such as ">=14.0.0 <17"');
  }
  const predicate = query.text('predicate_query');
  if (predicate !== undefined) when.sql = predicate.trim();
  if (query.texts('target_databases').length > 0) {
    query.lose('target_databases', 'name the databases of the target: "databases: [a, b]" instead of a DSN with one');
  }
  if (Object.keys(when).length > 0) keys.when = when;
  return keys;
}

const COMPARISONS = '(?:\\s*(?:>=|<=|>|<|=)?\\s*\\d+(?:\\.\\d+){0,2})+\\s*';
const RANGE = new RegExp(`^${COMPARISONS}(?:\\|\\|${COMPARISONS})*$`);

/** `>=10.0.0 <12 || >=14` for PostgreSQL. */
function toRange(range: string): string {
  return range
    .split('||')
    .map((part) => `postgres ${part.trim()}`)
    .join(' || ');
}
