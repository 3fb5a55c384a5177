import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { demoConfig } from '../../src/commands/demo/demo-config.ts';
import { configJsonSchema } from '../../src/config/schema.ts';
import { blocksOf, documents, readDocument } from './documents.ts';

/*
 * What an editor makes of the schema, by a program that knows nothing of ours but the schema.
 */

// `required` stands in parts of `oneOf` beside the properties, not in them, which is no mistake.
const isValid = new Ajv({ strict: true, strictRequired: false, allowUnionTypes: true, allErrors: true }).compile(
  configJsonSchema(),
);

function problemsOf(yaml: string): readonly string[] {
  isValid(parse(yaml, { merge: true }));
  return (isValid.errors ?? []).map(({ instancePath, message }) => `${instancePath}: ${message}`);
}

const CONFIGURATIONS: readonly (readonly [string, string])[] = [
  ...documents()
    .flatMap(blocksOf)
    .filter(({ info }) => info === 'yaml')
    .map(({ place, text }) => [place, text] as const),
  ['config.yml', readDocument('config.yml')],
  ['the demo', demoConfig('/tmp/shop.sqlite')],
];

for (const [place, yaml] of CONFIGURATIONS) {
  test(`the configuration at ${place} is valid by the schema`, () => {
    assert.deepEqual(problemsOf(yaml), []);
  });
}

test('the schema finds mistyped keys, words and numbers, and what is missing', () => {
  const query = 'queries: {orders: {sql: select 1 n, metrics: {orders: {type: gauge, value: n}}}}';
  assert.deepEqual(problemsOf(query), []);
  assert.notDeepEqual(problemsOf(query.replace('sql', 'sqll')), []);
  assert.notDeepEqual(problemsOf(query.replace('gauge', 'guage')), []);
  assert.notDeepEqual(problemsOf(query.replace(', value: n', '')), []);
  assert.notDeepEqual(problemsOf(`${query}\nmax_running: many`), []);
  assert.notDeepEqual(problemsOf(`${query}\ndefaults: {interval: soon}`), []);
});

interface Schema {
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly [key: string]: unknown;
}

function* keysOf(node: unknown): Generator<Schema> {
  if (typeof node !== 'object' || node === null) return;
  if ('properties' in node) yield* Object.values(node.properties as Readonly<Record<string, Schema>>);
  for (const child of Object.values(node)) yield* keysOf(child);
}

const keys = [...keysOf(configJsonSchema())];

test('a default is the one that the description tells', () => {
  const withDefault = keys.filter((key) => key.default !== undefined);
  assert.ok(withDefault.length > 20);
  for (const { description = '', default: value } of withDefault) {
    const told = new RegExp(`Default: ${value}\\.|\\b${value} \\(default\\)|: ${value}\\b[^:]* \\(default\\)`);
    assert.match(description, told);
  }
});

test('what an editor offers is right by the schema itself', () => {
  const ajv = new Ajv({ strict: false });
  const offered = keys.filter((key) => key.examples !== undefined || key.default !== undefined);
  assert.ok(offered.length > 40);
  for (const key of offered) {
    for (const value of [key.default, ...(key.examples ?? [])]) {
      if (value !== undefined) assert.ok(ajv.validate(key, value), `${key.description}: ${JSON.stringify(value)}`);
    }
  }
});
