import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

/**
 * A room may import from rooms on lower floors and from itself. Files directly under src/ are rooms of their own. On the
 * ground floor, the languages speak of what the model holds, and the logger writes in one of them.
 */
const FLOORS: Readonly<Record<string, number>> = {
  'shipped-files.ts': 0,
  model: 0,
  language: 0.1,
  'logger.ts': 0.2,
  'root-logger.ts': 0.3,
  sql: 1,
  config: 2,
  metrics: 2,
  snapshot: 3,
  refresh: 3,
  web: 4,
  poller: 4,
  fleet: 4,
  exporter: 5,
  commands: 6,
  'main.ts': 7,
};

/** Each package is known in one place, so that it can be replaced in one place. */
const HOMES: Readonly<Record<string, readonly string[]>> = {
  '@noble/ed25519': ['sql/mysql'],
  mysql2: ['sql/mysql'],
  '@photostructure/sqlite': ['sql/sqlite', 'commands/demo'],
  'pg-protocol': ['sql/postgres'],
  ioredis: ['fleet'],
  'prom-client': ['metrics'],
  'node-cron': ['language'],
  express: ['web'],
  bcryptjs: ['web'],
  winston: ['root-logger.ts'],
  yaml: ['config'],
  // The languages and the engines describe keys of the configuration.
  zod: ['config', 'language', 'sql'],
};

/** They connect to databases and stores; whoever reads a configuration or answers scrapes never loads them. */
const DRIVERS = ['mysql2', 'pg-protocol', '@photostructure/sqlite', 'ioredis'];

/** What the poller thread loads when it starts. */
const POLLER_PACKAGES = ['node-cron'];

/** The rooms that may speak of one engine: its folder and the table, what writes configurations, and the stores. */
const NAMES_ENGINES = /^(?:sql\/|commands\/(?:demo|convert)(?:\/|\.ts$)|fleet\/)/;

/** Names, ports, variables and error numbers of servers. */
const WORDS_OF_ENGINES = new RegExp(
  [
    String.raw`\b(?:mysql|mariadb|postgres(?:ql)?|sqlite)\b`,
    String.raw`\b(?:3306|5432)\b`,
    String.raw`\b(?:max_(?:statement|execution)_time|statement_timeout|innodb_\w+|pg_\w+|strftime|unix_timestamp)\b`,
    String.raw`\berrno\s*[!=]==?\s*\d`,
    String.raw`\bsqlState\s*[!=]==?\s*'`,
  ].join('|'),
  'i',
);

const source = resolve(dirname(fileURLToPath(import.meta.url)), '../../../src');
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
const imports = files.flatMap((file) =>
  [
    ...readFileSync(join(source, file), 'utf8').matchAll(
      /^(?:import|export)(?<type> type)?\b(?:[^;']*? from)? '(?<target>[^']+)'/gm,
    ),
  ].map(({ groups }) => ({ file, target: groups?.['target'] ?? '', isType: groups?.['type'] !== undefined })),
);
/** What the command line loads once it knows which command it is. */
const commandFiles = files.filter((file) => /^commands\/[^/]+\.ts$/.test(file));
/** What is spread here is bounded by the length of a URL, or by the bars of a plot. */
const BOUNDED = ['parameters.getAll(', '(...latest)'];

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
      return !HOMES[packageOf(target)]?.some(
        (home) => file === home || file.startsWith(`${home}/`) || file === `${home}.ts`,
      );
    });
  assert.deepEqual(wrong, []);
});

test('the source has the rooms that the floors name', () => {
  assert.ok(files.length > 40, `only ${files.length} source files found under ${source}`);
  const unknown = [...new Set(files.map(room))].filter((name) => !(name in FLOORS));
  assert.deepEqual(unknown, []);
});

test('an engine is named in its folder, in the table, and by who writes configurations', () => {
  const named = files
    .filter((file) => !NAMES_ENGINES.test(file))
    .flatMap((file) => {
      const code = withoutComments(readFileSync(join(source, file), 'utf8'));
      return code.split('\n').flatMap((line) => (WORDS_OF_ENGINES.test(line) ? [`${file}: ${line.trim()}`] : []));
    });
  assert.deepEqual(named, []);
});

