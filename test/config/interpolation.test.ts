// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the notation under test
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MysqlConnection } from '../../src/sql/mysql/mysql-connection.ts';
import { ConfigFolder, onlyTarget, onlyTask, withTarget } from './files.ts';

function passwordOf(written: string, env: Record<string, string> = {}, files: Record<string, string> = {}): unknown {
  using folder = new ConfigFolder();
  for (const [name, content] of Object.entries(files)) folder.write(name, content);
  const { password } = onlyTarget(
    folder.load(withTarget(`{host: h, user: u, password: ${written}}`), { env }),
  ).connection;
  return password.kind === 'text' ? password.text : password.kind;
}

test('a reference is replaced by the variable, by its default, or by the content of a file', () => {
  assert.equal(passwordOf('"${PW}"', { PW: '12345' }), '12345');
  assert.equal(passwordOf('"a${PW}b${PW}c"', { PW: 'x' }), 'axbxc');
  assert.equal(passwordOf('"${PW:-a:-b}"'), 'a:-b');
  assert.equal(passwordOf('"${PW:-default}"', { PW: '' }), 'default');
  assert.equal(passwordOf('"${PW}"', { PW: '' }), 'none');
  assert.equal(passwordOf('"${file:pw}"', {}, { pw: ' a b \n' }), ' a b ');
});

test('what is put in is not read again, and $${ stands for itself', () => {
  assert.equal(passwordOf('"${PW}"', { PW: '${OTHER}$${', OTHER: 'x' }), '${OTHER}$${');
  assert.equal(passwordOf('"$${PW} $x {y}"'), '${PW} $x {y}');
});

test('a file of a relative path is looked up among the credentials first, then beside the configuration', () => {
  using folder = new ConfigFolder();
  folder.write('credentials/pw', 'from credentials');
  folder.write('pw', 'from beside');
  folder.write('other', 'only beside');
  const env = { CREDENTIALS_DIRECTORY: `${folder.path}/credentials` };
  const load = (reference: string) =>
    onlyTarget(folder.load(withTarget(`{host: h, user: u, password: "\${file:${reference}}"}`), { env })).connection
      .password;
  assert.deepEqual(load('pw'), { kind: 'text', text: 'from credentials' });
  assert.deepEqual(load('other'), { kind: 'text', text: 'only beside' });
});

test('numbers and booleans of a target may come from variables', () => {
  using folder = new ConfigFolder();
  const content = withTarget('{host: h, user: u, port: "${PORT}", max_connections: "${MAX:-7}", slow_log: "${LOG}"}');
  const { connection, maxConnections } = onlyTarget(folder.load(content, { env: { PORT: '3307', LOG: 'false' } }));
  const { address, slowLog } = connection as MysqlConnection;
  assert.deepEqual([address, maxConnections, slowLog], [{ kind: 'tcp', host: 'h', port: 3307 }, 7, false]);
});

test('a top-level dsn is replaced in whole or in part', () => {
  using folder = new ConfigFolder();
  const content = 'dsn: "${USER_NAME}:${PW}@tcp(h)/d"\nmetrics: {m: {query: x, type: gauge, value: v}}';
  const { user, password } = onlyTarget(folder.load(content, { env: { USER_NAME: 'me', PW: 'a@b/c' } })).connection;
  assert.deepEqual([user, password], ['me', { kind: 'text', text: 'a@b/c' }]);
});

test('SQL, names and descriptions stay as they are written', () => {
  using folder = new ConfigFolder();
  const content = 'dsn: u@tcp(h)/\nmetrics: {m: {query: "select ${X} v", type: gauge, value: v, description: "${X}"}}';
  const loaded = folder.load(content, { env: { X: 'secret' } });
  assert.equal(onlyTask(loaded).query.sql, 'select ${X} v');
  assert.equal(loaded.plan.families[0]?.help, '${X}');
});
