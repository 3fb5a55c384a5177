import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Target } from '../../src/model/plan.ts';
import { createTlsFiles } from '../support/tls.ts';
import { ConfigFolder, onlyTarget, withTarget } from './files.ts';

function targetOf(folder: ConfigFolder, fields: string): Target {
  return onlyTarget(folder.load(withTarget(fields)));
}

test('a target has the defaults of its options', () => {
  using folder = new ConfigFolder();
  assert.deepEqual(targetOf(folder, '{host: db1, user: u}'), {
    name: 't',
    engine: 'mysql',
    server: 'db1:3306',
    connection: {
      address: { kind: 'tcp', host: 'db1', port: 3306 },
      user: 'u',
      password: { kind: 'none' },
      database: '',
      tls: null,
      readTimeoutMs: null,
      slowLog: true,
    },
    shared: true,
    groups: [],
    labels: {},
    maxConnections: 2,
    connectTimeoutMs: 5_000,
    pingIntervalMs: 30_000,
    initSql: [],
  });
});

test('every option of a target arrives in the plan', () => {
  using folder = new ConfigFolder();
  const target = targetOf(
    folder,
    '{engine: mariadb, socket: run/s.sock, user: u, password: p, database: shop, groups: [g, g], labels: {region: kr}, ' +
      'max_connections: 5, connect_timeout: 1s, ping_interval: off, init_sql: ["set @x = 1"], slow_log: false}',
  );
  assert.deepEqual(target, {
    name: 't',
    engine: 'mysql',
    server: join(folder.path, 'run/s.sock'),
    connection: {
      address: { kind: 'socket', path: join(folder.path, 'run/s.sock') },
      user: 'u',
      password: { kind: 'text', text: 'p' },
      database: 'shop',
      tls: null,
      readTimeoutMs: null,
      slowLog: false,
    },
    shared: false,
    groups: ['g'],
    labels: { region: 'kr' },
    maxConnections: 5,
    connectTimeoutMs: 1_000,
    pingIntervalMs: null,
    initSql: ['set @x = 1'],
  });
});

test('an address in brackets is an IPv6 address', () => {
  using folder = new ConfigFolder();
  for (const host of ['"[::1]"', '"::1"']) {
    assert.deepEqual(targetOf(folder, `{host: ${host}, user: u}`).connection.address, {
      kind: 'tcp',
      host: '::1',
      port: 3306,
    });
  }
});

test('targets whose hosts differ in the case of letters alone are on one server', () => {
  using folder = new ConfigFolder();
  const serverOf = (host: string) => targetOf(folder, `{host: ${host}, user: u}`).server;
  assert.equal(serverOf('DB1.example.COM'), serverOf('db1.Example.com'));
  assert.equal(targetOf(folder, '{dsn: "u@tcp(DB1:3306)/d"}').server, serverOf('db1'));
});

test('every wrong parameter of a dsn is said', () => {
  using folder = new ConfigFolder();
  assert.deepEqual(
    folder
      .problemsOf(withTarget("{dsn: 'u@tcp(h)/?timeout=5&tls=maybe&compress=true&nonsense=1'}"))
      .map((line) => line.replace('config.yml:2:12: targets.t.dsn: ', '')),
    [
      'has a timeout that is not a Go duration such as 5s, 500ms or 1m30s',
      'has a value of tls that is not true, skip-verify or false; certificates are set under "tls:"',
      'has compress, which is not available: compression is not supported',
      'has an unknown parameter in position 4; timeout, readTimeout, tls are known, and system variables are set with init_sql',
    ],
  );
});

test('a relative file in a dsn starts at the configuration file that holds the dsn', () => {
  using folder = new ConfigFolder();
  const main = folder.write('main.yml', 'metrics: {m: {query: x, type: gauge, value: v}}');
  const part = folder.write('parts/targets.yml', 'targets: {t: {dsn: "sqlite:shop.db"}}');
  assert.deepEqual(onlyTarget(folder.loadPaths([main, part])).connection.address, {
    kind: 'file',
    path: join(folder.path, 'parts/shop.db'),
  });
});

test('a client certificate needs its own key', async () => {
  using folder = new ConfigFolder();
  await createTlsFiles(folder.path);
  const tls = (key: string) => withTarget(`{host: h, user: u, tls: {cert_file: client.pem, key_file: ${key}}}`);
  assert.equal(
    onlyTarget(folder.load(tls('client-key.pem'))).connection.tls?.certFile,
    join(folder.path, 'client.pem'),
  );
  assert.deepEqual(folder.problemsOf(tls('server-key.pem')), [
    'config.yml:2:42: targets.t.tls.cert_file: expected a certificate that fits the key in "key_file"',
  ]);
});

test('what a dsn leaves open may stand beside it', () => {
  using folder = new ConfigFolder();
  const path = folder.write('pw', 'hunter2');
  const { connection } = targetOf(folder, "{dsn: 'u@tcp(h:3307)/?timeout=5s', password_file: pw, database: d}");
  assert.deepEqual(
    [connection.address, connection.user, connection.password, connection.database],
    [{ kind: 'tcp', host: 'h', port: 3307 }, 'u', { kind: 'file', path }, 'd'],
  );
});

