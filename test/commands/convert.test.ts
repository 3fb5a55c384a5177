import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { repositoryRoot } from '../support/tools.ts';
import { runCommand } from './run-command.ts';

const fixtures = join(repositoryRoot(), 'test/commands/convert');
// They stand in the sources.
const PASSWORDS = /hunter|p@ss|p%40ss/;

/** Each folder holds sources, `expected.yml` for standard output and `expected.txt` for standard error. */
const FIXTURES: readonly (readonly [folder: string, format: string, files: readonly string[], status: number])[] = [
  ['go-gywn', 'go-gywn', ['databases.yml', 'metrics.yml'], 1],
  ['albertodonato', 'albertodonato', ['config.yml'], 1],
  ['burningalchemist', 'burningalchemist', ['sql_exporter.yml'], 1],
  ['burningalchemist-target', 'burningalchemist', ['sql_exporter.yml'], 0],
  ['justwatch', 'justwatch', ['config.yml'], 1],
  ['percona', 'percona', ['low-resolution/queries-mysqld.yml'], 1],
  ['postgres-exporter', 'postgres-exporter', ['queries.yml'], 1],
  ['cloudnative-pg', 'postgres-exporter', ['configmap.yml'], 1],
];

for (const [name, format, files, status] of FIXTURES) {
  test(`the sources in ${name} become the configuration beside them, and what is left out is named`, async () => {
    const folder = join(fixtures, name);
    const answer = await runCommand(['convert', format, ...files.map((file) => join(folder, file))]);
    assert.equal(answer.stdout, readFileSync(join(folder, 'expected.yml'), 'utf8'));
    assert.equal(answer.stderr.replaceAll(`${folder}/`, ''), readFileSync(join(folder, 'expected.txt'), 'utf8'));
    assert.equal(answer.status, status);
    assert.doesNotMatch(answer.stdout + answer.stderr, PASSWORDS);
  });
}
