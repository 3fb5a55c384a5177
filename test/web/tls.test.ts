import assert from 'node:assert/strict';
import type { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect } from 'node:tls';
import { gunzipSync, gzipSync } from 'node:zlib';
import { hashSync } from 'bcryptjs';
import { loadWebConfig } from '../../src/config/web-config.ts';
import { isAdmitted } from '../../src/web/client-certificate.ts';
import { createTlsFiles, type TlsFiles } from '../support/tls.ts';
import { ask, talk } from './ask.ts';
import { serve, toBody } from './fixtures.ts';

let folder: string;
let files: TlsFiles;
let ca: Buffer;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'web-tls-'));
  files = await createTlsFiles(folder);
  ca = await readFile(files.ca);
});

after(() => rm(folder, { recursive: true }));

async function writeWebConfig(
  name: string,
  tls: string,
  rest = '',
): Promise<{ path: string; load: typeof loadWebConfig }> {
  const path = join(folder, name);
  await writeFile(path, `tls_server_config:\n${tls}\n${rest}`, { mode: 0o600 });
  return { path, load: loadWebConfig };
}

const OWN = '  cert_file: server.pem\n  key_file: server-key.pem\n';

test('a scrape over TLS with a password gets the whole page', async () => {
  const text = Buffer.from(Array.from({ length: 60_000 }, (_, index) => `a{x="${index}"} 1\n`).join(''));
  const page = { identity: toBody(text.subarray(0, 9), text.subarray(9)), gzip: toBody(gzipSync(text)), series: 0 };
  const users = `basic_auth_users:\n  ann: ${hashSync('secret', 4).replace('$2b', '$2y')}\n`;
  const webConfig = await writeWebConfig('whole.yml', OWN, users);
  await using server = await serve({
    webConfig,
    pages: { current: () => page, narrow: async () => ({ kind: 'page', page }) },
  });
  assert.match(server.url, /^https:/);
  assert.equal((await ask(server, '/metrics', { ca })).status, 401);
  const plain = await ask(server, '/metrics', { ca, auth: 'ann:secret' });
  assert.equal(Buffer.compare(plain.body, text), 0);
  const compressed = await ask(server, '/metrics', { ca, auth: 'ann:secret', headers: { 'Accept-Encoding': 'gzip' } });
  assert.equal(Buffer.compare(gunzipSync(compressed.body), text), 0);
});