test('a password file is looked up among the credentials first, then beside the configuration', () => {
  using folder = new ConfigFolder();
  const credential = folder.write('credentials/pw', 'x');
  const beside = folder.write('other', 'x');
  const env = { CREDENTIALS_DIRECTORY: join(folder.path, 'credentials') };
  const load = (name: string) =>
    onlyTarget(folder.load(withTarget(`{host: h, user: u, password_file: ${name}}`), { env }));
  assert.deepEqual(load('pw').connection.password, { kind: 'file', path: credential });
  assert.deepEqual(load('other').connection.password, { kind: 'file', path: beside });
});

test('a sqlite file is named by a dsn or by its path, relative to the configuration', () => {
  using folder = new ConfigFolder();
  const file = { kind: 'file', path: join(folder.path, 'shop.db') };
  assert.deepEqual(targetOf(folder, '{dsn: "sqlite:shop.db"}').connection.address, file);
  assert.deepEqual(targetOf(folder, '{engine: sqlite, database: shop.db}').connection.address, file);
  assert.deepEqual(targetOf(folder, '{engine: sqlite, database: ":memory:"}').connection.address, {
    kind: 'file',
    path: ':memory:',
  });
});

test('tls means verify unless it says otherwise', () => {
  using folder = new ConfigFolder();
  const none = { caFile: null, certFile: null, keyFile: null, serverName: null };
  assert.deepEqual(targetOf(folder, '{host: h, user: u, tls: {}}').connection.tls, { mode: 'verify', ...none });
  assert.deepEqual(targetOf(folder, '{host: h, user: u, tls: {mode: off}}').connection.tls, null);
  assert.deepEqual(targetOf(folder, "{dsn: 'u@tcp(h)/?tls=true', tls: {server_name: db1}}").connection.tls, {
    mode: 'verify',
    ...none,
    serverName: 'db1',
  });
});

test('an option file gives what the target does not', () => {
  using folder = new ConfigFolder();
  folder.write(
    'my.cnf',
    '[client]\nuser = monitor\npassword="se#cret"\nhost=db9\nport=3310\ndatabase=shop\nconnect_timeout=3\n',
  );
  const { connection, connectTimeoutMs } = targetOf(folder, '{defaults_file: my.cnf, host: db1}');
  assert.deepEqual(
    [connection.address, connection.user, connection.password, connection.database, connectTimeoutMs],
    [{ kind: 'tcp', host: 'db1', port: 3310 }, 'monitor', { kind: 'text', text: 'se#cret' }, 'shop', 3_000],
  );
});

test('an option file leads to the socket where no other host is named, as with the clients of MySQL', () => {
  using folder = new ConfigFolder();
  const addressOf = (lines: string) => {
    folder.write('my.cnf', `[client]\nuser=u\n${lines}\n`);
    return targetOf(folder, '{defaults_file: my.cnf}').connection.address;
  };
  const socket = { kind: 'socket', path: '/run/m.sock' };
  assert.deepEqual(addressOf('socket=/run/m.sock'), socket);
  assert.deepEqual(addressOf('socket=/run/m.sock\nhost=localhost'), socket);
  assert.deepEqual(addressOf('socket=/run/m.sock\nhost=db1'), { kind: 'tcp', host: 'db1', port: 3306 });
  assert.deepEqual(addressOf('socket=/run/m.sock\nprotocol=TCP'), { kind: 'tcp', host: '127.0.0.1', port: 3306 });
  assert.deepEqual(addressOf(''), { kind: 'tcp', host: '127.0.0.1', port: 3306 });
});

test('an option file never leads to less encryption than it asks for', () => {
  using folder = new ConfigFolder();
  const modeOf = (lines: string) => {
    folder.write('my.cnf', `[client]\nuser=u\nhost=h\n${lines}\n`);
    return targetOf(folder, '{defaults_file: my.cnf}').connection.tls?.mode ?? 'off';
  };
  const modes = {
    '': 'off',
    ssl: 'skip-verify',
    'ssl=0': 'off',
    'skip-ssl': 'off',
    'ssl-mode=REQUIRED': 'skip-verify',
    'ssl_mode=verify_ca': 'verify',
    'ssl-mode=VERIFY_IDENTITY': 'verify',
    'ssl-mode=DISABLED': 'off',
    'ssl-mode=PREFERRED': 'off',
    'loose-ssl-verify-server-cert': 'verify',
  };
  for (const [lines, mode] of Object.entries(modes)) assert.equal(modeOf(lines), mode, lines);
});

test('a wrong host in an option file is a problem where the file is named', () => {
  using folder = new ConfigFolder();
  folder.write('my.cnf', '[client]\nuser=u\nhost=db1:3306\n');
  assert.deepEqual(folder.problemsOf(withTarget('{defaults_file: my.cnf}')), [
    'config.yml:2:22: targets.t.defaults_file: its host: expected a host name or an address alone; ' +
      'the port has its own key "port"',
  ]);
});

test('an option file draws the warnings that a configuration would', () => {
  using folder = new ConfigFolder();
  const path = folder.write('my.cnf', '!includedir /etc/mysql/conf.d\n[client]\nuser=u\npassword=hunter2\n', 0o644);
  const { warnings } = folder.load(withTarget('{defaults_file: my.cnf}'));
  assert.deepEqual(
    warnings.map((line) => line.replace(/^.*defaults_file: /, '')),
    [
      'files that it includes are not read: name the one with the [client] section',
      `every user can read "${path}", which holds a secret: chmod o-r helps`,
    ],
  );
});
