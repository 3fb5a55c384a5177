import type { z } from 'zod';
import { type KeyFacts, key } from '../language/keys.ts';
import { choice, distinct, entries, fields, mapping, name, nonEmptyText, oneOf, text } from '../language/values.ts';
import { applicabilityKeys } from './applicability.ts';
import { query, queryOptions, querySource } from './query-schema.ts';

/** What is said of the queries of a pack is said of each of them anew, where it is put in. */
const FACTS: KeyFacts = { secrecy: 'shown', inSamples: true };

const { sql, sql_file, targets, collector } = querySource;
const { when, needs } = applicabilityKeys;

/** What may be said for all queries of a pack. */
const packOptions = { targets, collector, ...queryOptions };
/** What may be said for one of them. */
const packedOptions = { sql, sql_file, when, needs, ...packOptions };

export const PACK_OPTIONS: readonly string[] = Object.keys(packOptions);
export const PACKED_OPTIONS: readonly string[] = Object.keys(packedOptions);

const packQuery = oneOf(
  [choice(['off']), fields(packedOptions, 'a mapping of query options')],
  '"off" or a mapping of query options',
);

const pack = fields(
  {
    ...packOptions,
    queries: key(
      mapping(packQuery, 'a mapping of query names to options or "off"'),
      FACTS,
      'Of single queries of the pack, by name: "off" leaves it out; a mapping has options of its own. What stands here ' +
        'goes before what stands at the pack, that before the file of the pack, and that before `defaults`.',
    ),
  },
  'a mapping of query options',
);

/** The key `packs`. */
export const packs = key(
  oneOf(
    [
      distinct(name('the name of a pack'), 'a list of packs', 'one pack'),
      entries(pack, 'a mapping of packs to options', 'one pack'),
    ],
    'a list of packs, or a mapping of packs to options',
  ),
  FACTS,
  'Ready-made queries that ship with the exporter: a list of packs, or a mapping of packs to options ' +
    'for their queries. A pack runs on the targets of its engine; of the `targets` that it names, on those of its engine. ' +
    '`query-exporter packs` lists them.',
);

/** What stands in the file of a pack. */
export const packFile = fields({
  description: nonEmptyText('what the pack holds'),
  engine: text('the name of an engine'),
  queries: mapping(query, 'a mapping of query names to queries'),
});

export type PackContents = z.output<typeof packFile>;
