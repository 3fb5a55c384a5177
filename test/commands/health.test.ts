import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { ConfigFolder, runToEnd, startProgram } from '../end-to-end/program.ts';
import { findFreePort } from '../support/daemon.ts';
import { createTlsFiles } from '../support/tls.ts';

const CONFIG = 'dsn: "sqlite::memory:"\nmetrics: {one: {query: select 1 n, type: gauge, value: n}}\n';

test('an exporter that answers is alive, also where it asks for a login or for TLS', async () => {
  await using folder = await ConfigFolder.create(CONFIG);
  await createTlsFiles(folder.path);
  const web = {
    open: '',
    login: 'basic_auth_users: {ann: $2b$04$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy}\n',
    tls: 'tls_server_config: {cert_file: server.pem, key_file: server-key.pem}\n',
  };
  for (const [name, text] of Object.entries(web)) {
    await folder.write(text, `${name}.web.yml`);
    await using program = await startProgram(folder, ['--web.config.file', folder.file(`${name}.web.yml`)]);
    const bind = `:${new URL(program.url).port}`;
    const { status, stdout } = await runToEnd(['health', '--bind', bind]);
    assert.deepEqual({ name, status, stdout }, { name, status: 0, stdout: 'alive\n' });
  }
});

test('where nobody listens, or who does speaks no HTTP, the exporter is not alive', async () => {
  const nobody = await runToEnd(['health', '--bind', `127.0.0.1:${await findFreePort()}`]);
  assert.equal(nobody.status, 1);
  assert.match(nobody.stderr, /^query-exporter: no answer from 127\.0\.0\.1:\d+: ECONNREFUSED\n$/);

  const other = createServer((socket) => socket.once('error', () => {}).end('5.5.5-database\n')).listen(0, '127.0.0.1');
  await once(other, 'listening');
  const mute = await runToEnd(['health', '--bind', `:${(other.address() as AddressInfo).port}`]);
  other.close();
  assert.equal(mute.status, 1);
  assert.match(mute.stderr, /^query-exporter: no answer from /);
});

test('without a port nobody can be asked', async () => {
  assert.equal((await runToEnd(['health', '--bind', ':0'])).status, 2);
});
