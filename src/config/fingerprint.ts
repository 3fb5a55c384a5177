import { createHash } from 'node:crypto';
import { engineNamed } from '../sql/engines.ts';
import type { Query, Target, TaskMetric } from '../model/plan.ts';

/** SHA-256 over a value as JSON with sorted keys, so that the order in which an object was built does not matter. */
export function digest(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
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

/** What of a query decides about its samples is its statement and what it lets through as a label. */
export function fingerprintQuery(query: Query): Fingerprints {
  const { sql, maxLabelLength } = query;
  // The period of a cron schedule depends on the day on which it is computed, and the age of its samples on the period;
  // neither is needed to run the task.
  const { periodMs: _period, maxAgeMs: _age, ...terms } = query;
  return { samples: digest({ sql, maxLabelLength }), terms: digest(terms) };
}

/** No secret goes into the fingerprint of the samples, which is written to disk. */
export function fingerprintTarget(target: Target): Fingerprints {
  const { engine, connection, initSql } = target;
  const source = engineNamed(engine).samplesDependOn(connection);
  return { samples: digest({ engine, source, initSql }), terms: digest(target) };
}

export function fingerprintTask(
  query: Fingerprints,
  target: Fingerprints,
  metrics: readonly TaskMetric[],
): Fingerprints {
  const mapping = canonicalJson(metrics);
  return {
    samples: digest([query.samples, target.samples, mapping]),
    terms: digest([query.terms, target.terms, mapping]),
  };
}