test('who speaks plain HTTP is told to use TLS, once in the log, and does no harm', async () => {
  await using server = await serve({ webConfig: await writeWebConfig('plain.yml', OWN) });
  for (let count = 0; count < 3; count += 1) {
    const answer = await talk(server, 'GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n[\s\S]*\r\n\r\nthis port speaks TLS: ask with https:\/\/\n$/);
  }
  assert.doesNotMatch(await talk(server, 'good morning\r\n'), /HTTP/);
  assert.deepEqual(
    server.log.map(({ message, fields }) => [message, fields['client']]),
    [['a client speaks plain HTTP to the port with TLS', '127.0.0.1']],
  );
  assert.equal((await ask(server, '/metrics', { ca })).status, 200);
});

test('connections in the middle of a handshake make room for others', async () => {
  const webConfig = await writeWebConfig('room.yml', OWN);
  await using server = await serve({ webConfig, maxClients: () => 5 });
  const waiting = Array.from({ length: 20 }, () => talk(server, Buffer.from('1603010065', 'hex')));
  for (let count = 0; count < 20; count += 1) assert.equal((await ask(server, '/metrics', { ca })).status, 200);
  await Promise.all(waiting.slice(0, 10));
  await server.close(0);
  await Promise.all(waiting);
});

test('a changed certificate is in force for the next connection, a broken one is not', async () => {
  const other = await mkdtemp(join(tmpdir(), 'web-tls-other-'));
  const next = await createTlsFiles(other);
  await copyFile(files.serverCert, join(folder, 'turned.pem'));
  await copyFile(files.serverKey, join(folder, 'turned-key.pem'));
  const webConfig = await writeWebConfig('turned.yml', '  cert_file: turned.pem\n  key_file: turned-key.pem\n');
  await using server = await serve({ webConfig, limits: { checkFilesMs: 0 } });
  assert.equal((await ask(server, '/metrics', { ca })).status, 200);

  await copyFile(next.serverCert, join(folder, 'turned.pem'));
  // The key does not fit yet.
  assert.equal((await ask(server, '/metrics', { ca })).status, 200);
  assert.equal((await ask(server, '/metrics', { ca })).status, 200);
  await copyFile(next.serverKey, join(folder, 'turned-key.pem'));
  await assert.rejects(ask(server, '/metrics', { ca }));
  assert.equal((await ask(server, '/metrics', { ca: await readFile(next.ca) })).status, 200);

  const errors = server.log.filter(({ level }) => level === 'error');
  assert.equal(errors.length, 1);
  assert.equal(errors[0]?.message, 'web configuration cannot be used, the one before stays in force');
  await rm(other, { recursive: true });
});

test('a certificate that comes after the configuration that names it is in force as soon as it is there', async () => {
  const webConfig = await writeWebConfig('early.yml', OWN);
  await using server = await serve({ webConfig, limits: { checkFilesMs: 0 } });
  await writeWebConfig(
    'early.yml',
    '  cert_file: late.pem\n  key_file: late-key.pem\nhttp_server_config: {headers: {}}\n',
  );
  for (let count = 0; count < 3; count += 1) assert.equal((await ask(server, '/metrics', { ca })).status, 200);
  const messages = () => server.log.map(({ message }) => message);
  assert.deepEqual(messages(), ['web configuration cannot be used, the one before stays in force']);
  await copyFile(files.serverKey, join(folder, 'late-key.pem'));
  await copyFile(files.serverCert, join(folder, 'late.pem'));
  assert.equal((await ask(server, '/metrics', { ca })).status, 200);
  assert.equal(messages().at(-1), 'web configuration read again');
});

test('turning TLS off is refused while the server runs', async () => {
  const webConfig = await writeWebConfig('off.yml', OWN);
  await using server = await serve({ webConfig, limits: { checkFilesMs: 0 } });
  await writeFile(webConfig.path, 'basic_auth_users: {}\n');
  assert.equal((await ask(server, '/metrics', { ca })).status, 200);
  assert.match(String(server.log[0]?.fields['error']), /needs a restart/);
});

test('a client without a certificate is turned away where one is required', async () => {
  const identity = { cert: await readFile(files.clientCert), key: await readFile(files.clientKey) };
  for (const type of ['RequireAndVerifyClientCert', 'RequireAnyClientCert']) {
    const webConfig = await writeWebConfig(
      `${type}.yml`,
      `${OWN}  client_ca_file: ca.pem\n  client_auth_type: ${type}\n`,
    );
    await using server = await serve({ webConfig });
    assert.equal((await ask(server, '/metrics', { ca, ...identity })).status, 200);
    await assert.rejects(ask(server, '/metrics', { ca }), type);
  }
});

test('the versions of TLS are limited as configured', async () => {
  const webConfig = await writeWebConfig(
    'versions.yml',
    `${OWN}  max_version: TLS12\n  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]\n`,
  );
  await using server = await serve({ webConfig });
  const socket = connect({ port: server.port, host: '127.0.0.1', ca });
  await once(socket, 'secureConnect');
  assert.equal(socket.getProtocol(), 'TLSv1.2');
  assert.equal(socket.getCipher().name, 'ECDHE-ECDSA-AES128-GCM-SHA256');
  socket.destroy();
});

test('a certificate is judged by its type of check and its names', () => {
  const client = (subjectAltName: string | null, authorized = true) => ({
    authorized,
    getPeerX509Certificate: () => (subjectAltName === null ? undefined : ({ subjectAltName } as X509Certificate)),
  });
  const rules = (
    clientAuth: 'RequestClientCert' | 'RequireAnyClientCert' | 'VerifyClientCertIfGiven',
    names: string[] = [],
  ) => ({
    ...loadedTls,
    clientAuth,
    clientAllowedSans: names,
  });
  const loadedTls = loadWebConfig(join(folder, 'whole.yml')).tls ?? assert.fail();
  assert.equal(isAdmitted(client(null), rules('RequestClientCert')), true);
  assert.equal(isAdmitted(client('', false), rules('RequestClientCert')), true);
  assert.equal(isAdmitted(client(null), rules('RequireAnyClientCert')), false);
  assert.equal(isAdmitted(client('', false), rules('RequireAnyClientCert')), true);
  assert.equal(isAdmitted(client(null), rules('VerifyClientCertIfGiven')), true);
  assert.equal(isAdmitted(client('', false), rules('VerifyClientCertIfGiven')), false);

  const named = rules('RequireAnyClientCert', ['prometheus.example', '10.0.0.9']);
  assert.equal(isAdmitted(client('DNS:other, DNS:prometheus.example'), named), true);
  assert.equal(isAdmitted(client('IP Address:10.0.0.9'), named), true);
  assert.equal(isAdmitted(client('DNS:x.prometheus.example'), named), false);
  assert.equal(isAdmitted(client('DNS:"a, DNS:prometheus.example, DNS:b"'), named), false);
});

test('service discovery hands out the scheme by which it was asked', async () => {
  const webConfig = await writeWebConfig(
    'sd.yml',
    `  cert_file: ${files.serverCert}\n  key_file: ${files.serverKey}\n`,
  );
  await using encrypted = await serve({ webConfig });
  await using plain = await serve();
  const schemeOf = async (server: { readonly url: string }, options = {}) =>
    JSON.parse((await ask(server, '/api/v1/sd', options)).text)[0].labels['__scheme__'];
  assert.equal(await schemeOf(encrypted, { ca }), 'https');
  assert.equal(await schemeOf(plain), 'http');
});
