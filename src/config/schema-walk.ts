import { z } from 'zod';
import { type ConfigKey, factsOf, type KeyFacts } from '../language/keys.ts';
import type { Path } from './path.ts';

/** Where nothing was said, a value is a secret. */
const NOTHING_SAID = { secrecy: 'masked', inSamples: true, interpolated: false } as const satisfies KeyFacts;

/** The keys that may stand in the mapping at a path; none where any may, or where there is no mapping. */
export function keysAt(root: ConfigKey, path: Path): readonly string[] {
  const schema = schemaAt(root, path);
  if (schema === undefined) return [];
  return formsOf(schema).flatMap((form) => (form instanceof z.ZodObject ? Object.keys(form.shape) : []));
}

/** What the value at a path is read as, where it is no text. */
export function typeAt(root: ConfigKey, path: Path): 'number' | 'boolean' | 'other' {
  const schema = schemaAt(root, path);
  if (schema instanceof z.ZodNumber) return 'number';
  return schema instanceof z.ZodBoolean ? 'boolean' : 'other';
}

/** What was said of the key at a path, or of the nearest one above it. */
export function factsAt(root: ConfigKey, path: Path): KeyFacts {
  let schema: ConfigKey | undefined = root;
  let facts: KeyFacts = { ...NOTHING_SAID, ...factsOf(root) };
  for (const step of path) {
    schema = schema && inner(schema, step);
    if (schema === undefined) break;
    facts = { ...facts, ...factsOf(schema) };
  }
  return facts;
}

function schemaAt(root: ConfigKey, path: Path): ConfigKey | undefined {
  let schema: ConfigKey | undefined = root;
  for (const step of path) schema = schema && inner(schema, step);
  return schema && required(schema);
}

function inner(schema: ConfigKey, step: string | number): ConfigKey | undefined {
  for (const form of formsOf(required(schema))) {
    const found = innerOf(form, step);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Of a value that may be written in several ways, each of them. */
function formsOf(schema: ConfigKey): readonly ConfigKey[] {
  return schema instanceof z.ZodUnion ? (schema.options as readonly ConfigKey[]) : [schema];
}

function innerOf(outer: ConfigKey, step: string | number): ConfigKey | undefined {
  if (outer instanceof z.ZodArray) return typeof step === 'number' ? (outer.element as ConfigKey) : undefined;
  if (outer instanceof z.ZodRecord) return outer.valueType as ConfigKey;
  if (!(outer instanceof z.ZodObject) || !Object.hasOwn(outer.shape, step)) return undefined;
  return outer.shape[step] as ConfigKey;
}

function required(schema: ConfigKey): ConfigKey {
  return schema instanceof z.ZodOptional ? (schema.unwrap() as ConfigKey) : schema;
}
