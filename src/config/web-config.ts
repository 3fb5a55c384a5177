import type { z } from 'zod';
import { quotePath } from '../language/quote.ts';
import { readConfigFile } from './config-file.ts';
import { ConfigDocument } from './document.ts';
import { checkReadable, resolveBeside } from './files.ts';
import { Findings } from './findings.ts';
import { isCertificate, isPair, keyKindOf } from './pem.ts';
import { checkShape } from './shape-check.ts';
import {
  CIPHER_SUITES,
  type CLIENT_AUTH_TYPES,
  CURVES,
  TLS_VERSIONS,
  type tlsServerConfig,
  webConfigSchema,
} from './web-schema.ts';

/** How the HTTP server protects itself, from a web configuration file as Prometheus' exporter-toolkit reads it. */
export interface WebConfig {
  /** Null: plain HTTP. */
  readonly tls: WebTls | null;
  /** bcrypt hashes by user name; empty: nobody has to log in. */
  readonly users: ReadonlyMap<string, string>;
  /** Headers to add to every response. */
  readonly headers: Readonly<Record<string, string>>;
}

export type ClientAuth = Exclude<(typeof CLIENT_AUTH_TYPES)[number], 'RequireClientCert'>;
export type TlsVersion = (typeof TLS_VERSIONS)[keyof typeof TLS_VERSIONS];

export interface WebTls {
  /** Absolute paths of PEM files; to be read again when they change. */
  readonly certFile: string;
  readonly keyFile: string;
  /** Null: the authorities that Node.js trusts. */
  readonly clientCaFile: string | null;
  readonly clientAuth: ClientAuth;
  /** Of these the client's certificate must carry one; empty: any certificate will do. */
  readonly clientAllowedSans: readonly string[];
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
  /** OpenSSL's names, for versions up to TLS 1.2; empty: the defaults. */
  readonly cipherSuites: readonly string[];
  /** Whether the order of `cipherSuites` counts, not the client's. */
  readonly preferServerCipherSuites: boolean;
  /** OpenSSL's names, in order of preference; empty: the defaults. */
  readonly curves: readonly string[];
}

type TlsEntry = z.output<typeof tlsServerConfig>;

const TLS_PATH = ['tls_server_config'];

/** Reads and checks the file. Throws a `ConfigError` with every problem. */
export function loadWebConfig(path: string): WebConfig {
  const problems = new Findings();
  const root = readConfigFile(path, 0, problems, { mayBeEmpty: true });
  problems.throwIfAny();
  if (root === null) throw new Error('a file was neither read nor refused');
  const document = new ConfigDocument(root, problems, new Findings());
  const config = checkShape(webConfigSchema, document);
  const tls = planTls(config.tls_server_config ?? {}, document);
  problems.throwIfAny();
  return {
    tls,
    users: new Map(Object.entries(config.basic_auth_users ?? {})),
    headers: withoutBlanks(config.http_server_config?.headers ?? {}),
  };
}

/** A header that is blank is not set. */
function withoutBlanks(headers: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const set: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) if (value) set[name] = value;
  return set;
}

function planTls(entry: TlsEntry, document: ConfigDocument): WebTls | null {
  const has = (key: keyof TlsEntry) => document.has([...TLS_PATH, key]);
  const isEnabled = has('cert_file') || has('key_file') || has('client_ca_file') || has('client_auth_type');
  if (!isEnabled) return null;
  for (const key of ['cert_file', 'key_file'] as const) {
    if (!has(key)) document.refuseKey(TLS_PATH, `missing "${key}"`);
  }
  const certFile = pemFile('cert_file', entry, document);
  const keyFile = pemFile('key_file', entry, document);
  const clientCaFile = pemFile('client_ca_file', entry, document);
  checkClientAuth(entry, document);
  if (certFile === null || keyFile === null) return null;
  if (!isPair(certFile, keyFile)) {
    const text = 'expected a certificate in PEM format that fits the key in "key_file"';
    document.refuse([...TLS_PATH, 'cert_file'], text);
  }
  checkReachable(entry, certFile, document);
  const [minVersion, maxVersion] = [entry.min_version ?? 'TLS12', entry.max_version ?? 'TLS13'];
  if (TLS_VERSIONS[minVersion] > TLS_VERSIONS[maxVersion]) {
    document.refuseKey([...TLS_PATH, 'min_version'], `is above the highest version, ${maxVersion}`);
  }
  return {
    certFile,
    keyFile,
    clientCaFile,
    clientAuth: toClientAuth(entry),
    clientAllowedSans: entry.client_allowed_sans ?? [],
    minVersion: TLS_VERSIONS[minVersion],
    maxVersion: TLS_VERSIONS[maxVersion],
    cipherSuites: (entry.cipher_suites ?? []).map((name) => CIPHER_SUITES[name]),
    preferServerCipherSuites: entry.prefer_server_cipher_suites ?? true,
    curves: (entry.curve_preferences ?? []).map((name) => CURVES[name]),
  };
}

function pemFile(
  key: 'cert_file' | 'key_file' | 'client_ca_file',
  entry: TlsEntry,
  document: ConfigDocument,
): string | null {
  const written = entry[key];
  if (written === undefined) return null;
  const path = [...TLS_PATH, key];
  const absolute = resolveBeside(document.configPathOf(path), written);
  const { problem } = checkReadable(absolute);
  if (problem === null) return absolute;
  document.refuse(path, `${quotePath(absolute)} ${problem}`);
  return null;
}

function toClientAuth({ client_auth_type: type = 'NoClientCert' }: TlsEntry): ClientAuth {
  // The older of two names for one thing.
  return type === 'RequireClientCert' ? 'RequireAnyClientCert' : type;
}

function checkClientAuth(entry: TlsEntry, document: ConfigDocument): void {
  if (document.isWrong([...TLS_PATH, 'client_auth_type'])) return;
  const type = toClientAuth(entry);
  if (entry.client_ca_file !== undefined && type === 'NoClientCert') {
    document.refuseKey([...TLS_PATH, 'client_ca_file'], 'needs "client_auth_type" beside it');
  }
  // With the other types a client may come without a certificate, and so without any name to compare.
  if (entry.client_allowed_sans !== undefined && !type.startsWith('Require')) {
    const text = 'works only with the client_auth_type RequireAnyClientCert or RequireAndVerifyClientCert';
    document.refuseKey([...TLS_PATH, 'client_allowed_sans'], text);
  }
}

/** Refuses what no client could ever agree on. Suites of TLS 1.3 are offered whatever the list says. */
function checkReachable(entry: TlsEntry, certFile: string, document: ConfigDocument): void {
  const { max_version: maxVersion = 'TLS13', cipher_suites: suites = [] } = entry;
  if (maxVersion === 'TLS10' || maxVersion === 'TLS11') {
    document.refuse([...TLS_PATH, 'max_version'], `expected TLS12 or TLS13: OpenSSL serves nobody with ${maxVersion}`);
  }
  if (maxVersion !== 'TLS12' || suites.length === 0 || !isCertificate(certFile)) return;
  const kind = keyKindOf(certFile) === 'rsa' ? '_RSA_' : '_ECDSA_';
  if (suites.some((suite) => suite.includes(kind))) return;
  document.refuse(
    [...TLS_PATH, 'cipher_suites'],
    'none of them works with this max_version and the key of the certificate',
  );
}
