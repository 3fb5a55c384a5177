import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

/** A room may import from rooms on lower floors and from itself. Files directly under src/ are rooms of their own. */
const FLOORS: Readonly<Record<string, number>> = {
  model: 0,
  'logger.ts': 0,
  config: 1,
  sql: 1,
  metrics: 1,
  snapshot: 2,
  refresh: 2,
  web: 3,
  poller: 3,
  exporter: 4,
  commands: 5,
  'main.ts': 6,
};

/** Each package is known in one place, so that it can be replaced in one place. */
const HOMES: Readonly<Record<string, readonly string[]>> = {
  mysql2: ['sql/mysql'],
  'pg-protocol': ['sql/postgres'],
  'node-sqlite3-wasm': ['sql/sqlite', 'commands/demo'],
  'prom-client': ['metrics'],
  'node-cron': ['refresh'],
  express: ['web'],
  bcryptjs: ['web'],
  winston: ['logger.ts'],
  yaml: ['config'],
  zod: ['config'],
};

const source = resolve(dirname(fileURLToPath(import.meta.url)), '../../../src');
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
const imports = files.flatMap((file) =>
  [
    ...readFileSync(join(source, file), 'utf8').matchAll(/^(?:import |export |\} from )(?:[^'\n]* from )?'([^']+)'/gm),
  ].map((match) => ({
    file,
    target: match[1] ?? '',
  })),
);

test('a room imports only from the floors below it', () => {
  const wrong = imports
    .filter(({ target }) => target.startsWith('.'))
    .map(({ file, target }) => ({ file, target: relative(source, resolve(source, dirname(file), target)) }))
    .filter(({ file, target }) => room(file) !== room(target) && floor(file) <= floor(target));
  assert.deepEqual(wrong, []);
});

test('a package is imported in its home only', () => {
  const wrong = imports
    .filter(({ target }) => !target.startsWith('.') && !target.startsWith('node:'))
    .filter(({ file, target }) => {
      const name = target.startsWith('@') ? target.split('/').slice(0, 2).join('/') : (target.split('/')[0] ?? '');
      return !HOMES[name]?.some((home) => file === home || file.startsWith(`${home}/`) || file === `${home}.ts`);
    });
  assert.deepEqual(wrong, []);
});

test('the source has the rooms that the floors name', () => {
  assert.ok(files.length > 40, `only ${files.length} source files found under ${source}`);
  const unknown = [...new Set(files.map(room))].filter((name) => !(name in FLOORS));
  assert.deepEqual(unknown, []);
});

function room(file: string): string {
  return file.split('/')[0] ?? file;
}

function floor(file: string): number {
  return FLOORS[room(file)] ?? Number.NaN;
}
