import { z } from 'zod';
import { withFacts } from '../language/keys.ts';
import { bool, COMPLETE, choice, fields, list, mapping, nonEmptyText, text } from '../language/values.ts';

// The format of Prometheus' exporter-toolkit, docs/web-configuration.md there. What we cannot do is refused by name.

export const CLIENT_AUTH_TYPES = [
  'NoClientCert',
  'RequestClientCert',
  'RequireAnyClientCert',
  'RequireClientCert',
  'VerifyClientCertIfGiven',
  'RequireAndVerifyClientCert',
] as const;

export const TLS_VERSIONS = { TLS10: 'TLSv1', TLS11: 'TLSv1.1', TLS12: 'TLSv1.2', TLS13: 'TLSv1.3' } as const;

/** Go's names and OpenSSL's. */
export const CIPHER_SUITES = {
  TLS_AES_128_GCM_SHA256: 'TLS_AES_128_GCM_SHA256',
  TLS_AES_256_GCM_SHA384: 'TLS_AES_256_GCM_SHA384',
  TLS_CHACHA20_POLY1305_SHA256: 'TLS_CHACHA20_POLY1305_SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: 'ECDHE-ECDSA-AES128-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: 'ECDHE-ECDSA-AES256-SHA',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: 'ECDHE-RSA-AES128-SHA',
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: 'ECDHE-RSA-AES256-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
} as const;

export const CURVES = { CurveP256: 'P-256', CurveP384: 'P-384', CurveP521: 'P-521', X25519: 'X25519' } as const;

function namesOf<T extends object>(table: T) {
  return Object.keys(table) as unknown as readonly [Extract<keyof T, string>, ...Extract<keyof T, string>[]];
}

function unsupported(advice: string) {
  return z.unknown().refine(() => false, { error: `is not supported: ${advice}`, params: COMPLETE });
}

export const tlsServerConfig = fields({
  cert_file: nonEmptyText('a path').optional(),
  key_file: nonEmptyText('a path').optional(),
  client_ca_file: nonEmptyText('a path').optional(),
  cert: unsupported('name a file with "cert_file"').optional(),
  key: unsupported('name a file with "key_file"').optional(),
  client_ca: unsupported('name a file with "client_ca_file"').optional(),
  client_auth_type: choice(CLIENT_AUTH_TYPES).optional(),
  client_allowed_sans: list(nonEmptyText('a name'), 'a list of names').optional(),
  min_version: choice(namesOf(TLS_VERSIONS)).optional(),
  max_version: choice(namesOf(TLS_VERSIONS)).optional(),
  cipher_suites: list(
    choice(namesOf(CIPHER_SUITES), 'a cipher suite of TLS 1.2 or 1.3 that Go knows'),
    'a list of cipher suites',
  ).optional(),
  prefer_server_cipher_suites: bool().optional(),
  curve_preferences: list(choice(namesOf(CURVES)), 'a list of curves').optional(),
});

const headerValue = text().refine((value) => /^[\t\x20-\x7e]*$/.test(value), {
  error: () => 'expected the value of a header',
});

function headerChoice(...values: readonly string[]) {
  return text().refine((value) => value === '' || values.includes(value.toLowerCase()), {
    error: () => `expected ${values.join(' or ')}`,
  });
}

const headers = fields({
  'Strict-Transport-Security': headerValue.optional(),
  'X-Content-Type-Options': headerChoice('nosniff').optional(),
  'X-Frame-Options': headerChoice('deny', 'sameorigin').optional(),
  'X-XSS-Protection': headerValue.optional(),
  'Content-Security-Policy': headerValue.optional(),
});

const httpServerConfig = fields({
  // Clients agree on HTTP/1.1 with a server that offers nothing else, so either answer is right.
  http2: bool().optional(),
  headers: headers.optional(),
});

// Those of the first versions, `$2$` and `$2x$`, can be checked by nobody any more.
const BCRYPT = /^\$2[aby]\$(0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}$/;
// Each step doubles the time: 15 takes seconds, which every first login waits for, 31 would take days.
const MAX_BCRYPT_COST = 15;
const bcryptHash = text('a bcrypt hash').superRefine((value, context) => {
  const cost = BCRYPT.exec(value)?.[1];
  if (cost !== undefined && Number(cost) <= MAX_BCRYPT_COST) return;
  const message =
    cost === undefined
      ? 'expected a bcrypt hash, as htpasswd -nB prints it'
      : `expected a bcrypt hash with a cost of at most ${MAX_BCRYPT_COST}, since each login computes it, got ${cost}`;
  context.addIssue({ code: 'custom', message, params: COMPLETE });
});

const webConfig = fields({
  tls_server_config: tlsServerConfig.optional(),
  http_server_config: httpServerConfig.optional(),
  basic_auth_users: withFacts(mapping(bcryptHash, 'a mapping of user names to bcrypt hashes').optional(), {
    secrecy: 'masked',
    inSamples: false,
  }),
  rate_limit: unsupported('limit requests in a proxy').optional(),
});

export const webConfigSchema = withFacts(webConfig, { secrecy: 'shown', inSamples: false });
