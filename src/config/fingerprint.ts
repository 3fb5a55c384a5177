import { createHash } from 'node:crypto';
import { type ConfigKey, factsOf } from '../language/keys.ts';
import type { Query, Target } from '../model/plan.ts';
import { engineNamed } from '../sql/engines.ts';
import type { Definition } from './definitions.ts';
import { query as querySchema } from './query-schema.ts';
import { target as targetSchema } from './target-schema.ts';

/** SHA-256 over a value as JSON with sorted keys, so that the order in which an object was built does not matter. */
export function digest(value: unknown): string {
  return hash(canonicalJson(value));
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(',')}}`;
}

/** The two fingerprints of a task, or of the part of one that many tasks share. */
export interface Fingerprints {
  readonly samples: string;
  readonly terms: string;
}

export function fingerprintQuery(query: Query): Fingerprints {
  // The period of a cron schedule depends on the day on which it is computed, and the age of its samples on the period;
  // neither is needed to run the task. Nor is what people read.
  const { periodMs: _period, maxAgeMs: _age, description: _text, ...terms } = query;
  return { samples: digest(ofKeys(query, QUERY_KEYS)), terms: digest(terms) };
}

/** No secret goes into the fingerprint of the samples, which is written to disk. */
export function fingerprintTarget(target: Target): Fingerprints {
  const place = engineNamed(target.engine).samplesDependOn(target.connection);
  return { samples: digest({ ...ofKeys(target, TARGET_KEYS), place }), terms: digest(target) };
}

/** The fields of a plan that mean other samples, in the notation of the plan: `init_sql` is `initSql`. */
function decisive(keys: Readonly<Record<string, ConfigKey>>): ReadonlySet<string> {
  const names = Object.keys(keys).filter(
    (name) => keys[name] === undefined || factsOf(keys[name])?.inSamples !== false,
  );
  return new Set(names.map((name) => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())));
}

const QUERY_KEYS = decisive(querySchema.shape);
const TARGET_KEYS = decisive(targetSchema.shape);

function ofKeys(planned: object, keys: ReadonlySet<string>): object {
  return Object.fromEntries(Object.entries(planned).filter(([name]) => keys.has(name)));
}

/** What the rows of a query become, on whichever target. */
export function fingerprintMapping(definitions: readonly Definition[]): string {
  return digest(definitions.map(({ name, type, shape, staticLabels }) => ({ name, type, shape, staticLabels })));
}

/** `label`: the one that carries the name of the target; null: none does. */
export function fingerprintTask(
  query: Fingerprints,
  mapping: string,
  target: Fingerprints,
  label: readonly [name: string, value: string] | null,
): Fingerprints {
  // Joined as they would stand in the JSON of a list: there is one for each query on each of its targets.
  const rest = `"${mapping}",${JSON.stringify(label)}]`;
  return {
    samples: hash(`["${query.samples}","${target.samples}",${rest}`),
    terms: hash(`["${query.terms}","${target.terms}",${rest}`),
  };
}
