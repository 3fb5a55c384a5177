import type { Parameter } from '../../language/url.ts';
import type { GivenConnection, GivenTls } from '../given-connection.ts';

/** What the keywords of libpq say; null where they say nothing. */
export interface GivenKeywords extends Omit<GivenConnection, 'socket' | 'port'> {
  readonly port: string | null;
}

const ACTING: ReadonlySet<string> = new Set([
  'host',
  'port',
  'user',
  'password',
  'dbname',
  'connect_timeout',
  'sslmode',
  'sslrootcert',
  'sslcert',
  'sslkey',
]);

/** Parameters that can make no difference here. */
const IGNORED =
  /^(?:(?:fallback_)?application_name|client_encoding|binary_parameters|pool_\w+|keepalives\w*|tcp_user_timeout|krbsrvname|gsslib|gssdelegation|sslcompression|sslsni)$/;

/** Settings of the server: they would reach other clients of a pooler. */
const SETTINGS =
  /^(?:options|search_path|statement_timeout|lock_timeout|idle_in_transaction_session_timeout|timezone|datestyle|intervalstyle|extra_float_digits|default_transaction_read_only|work_mem|role)$/i;

/** Values that make no difference; others would, and why it is not made. */
const REFUSED: Readonly<Record<string, { readonly harmless: readonly string[]; readonly why: string }>> = {
  gssencmode: { harmless: ['disable', 'prefer'], why: 'GSSAPI is not supported' },
  channel_binding: {
    harmless: ['disable', 'prefer'],
    why: 'channel binding is not supported; use sslmode=verify-full',
  },
  sslnegotiation: { harmless: ['postgres'], why: 'TLS is asked for as servers before 17 know it' },
  target_session_attrs: { harmless: ['any'], why: 'a target is one instance, whatever its role' },
  service: { harmless: [], why: 'no file of libpq is read; write host, user and dbname here' },
  passfile: { harmless: [], why: 'no file of libpq is read; use password_file' },
};

const SSL_MODES: Readonly<Record<string, GivenTls['mode']>> = {
  disable: 'off',
  require: 'skip-verify',
  'verify-ca': 'verify-ca',
  'verify-full': 'verify',
};

const MAX_CONNECT_SECONDS = 86_400;

/** Sorts the keywords, and adds to the problems what is wrong with them. What is empty says nothing. */
export function readKeywords(keywords: readonly Parameter[], problems: string[]): GivenKeywords {
  const values = new Map<string, string>();
  for (const { name, value, position } of keywords) {
    if (values.has(name)) problems.push(`gives ${ACTING.has(name) ? name : `parameter ${position}`} a second time`);
    values.set(name, value);
    if (!ACTING.has(name)) checkInert(name, value, position, problems);
  }
  return {
    host: values.get('host') || null,
    port: values.get('port') || null,
    user: values.get('user') || null,
    password: values.get('password') || null,
    database: values.get('dbname') || null,
    connectTimeoutMs: readSeconds(values.get('connect_timeout'), problems),
    tls: readTls(values, problems),
  };
}

function checkInert(name: string, value: string, position: number, problems: string[]): void {
  if (IGNORED.test(name)) return;
  const refused = Object.hasOwn(REFUSED, name) ? REFUSED[name] : undefined;
  if (refused !== undefined) {
    if (!refused.harmless.includes(value)) problems.push(`has ${name}, which is not available: ${refused.why}`);
  } else if (SETTINGS.test(name)) {
    problems.push(`has ${name}, a setting of the session: use init_sql`);
  } else {
    const known = [...ACTING].join(', ');
    problems.push(`has an unknown parameter in position ${position}; ${known} are known, settings belong to init_sql`);
  }
}

function readSeconds(text: string | undefined, problems: string[]): number | null {
  if (text === undefined) return null;
  if (!/^-?\d{1,9}$/.test(text.trim())) problems.push('has a connect_timeout that is not a whole number of seconds');
  else if (Number(text) > MAX_CONNECT_SECONDS) problems.push('has a connect_timeout of more than a day');
  // For libpq it is no limit, and ours says nothing then.
  else return Number(text) <= 0 ? null : Number(text) * 1_000;
  return null;
}

function readTls(values: ReadonlyMap<string, string>, problems: string[]): GivenTls {
  const word = values.get('sslmode');
  const rootCert = values.get('sslrootcert') ?? null;
  const certFile = values.get('sslcert') ?? null;
  const keyFile = values.get('sslkey') ?? null;
  const mode = word === undefined ? null : readSslMode(word, problems);
  const isChecking = word !== undefined ? mode !== 'off' : rootCert === 'system';
  if (rootCert !== null && !isChecking) {
    problems.push('has sslrootcert, which works only with sslmode verify-ca or verify-full');
  }
  if ((certFile === null) !== (keyFile === null)) problems.push('has one of sslcert and sslkey, which need each other');
  // Of a server it is the machine's own list of authorities, and of a mode the strictest.
  if (rootCert === 'system') return { mode: 'verify', caFile: null, certFile, keyFile };
  // libpq checks the chain where it is given what to check it with.
  const isChain = mode === 'skip-verify' && rootCert !== null;
  return { mode: isChain ? 'verify-ca' : mode, caFile: rootCert, certFile, keyFile };
}

function readSslMode(word: string, problems: string[]): GivenTls['mode'] {
  if (Object.hasOwn(SSL_MODES, word)) return SSL_MODES[word] ?? null;
  problems.push(
    word === 'prefer' || word === 'allow'
      ? `has sslmode=${word}, which may end in plain text: use verify-full, verify-ca, require or disable`
      : 'has an sslmode that is not disable, require, verify-ca or verify-full',
  );
  return null;
}
