import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { repositoryRoot } from '../support/tools.ts';

interface PackMetric {
  readonly description?: string;
  readonly where?: Readonly<Record<string, unknown>>;
}

interface PackQuery {
  readonly description?: string;
  readonly namespace?: string;
  readonly interval?: string;
  readonly once_per?: string;
  readonly metrics: Readonly<Record<string, PackMetric>>;
}

interface Pack {
  readonly description: string;
  readonly engine: 'mysql' | 'postgres';
  readonly queries: Readonly<Record<string, PackQuery>>;
}

const folder = join(repositoryRoot(), 'packs');
const packs = new Map(
  readdirSync(folder).map((file) => [
    file.replace(/\.yml$/, ''),
    parse(readFileSync(join(folder, file), 'utf8'), { merge: true }) as Pack,
  ]),
);
const PREFIXES = { mysql: 'mysql_', postgres: 'pg_' };

describe('the files of the packs', () => {
  for (const [name, { description, engine, queries }] of packs) {
    it(`${name}: every query says what it is, how often it runs and whose names it gives`, () => {
      assert.equal(name.split('-')[0], engine);
      assert.ok(description.length > 0);
      for (const [query, options] of Object.entries(queries)) {
        assert.ok(query.startsWith(`${engine}_`), query);
        assert.ok(options.description, query);
        assert.match(options.interval ?? '', /^\d+[smh]$/, query);
        assert.equal(options.namespace, '', query);
        for (const [metric, { description: help, where = {} }] of Object.entries(options.metrics)) {
          assert.ok(metric.startsWith(PREFIXES[engine]), metric);
          assert.ok(help, metric);
          const [, column] = /\{(\w+)\}/.exec(metric) ?? [];
          if (column !== undefined) assert.ok(Array.isArray(where[column]), metric);
        }
      }
    });
  }

  it('no two packs have a query of one name', () => {
    const names = [...packs.values()].flatMap(({ queries }) => Object.keys(queries));
    assert.deepEqual(
      names.filter((name, index) => names.indexOf(name) !== index),
      [],
    );
  });

  it('the pack postgres asks each server once, whatever databases its targets name', () => {
    const queries = Object.values(packs.get('postgres')?.queries ?? {});
    assert.ok(queries.length > 0);
    assert.ok(queries.every(({ once_per }) => once_per === 'server'));
  });

  it('a list of names has each name once', () => {
    for (const { queries } of packs.values()) {
      for (const { metrics } of Object.values(queries)) {
        for (const { where = {} } of Object.values(metrics)) {
          for (const texts of Object.values(where).filter(Array.isArray)) {
            assert.equal(new Set(texts).size, texts.length);
          }
        }
      }
    }
  });
});
