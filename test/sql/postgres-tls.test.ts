import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Tls } from '../../src/model/plan.ts';
import { createFolder, removeFolder } from '../support/daemon.ts';
import { type Postgres, startPostgres } from '../support/postgres.ts';
import { createTlsFiles, type TlsFiles } from '../support/tls.ts';
import { askRow, assertFails, eventually, openSession, runOn, type TargetParts } from './postgres-bench.ts';
import { FakePostgres } from './postgres-fake.ts';

describe('a connection to PostgreSQL with TLS', () => {
  let folder: string;
  let files: TlsFiles;
  let server: Postgres;
  before(async () => {
    folder = await createFolder('postgres-tls');
    files = await createTlsFiles(folder);
    server = await startPostgres({
      tls: files,
      settings: { listen_addresses: '127.0.0.1, 127.0.0.2' },
      hba: [
        'hostssl all certified all scram-sha-256 clientcert=verify-ca',
        'hostssl all clear_user all password',
        'hostssl all secure all scram-sha-256',
        'hostnossl all secure all reject',
      ],
    });
    for (const user of ['certified', 'clear_user', 'secure']) {
      await server.query(`CREATE ROLE ${user} LOGIN PASSWORD 'test123'`);
    }
  });
  after(async () => {
    await server?.[Symbol.asyncDispose]();
    await removeFolder(folder);
  });

  const verify = (overrides: Partial<Tls> = {}): Tls => ({
    mode: 'verify',
    caFile: files.ca,
    certFile: null,
    keyFile: null,
    serverName: null,
    ...overrides,
  });
  const at = (host: string): TargetParts['address'] & object => ({ kind: 'tcp', host, port: server.port });

  const isEncrypted = async (parts: TargetParts): Promise<boolean> => {
    await using session = await openSession({ port: server.port, ...parts });
    const [ssl] = await askRow(session, 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
    return ssl === '1';
  };
  const refusal = async (parts: TargetParts, text: RegExp): Promise<void> => {
    const failed = await assertFails(openSession({ port: server.port, ...parts }), 'connect');
    assert.match(failed.message, text);
  };

  it('is encrypted where that is asked for, with the chain and the name checked', async () => {
    assert.equal(await isEncrypted({}), false);
    for (const host of ['127.0.0.1', 'localhost']) {
      assert.equal(await isEncrypted({ address: at(host), tls: verify() }), true);
    }
    assert.equal(await isEncrypted({ address: at('127.0.0.2'), tls: verify({ serverName: 'localhost' }) }), true);
  });

  it('is refused where the certificate is of an unknown authority or for another name', async () => {
    await refusal({ tls: verify({ caFile: null }) }, /certificate|issuer/);
    await refusal({ tls: verify({ mode: 'verify-ca', caFile: null }) }, /certificate|issuer/);
    await refusal({ tls: verify({ serverName: 'db1.example.com' }) }, /db1\.example\.com/);
    await refusal({ address: at('127.0.0.2'), tls: verify() }, /127\.0\.0\.2 is not in the cert/);
  });

  it('checks the chain alone, or nothing, where that is asked for', async () => {
    assert.equal(await isEncrypted({ address: at('127.0.0.2'), tls: verify({ mode: 'verify-ca' }) }), true);
    assert.equal(await isEncrypted({ tls: verify({ mode: 'skip-verify', caFile: null }) }), true);
  });

  it('shows a certificate of its own', async () => {
    await assertFails(openSession({ port: server.port, user: 'certified', tls: verify() }), 'auth');
    const tls = verify({ certFile: files.clientCert, keyFile: files.clientKey });
    assert.equal(await isEncrypted({ user: 'certified', tls }), true);
  });

  it('is never replaced by plain text', async () => {
    await using plain = await startPostgres();
    for (const mode of ['verify', 'verify-ca', 'skip-verify'] as const) {
      await refusal({ port: plain.port, tls: verify({ mode }) }, /^the server offers no TLS, so nothing was sent/);
    }
    await using chatty = await FakePostgres.start([Buffer.from('Sx')], '', true);
    await refusal({ port: chatty.port, tls: verify() }, /does not speak the PostgreSQL protocol$/);
    await using quiet = await FakePostgres.start([Buffer.alloc(0)]);
    await refusal({ port: quiet.port, tls: verify() }, /closed the connection when it was asked for TLS$/);
  });

  it('carries a password in clear text, and is what a server may insist on', async () => {
    assert.equal(await isEncrypted({ user: 'clear_user', tls: verify() }), true);
    const failed = await assertFails(openSession({ port: server.port, user: 'secure' }), 'auth');
    assert.match(failed.message, /where that wants encryption, set "tls"$/);
  });

  it('is not asked for over a socket', async () => {
    const file = { kind: 'socket', path: `${server.socketFolder}/.s.PGSQL.${server.port}` } as const;
    assert.equal(await isEncrypted({ address: file, tls: null }), false);
  });

  it('is closed with its statement like any other, also when much of its result is under way', async () => {
    const session = await openSession({ port: server.port, tls: verify() });
    const running = assertFails(runOn(session, 'SELECT /* secret */ pg_sleep(600)'), 'lost');
    await eventually(
      'the statement to run',
      async () =>
        (await server.backends()).some(({ state, sql }) => state === 'active' && sql.includes('secret')) || undefined,
    );
    session.destroy();
    await running;
    const other = await openSession({ port: server.port, tls: verify() });
    await assertFails(runOn(other, `SELECT repeat('x', 10000000)`, { maxBytes: 100_000 }), 'too_large');
    await eventually('nothing to be left', async () => (await server.backends()).length === 0 || undefined);
  });
});
