import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Tls } from '../../src/model/plan.ts';
import { createFolder, removeFolder } from '../support/daemon.ts';
import { createTlsFiles, type TlsFiles } from '../support/tls.ts';
import { askOne, assertFails, eventually, LONG_MS, SetDeadline } from './driver-bench.ts';
import { createMysqlBench, type MysqlBench } from './mysql-bench.ts';

const CIPHER = `SELECT VARIABLE_VALUE FROM information_schema.session_status WHERE VARIABLE_NAME = 'Ssl_cipher'`;

describe('a connection with TLS', () => {
  let folder: string;
  let files: TlsFiles;
  let bench: MysqlBench;
  let plain: MysqlBench;
  before(async () => {
    folder = await createFolder('mysql-tls');
    files = await createTlsFiles(folder);
    [bench, plain] = await Promise.all([
      createMysqlBench({
        flags: [
          ...[`--ssl-ca=${files.ca}`, `--ssl-cert=${files.serverCert}`, `--ssl-key=${files.serverKey}`],
          '--bind-address=127.0.0.1,127.0.0.2',
        ],
      }),
      createMysqlBench({ flags: ['--skip-ssl'] }),
    ]);
    await bench.server.query(`CREATE USER certified@'%' IDENTIFIED BY 'x' REQUIRE X509`);
  });
  after(async () => {
    await bench[Symbol.asyncDispose]();
    await plain[Symbol.asyncDispose]();
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

  it('is encrypted, with the chain and the name checked', async () => {
    for (const host of ['127.0.0.1', 'localhost']) {
      const address = { kind: 'tcp', host, port: bench.server.port } as const;
      await using driver = bench.open({ tls: verify(), address });
      assert.notEqual((await askOne(driver, CIPHER))[0], '');
      assert.notEqual((await askOne(driver, CIPHER))[0], '');
    }
  });

  it('is refused where the certificate is of an unknown authority', async () => {
    await using driver = bench.open({ tls: verify({ caFile: null }) });
    const failure = await assertFails(askOne(driver, CIPHER), 'connect');
    assert.match(failure.message, /certificate|issuer/);
  });

  it('is refused where the certificate is for another name', async () => {
    await using driver = bench.open({ tls: verify({ serverName: 'db1.example.com' }) });
    const failure = await assertFails(askOne(driver, CIPHER), 'connect');
    assert.match(failure.message, /db1\.example\.com/);
    await using right = bench.open({ tls: verify({ serverName: 'localhost' }) });
    assert.notEqual((await askOne(right, CIPHER))[0], '');
  });

  it('does not take the certificate of "localhost" for one of any IP address', async () => {
    await using driver = bench.open({
      tls: verify(),
      // The certificate names 127.0.0.1 and localhost.
      address: { kind: 'tcp', host: '127.0.0.2', port: bench.server.port },
    });
    const failure = await assertFails(askOne(driver, CIPHER), 'connect');
    assert.match(failure.message, /IP: 127\.0\.0\.2 is not in the cert/);
  });

  it('is encrypted without a check where that is asked for', async () => {
    await using driver = bench.open({ tls: verify({ mode: 'skip-verify', caFile: null }) });
    assert.notEqual((await askOne(driver, CIPHER))[0], '');
  });

  it('shows a certificate of its own', async () => {
    const user = { user: 'certified', password: { kind: 'text', text: 'x' }, database: '' } as const;
    await using bare = bench.open({ ...user, tls: verify() });
    await assertFails(askOne(bare, CIPHER), 'auth');
    const tls = verify({ certFile: files.clientCert, keyFile: files.clientKey });
    await using driver = bench.open({ ...user, tls });
    assert.notEqual((await askOne(driver, CIPHER))[0], '');
  });

  it('is never replaced by plain text', async () => {
    for (const mode of ['verify', 'skip-verify'] as const) {
      await using driver = plain.open({ tls: verify({ mode }) });
      const failure = await assertFails(askOne(driver, CIPHER), 'connect');
      assert.match(failure.message, /offers no TLS/);
    }
  });

  it('is refused where a file holds no certificate', async () => {
    const broken: Readonly<Record<string, string>> = {
      'empty.pem': '',
      'garbage.pem': 'garbage',
      'cut.pem': '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
    };
    for (const [name, text] of Object.entries(broken)) {
      const path = join(folder, name);
      await writeFile(path, text);
      for (const tls of [verify({ caFile: path }), verify({ certFile: path, keyFile: files.clientKey })]) {
        await using driver = bench.open({ tls });
        const failure = await assertFails(askOne(driver, CIPHER), 'connect');
        assert.ok(failure.message.includes(name), failure.message);
      }
    }
    await using missing = bench.open({ tls: verify({ caFile: join(folder, 'missing.pem') }) });
    assert.match((await assertFails(askOne(missing, CIPHER), 'connect')).message, /ca_file.*missing\.pem/);
    await using unlike = bench.open({ tls: verify({ certFile: files.clientCert, keyFile: files.serverKey }) });
    assert.match((await assertFails(askOne(unlike, CIPHER), 'connect')).message, /key_file/);
  });

  it('is closed with its statement like any other', async () => {
    await using driver = bench.open({ tls: verify() });
    using deadline = new SetDeadline(LONG_MS);
    const onStart = (): unknown => setImmediate(() => deadline.stop());
    await assertFails(askOne(driver, 'SELECT SLEEP(300)', { onStart }, deadline), 'timeout');
    await assertFails(askOne(driver, `SELECT REPEAT('x', 10000000) AS text`, { maxBytes: 100_000 }), 'too_large');
    await eventually(
      () => bench.server.processlist(),
      (sessions) => sessions.every((session) => session.command === 'Sleep'),
    );
    assert.notEqual((await askOne(driver, CIPHER))[0], '');
  });
});
