import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { configJsonSchema } from '../../src/config/schema.ts';
import { withKeys } from './configuration-keys.ts';

const read = (name: string): string => readFileSync(new URL(`../../../${name}`, import.meta.url), 'utf8');

test('the reference has every key of the configuration, in the words of the schema', () => {
  const page = read('docs/configuration.md');
  assert.equal(page, withKeys(page, configJsonSchema()), 'run `npm run docs`');
  assert.match(page, /^#### `queries\.\*\.on_error`$/m);
});

test('no key is without a description', () => {
  assert.doesNotMatch(read('docs/configuration.md'), /^#+ `.*`\n\n\n/m);
});

test('the schema that is checked in is the one that the program prints', () => {
  assert.deepEqual(JSON.parse(read('config.schema.json')), configJsonSchema());
});
