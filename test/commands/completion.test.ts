import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { COMMAND_NAMES } from '../../src/commands/command-list.ts';
import { optionsOf } from '../../src/commands/options.ts';
import { runCommand } from './run-command.ts';

let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qe-completion-'));
  const { stdout } = await runCommand(['completion', 'bash']);
  await writeFile(join(folder, 'script'), stdout);
  await writeFile(join(folder, 'my config.yml'), '');
});

after(() => rm(folder, { recursive: true }));

/** What bash offers for the last of these words, which it has taken apart. */
function offered(...words: readonly string[]): readonly string[] {
  const script = [
    'source "$1"; shift',
    'COMP_WORDS=(query-exporter "$@"); COMP_CWORD=$#',
    '_query_exporter query-exporter "$' + '{!#}"',
    'printf "%s\\n" "$' + '{COMPREPLY[@]}"',
  ].join('\n');
  const answer = execFileSync('bash', ['-c', script, 'bash', join(folder, 'script'), ...words], {
    cwd: folder,
    encoding: 'utf8',
  });
  return answer.split('\n').filter((line) => line !== '');
}

test('bash completes commands, and options of the one that runs without a command', () => {
  assert.deepEqual(offered(''), COMMAND_NAMES);
  assert.deepEqual(offered('c'), ['check', 'convert', 'completion']);
  assert.deepEqual(offered('--web.t'), ['--web.telemetry-path', '--web.trust-loopback']);
});

test('bash completes the options that a command takes, and no others', () => {
  for (const name of COMMAND_NAMES) {
    assert.deepEqual(
      offered(name, '--'),
      optionsOf(name).map(([option]) => `--${option}`),
    );
  }
});

test('bash completes values: files, words, packs, formats', () => {
  assert.deepEqual(offered('check', '--config', 'my'), ['my config.yml']);
  assert.deepEqual(offered('check', '--config', '=', 'my'), ['my config.yml']);
  assert.deepEqual(offered('--log.level', '=', ''), ['error', 'warn', 'info', 'debug']);
  assert.deepEqual(offered('--log.level', '='), ['error', 'warn', 'info', 'debug']);
  assert.deepEqual(offered('--bind', ''), []);
  assert.deepEqual(offered('packs', 'mysql-u'), ['mysql-users']);
  assert.deepEqual(offered('convert', 'per'), ['percona']);
  assert.deepEqual(offered('convert', 'percona', ''), ['my config.yml', 'script']);
});

test('another shell is refused by name', async () => {
  const { status, stderr } = await runCommand(['completion', 'fish']);
  assert.equal(status, 2);
  assert.match(stderr, /completion: expected bash, got "fish"/);
});
