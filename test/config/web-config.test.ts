import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ConfigError } from '../../src/config/load.ts';
import { loadWebConfig } from '../../src/config/web-config.ts';
import { createTlsFiles } from '../support/tls.ts';
import { ConfigFolder } from './files.ts';

const HASH = '$2y$10$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG';

function problemsOf(folder: ConfigFolder, content: string): readonly string[] {
  try {
    loadWebConfig(folder.write('web.yml', content));
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map((line) => line.replaceAll(`${folder.path}/`, ''));
    throw error;
  }
}

test('an empty file means plain HTTP without users', () => {
  using folder = new ConfigFolder();
  assert.deepEqual(loadWebConfig(folder.write('web.yml', '# nothing\n')), { tls: null, users: new Map(), headers: {} });
  assert.equal(loadWebConfig(folder.write('web.yml', 'tls_server_config: {}\n')).tls, null);
});

test('users and headers are taken over', () => {
  using folder = new ConfigFolder();
  const content = `basic_auth_users: {prometheus: ${HASH}}
http_server_config:
  http2: true
  headers: {X-Frame-Options: deny, X-XSS-Protection: ""}\n`;
  const { users, headers } = loadWebConfig(folder.write('web.yml', content));
  assert.deepEqual([...users], [['prometheus', HASH]]);
  assert.deepEqual(headers, { 'X-Frame-Options': 'deny' });
});

test('a login that nobody could pass, or that would stop all others, is refused', () => {
  using folder = new ConfigFolder();
  const problemOf = (start: string) => {
    const hash = `${start}${HASH.slice('$2y$10$'.length)}`;
    return problemsOf(folder, `basic_auth_users: {a: ${hash}}\n`)
      .join()
      .replace('web.yml:1:23: basic_auth_users.a: ', '');
  };
  const noHash = 'expected a bcrypt hash, as htpasswd -nB prints it';
  assert.deepEqual(['$2a$10$', '$2b$15$', '$2y$04$'].map(problemOf), ['', '', '']);
  assert.deepEqual(['$2x$10$', '$2$10$', '$2y$03$', '$2y$32$'].map(problemOf), Array(4).fill(noHash));
  assert.equal(
    problemOf('$2y$31$'),
    'expected a bcrypt hash with a cost of at most 15, since each login computes it, got 31',
  );
});

test('TLS options are given in the words of Node.js, files as absolute paths', async () => {
  using folder = new ConfigFolder();
  await createTlsFiles(folder.path);
  const content = `tls_server_config:
  cert_file: server.pem
  key_file: server-key.pem
  client_ca_file: ca.pem
  client_auth_type: RequireClientCert
  client_allowed_sans: [prometheus]
  min_version: TLS13
  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]
  curve_preferences: [X25519, CurveP256]\n`;
  assert.deepEqual(loadWebConfig(folder.write('web.yml', content)).tls, {
    certFile: join(folder.path, 'server.pem'),
    keyFile: join(folder.path, 'server-key.pem'),
    clientCaFile: join(folder.path, 'ca.pem'),
    clientAuth: 'RequireAnyClientCert',
    clientAllowedSans: ['prometheus'],
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    cipherSuites: ['ECDHE-RSA-AES128-GCM-SHA256'],
    preferServerCipherSuites: true,
    curves: ['X25519', 'P-256'],
  });
});

test('a wrong file is refused with every problem and no secret', async () => {
  using folder = new ConfigFolder();
  await createTlsFiles(folder.path);
  const content = `basic_auth_users: {a: hunter2, b: 5}
rate_limit: {interval: 1s}
http_server_config: {headers: {X-Frame-Options: allow, X-Other: y}}
tls_server_config:
  cert_file: server.pem
  key_file: missing.pem
  key: hunter2
  client_ca_file: ca.pem
  client_allowed_sans: [x]
  min_version: TLS9
  cipher_suites: [RC4]\n`;
  assert.deepEqual(problemsOf(folder, content), [
    'web.yml:1:23: basic_auth_users.a: expected a bcrypt hash, as htpasswd -nB prints it',
    'web.yml:1:35: basic_auth_users.b: must be a string, quote it',
    'web.yml:2:13: rate_limit: is not supported: limit requests in a proxy',
    'web.yml:3:49: http_server_config.headers.X-Frame-Options: expected deny or sameorigin, got "allow"',
    'web.yml:3:56: http_server_config.headers.X-Other: unknown key',
    'web.yml:6:13: tls_server_config.key_file: "missing.pem" cannot be read: no such file (ENOENT)',
    'web.yml:7:8: tls_server_config.key: is not supported: name a file with "key_file"',
    'web.yml:8:3: tls_server_config.client_ca_file: needs "client_auth_type" beside it',
    'web.yml:9:3: tls_server_config.client_allowed_sans: works only with the client_auth_type RequireAnyClientCert or RequireAndVerifyClientCert',
    'web.yml:10:16: tls_server_config.min_version: expected TLS10, TLS11, TLS12 or TLS13, got "TLS9"',
    'web.yml:11:19: tls_server_config.cipher_suites[0]: expected a cipher suite of TLS 1.2 or 1.3 that Go knows, got "RC4"',
  ]);
});

test('versions and suites with which nobody could connect are refused', async () => {
  using folder = new ConfigFolder();
  await createTlsFiles(folder.path);
  const problemOf = (options: string) =>
    problemsOf(folder, `tls_server_config: {cert_file: server.pem, key_file: server-key.pem, ${options}}\n`)
      .join()
      .replace(/^web.yml:1:\d+: tls_server_config\./, '');
  const other =
    createPublicKey(readFileSync(join(folder.path, 'server.pem'))).asymmetricKeyType === 'rsa' ? 'ECDSA' : 'RSA';
  const suite = `TLS_ECDHE_${other}_WITH_AES_128_GCM_SHA256`;
  assert.equal(problemOf('min_version: TLS10, max_version: TLS12'), '');
  assert.equal(problemOf(`cipher_suites: [${suite}]`), '');
  assert.equal(
    problemOf('min_version: TLS10, max_version: TLS11'),
    'max_version: expected TLS12 or TLS13: OpenSSL serves nobody with TLS11',
  );
  assert.equal(
    problemOf(`max_version: TLS12, cipher_suites: [${suite}, TLS_AES_128_GCM_SHA256]`),
    'cipher_suites: none of them works with this max_version and the key of the certificate',
  );
});

test('a certificate needs its own key', async () => {
  using folder = new ConfigFolder();
  await createTlsFiles(folder.path);
  folder.write('broken.pem', 'nonsense');
  const files = (cert: string, key: string) => `tls_server_config: {cert_file: ${cert}, key_file: ${key}}\n`;
  assert.deepEqual(problemsOf(folder, files('server.pem', 'server-key.pem')), []);
  assert.deepEqual(problemsOf(folder, files('broken.pem', 'server-key.pem')), [
    'web.yml:1:32: tls_server_config.cert_file: expected a certificate in PEM format that fits the key in "key_file"',
  ]);
  assert.deepEqual(problemsOf(folder, 'tls_server_config: {cert_file: server.pem}\n'), [
    'web.yml:1:1: tls_server_config: missing "key_file"',
  ]);
});
