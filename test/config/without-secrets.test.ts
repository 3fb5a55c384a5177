// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the notation itself
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, loadConfig } from '../../src/config/load.ts';
import { ConfigFolder } from './files.ts';

const QUERY = 'metrics: {m: {query: select 1 v, type: gauge, value: v}}\n';

/** The problems that are left where secrets are elsewhere. */
function problemsOf(targets: string): readonly string[] {
  using folder = new ConfigFolder();
  const path = folder.write('config.yml', `targets:\n${targets}\n${QUERY}`);
  try {
    loadConfig({ paths: [path], env: {}, withoutSecrets: true }, { revision: 1, nowMs: 0 });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map((line) => line.replaceAll(`${folder.path}/`, ''));
    throw error;
  }
}

const RIGHT: readonly (readonly [string, string])[] = [
  ['a file with a password', '  a: {host: h, user: u, password_file: missing}'],
  ['a variable in a field', '  a: {host: "${HOST}", user: u, password: "${PW}"}'],
  ['a variable that is a number', '  a: {host: h, port: "${PORT}", user: u}'],
  ['a variable in a DSN', '  a: {dsn: "u:${PW}@tcp(h)/d"}'],
  ['a variable that is the whole DSN', '  a: {dsn: "${DSN}"}'],
  ['a file that is put in', '  a: {host: h, user: u, password: "${file:missing}"}'],
  ['an option file', '  a: {host: h, defaults_file: missing}'],
];

for (const [name, targets] of RIGHT) {
  test(`${name} need not be here where secrets are elsewhere`, () => assert.deepEqual(problemsOf(targets), []));
}

test('what is wrong without any secret stays wrong', () => {
  assert.deepEqual(problemsOf('  a: {host: h, user: u, pasword_file: missing}\n  b: {host: h, user: "${U"}'), [
    'config.yml:2:25: targets.a.pasword_file: unknown key, did you mean "password_file"?',
    'config.yml:3:22: targets.b.user: expected ${NAME}, ${NAME:-default} or ${file:path} after "${"; write "$${" for the text "${" itself',
  ]);
});
