import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { configJsonSchema } from '../../src/config/schema.ts';
import { repositoryRoot } from './files.ts';

interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly required?: readonly string[];
}

const schema = configJsonSchema() as JsonSchema;

/** Every mapping with fixed keys in the schema, by path. */
function* mappings(node: JsonSchema, path = 'config'): Generator<readonly [string, JsonSchema]> {
  if (node.properties !== undefined) yield [path, node];
  for (const [key, child] of Object.entries(node.properties ?? {})) yield* mappings(child, `${path}.${key}`);
  if (typeof node.additionalProperties === 'object') yield* mappings(node.additionalProperties, `${path}.*`);
}

test('the schema describes every key and allows no other', () => {
  const paths: string[] = [];
  for (const [path, node] of mappings(schema)) {
    paths.push(path);
    assert.equal(node.additionalProperties, false, path);
    for (const [key, child] of Object.entries(node.properties ?? {})) {
      assert.match(child.description ?? '', /^.{10,}\.$|.{10,}=name\.$/s, `${path}.${key}`);
    }
  }
  assert.deepEqual(paths, [
    'config',
    'config.defaults',
    'config.targets.*',
    'config.targets.*.tls',
    'config.fleet',
    'config.fleet.tls',
    'config.queries.*',
    'config.queries.*.when',
    'config.queries.*.metrics.*',
    'config.metrics.*',
    'config.metrics.*.when',
  ]);
});

test('the schema in the repository is the one that the program prints', () => {
  const stored = readFileSync(join(repositoryRoot(), 'config.schema.json'), 'utf8');
  assert.deepEqual(JSON.parse(stored), JSON.parse(JSON.stringify(schema)));
});