test('the engines know nothing of each other', () => {
  const engines = new Set(files.flatMap((file) => /^sql\/(\w+)\/\1-engine\.ts$/.exec(file)?.[1] ?? []));
  assert.ok(engines.size > 1);
  const wrong = imports
    .map(({ file, target }) => ({ file, target: relative(source, resolve(source, dirname(file), target)) }))
    .filter(({ file, target }) => {
      const [from, to] = [file, target].map((path) => path.split('/')[1] ?? '');
      return (
        file.startsWith('sql/') &&
        target.startsWith('sql/') &&
        from !== to &&
        engines.has(from ?? '') &&
        engines.has(to ?? '')
      );
    });
  assert.deepEqual(wrong, []);
});

test('what main imports loads no driver of a database and no client of a store', () => {
  const { files: reached, packages } = reach(['main.ts', ...commandFiles]);
  assert.ok(reached.size > 150, `only ${reached.size} files were reached`);
  assert.deepEqual(
    DRIVERS.map((driver) => packages.get(driver)).filter((way) => way !== undefined),
    [],
  );
});

test('the poller loads nothing that only main needs, and no driver before a target needs it', () => {
  const { files: reached, packages } = reach(['poller/poller-thread.ts']);
  assert.ok(reached.size > 50, `only ${reached.size} files were reached`);
  assert.deepEqual(
    [...packages.keys()].filter((name) => !POLLER_PACKAGES.includes(name)).map((name) => packages.get(name)),
    [],
  );
});

test('the poller thread is started before main loads any package', () => {
  const { files: reached, packages } = reach(['main.ts', 'commands/run.ts', 'commands/serve.ts']);
  assert.ok(reached.has('poller/poller-worker.ts'));
  assert.deepEqual([...packages.values()], []);
});

test('no page for people is loaded before somebody asks for one, and no logger before the first record', () => {
  const { files: reached, packages } = reach(['commands/serving.ts']);
  assert.ok(reached.has('web/app.ts') && reached.has('root-logger.ts'));
  assert.equal(packages.get('winston'), undefined);
  assert.deepEqual(
    [...reached].filter((file) => /^web\/(?:status|task|guide)\//.test(file)),
    [],
  );
});

test('no call takes as many arguments as there are of something', () => {
  // A hundred thousand of them overflow the stack: they are added one by one instead.
  const spread = /\b(?:push|unshift|splice|concat|min|max|fromCharCode|fromCodePoint)\([^()]*\.\.\./;
  const wrong = files.flatMap((file) =>
    withoutComments(readFileSync(join(source, file), 'utf8'))
      .split('\n')
      .filter((line) => spread.test(line) && !BOUNDED.some((part) => line.includes(part)))
      .map((line) => `${file}: ${line.trim()}`),
  );
  assert.deepEqual(wrong, []);
});

test('a test stands in a folder of the room that it tests', () => {
  const tests = resolve(source, '../test');
  // These are about the program as a whole, or about what stands beside it.
  const others = ['architecture', 'docs', 'end-to-end', 'examples', 'packs', 'packaging', 'support-check', 'logger'];
  const folders = readdirSync(tests, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const strange = folders
    .filter(({ name }) => readdirSync(join(tests, name)).some((file) => file.endsWith('.test.ts')))
    .filter(({ name }) => !others.includes(name) && !existsSync(join(source, name)));
  assert.deepEqual(
    strange.map(({ name }) => name),
    [],
  );
});

/** What is loaded with these files: files of ours, and of each package the way to it. */
function reach(starts: readonly string[]) {
  const reached = new Set<string>();
  const packages = new Map<string, string>();
  const walk = (file: string, way: string): void => {
    if (reached.has(file)) return;
    reached.add(file);
    for (const { target, isType } of imports.filter((one) => one.file === file)) {
      const next = `${way} → ${target}`;
      if (isType || target.startsWith('node:')) continue;
      if (target.startsWith('.')) walk(relative(source, resolve(source, dirname(file), target)), next);
      else packages.set(packageOf(target), next);
    }
  };
  for (const file of starts) walk(file, file);
  return { files: reached, packages };
}

function room(file: string): string {
  return file.split('/')[0] ?? file;
}

function floor(file: string): number {
  return FLOORS[room(file)] ?? Number.NaN;
}

function packageOf(target: string): string {
  return target.startsWith('@') ? target.split('/').slice(0, 2).join('/') : (target.split('/')[0] ?? '');
}

/** Examples in comments may be of any engine. Lines stay lines. */
function withoutComments(code: string): string {
  return code.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}
