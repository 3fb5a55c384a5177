import assert from 'node:assert/strict';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ConfigError, loadConfig } from '../../src/config/load.ts';
import { runCommand } from '../commands/run-command.ts';
import { createTlsFiles } from '../support/tls.ts';
import { type Block, blocksOf, documents } from './documents.ts';

/*
 * A block of `yaml` without a further word is a configuration of ours and has to load; one with a word after it
 * (`yaml prometheus`) is somebody else's. In blocks of `sh`, lines that call query-exporter are run.
 */

/** What the examples refer to. */
const ENVIRONMENT = { DB_PW: 'secret', DB_PASSWORD: 'secret', DB_HOST: '127.0.0.1' };
const FILES: Readonly<Record<string, string>> = {
  db_password: 'secret\n',
  'orders.sql': 'select state, count(*) n from orders group by state\n',
  'my.cnf': '[client]\nuser = monitor\npassword = secret\nhost = 127.0.0.1\n',
};

/** Commands that end by themselves and need no database. */
const RUNNABLE = new Set(['check', 'schema', '--version', '--help']);
/** Those of them that read a configuration. */
const READS_CONFIG = new Set(['check']);

const blocks = documents().flatMap(blocksOf);
const configurations = blocks.filter(({ info }) => info === 'yaml');

let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qe-docs-'));
  for (const [name, text] of Object.entries(FILES)) await writeFile(join(folder, name), text, { mode: 0o600 });
  const { clientCert, clientKey } = await createTlsFiles(folder);
  await copyFile(clientCert, join(folder, 'c.pem'));
  await copyFile(clientKey, join(folder, 'k.pem'));
});

after(() => rm(folder, { recursive: true }));

test('the pages have configurations to check', () => {
  assert.ok(configurations.length >= 5, `${configurations.length}`);
});

for (const block of configurations) {
  test(`the configuration at ${block.place} loads`, async () => {
    const problems = await problemsOf(block);
    assert.deepEqual(problems, []);
  });
}

test('what stands on the pages as a configuration of others is none of ours', async () => {
  const foreign = blocks.filter(({ info }) => /^yaml ./.test(info));
  assert.ok(foreign.length >= 5);
  for (const block of foreign) assert.notDeepEqual(await problemsOf(block), [], block.place);
});

test('the commands on the pages run', async () => {
  const [configuration] = configurations;
  assert.ok(configuration);
  const configPath = await written(configuration);
  const commands = blocks.filter(({ info }) => info === 'sh').flatMap(commandsOf);
  const runnable = commands.filter(({ args }) => args.some((word) => RUNNABLE.has(word)));
  assert.ok(runnable.length > 0);
  for (const { place, args } of runnable) {
    const named = args.map((word, index) => (args[index - 1] === '--config' ? configPath : word));
    const isComplete = args.includes('--config') || !args.some((word) => READS_CONFIG.has(word));
    const given = isComplete ? named : [...named, '--config', configPath];
    const { status, stderr } = await runCommand(given, ENVIRONMENT);
    assert.equal(status, 0, `${place}: ${args.join(' ')}: ${stderr}`);
  }
});

async function problemsOf(block: Block): Promise<readonly string[]> {
  try {
    loadConfig(
      { paths: [await written(block)], env: { ...ENVIRONMENT, CREDENTIALS_DIRECTORY: folder } },
      { revision: 1, nowMs: 0 },
    );
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

async function written({ text }: Block): Promise<string> {
  const path = join(folder, 'config.yml');
  // The absolute paths of a real installation.
  await writeFile(path, text.replaceAll('/etc/query-exporter/', `${folder}/`));
  return path;
}

interface CommandLine {
  readonly place: string;
  readonly args: readonly string[];
}

/** What follows `query-exporter` or, in a checkout, the script behind it. */
function commandsOf({ place, text }: Block): readonly CommandLine[] {
  return text.split('\n').flatMap((line) => {
    const [, rest] = /^\s*(?:query-exporter|node dist\/src\/main\.js)\b([^#|<>]*)/.exec(line) ?? [];
    return rest === undefined
      ? []
      : [
          {
            place,
            args: rest
              .trim()
              .split(/\s+/)
              .filter((word) => word !== ''),
          },
        ];
  });
}
