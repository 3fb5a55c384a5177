import { z } from 'zod';

/** The schema of the value of one key of a configuration. */
export type ConfigKey = z.ZodType;

/**
 * Who may see a value. shown: everybody. hidden: no message shows it, since it may, by mistake, be a part of a secret.
 * masked: it is a secret, and not even the configuration in force shows it.
 */
export type Secrecy = 'shown' | 'hidden' | 'masked';

/** What must be known of a key beyond the values that it takes. It holds for everything inside that does not say itself. */
export interface KeyFacts {
  readonly secrecy: Secrecy;
  /** Whether another value means other samples, so that those got under the one cannot stand for the other. */
  readonly inSamples: boolean;
  /** Of a key beside `mode`: the modes with which alone it has an effect. Default: all. */
  readonly modes?: readonly string[];
  /** Whether `${…}` in its texts is replaced. Default: as in what it stands in. */
  readonly interpolated?: boolean;
}

const FACTS = z.registry<KeyFacts>();

/** What an editor offers for a key. */
export interface Suggested {
  /** What holds where the key is left out, as it would be written. */
  readonly default?: string | number | boolean;
  readonly examples?: readonly (string | number | object)[];
}

/** A key that may be left out. The description is the reference's words. */
export function key<S extends ConfigKey>(schema: S, facts: KeyFacts, description: string, suggested: Suggested = {}) {
  return withFacts(schema.optional().meta({ description, ...suggested }), facts);
}

export function withFacts<S extends ConfigKey>(schema: S, facts: KeyFacts): S {
  FACTS.add(schema, facts);
  return schema;
}

/** Null: nothing was said of it. */
export function factsOf(schema: ConfigKey): KeyFacts | null {
  return FACTS.get(schema) ?? null;
}
