import type { PostgresDsn } from './postgres-dsn.ts';

export interface DsnPair {
  readonly name: string;
  readonly value: string;
  /** Of a parameter; what stands in another place of a URL has none. */
  readonly position?: number;
}

type TlsGiven = Pick<PostgresDsn, 'tls' | 'caFile' | 'certFile' | 'keyFile'>;

export interface Given {
  readonly host: string;
  readonly port: string | null;
  readonly user: string;
  readonly password: string | null;
  readonly database: string;
  readonly connectTimeoutMs: number | null;
  readonly tls: TlsGiven;
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
  load_balance_hosts: { harmless: ['disable'], why: 'a target is one instance' },
  hostaddr: { harmless: [], why: 'write the address as the host, and the name under tls: as server_name' },
  service: { harmless: [], why: 'no file of libpq is read; write host, user and dbname here' },
  passfile: { harmless: [], why: 'no file of libpq is read; use password_file' },
  sslpassword: { harmless: [], why: 'a key must be readable without a passphrase' },
  require_auth: { harmless: [], why: 'use sslmode=verify-full to be sure of the server' },
  requirepeer: { harmless: [], why: 'use the permissions of the folder of the socket' },
  replication: { harmless: ['false', 'off', 'no', '0'], why: 'queries need an ordinary connection' },
};

const SSL_MODES: Readonly<Record<string, PostgresDsn['tls']>> = {
  disable: 'off',
  require: 'skip-verify',
  'verify-ca': 'verify-ca',
  'verify-full': 'verify',
};

const MAX_CONNECT_SECONDS = 86_400;

/** Sorts the pairs, and adds to the problems what is wrong with them. */
export function readParameters(pairs: readonly DsnPair[], problems: string[]): Given {
  const values = new Map<string, string>();
  for (const { name, value, position = 0 } of pairs) {
    if (values.has(name)) problems.push(`gives ${ACTING.has(name) ? name : `parameter ${position}`} a second time`);
    values.set(name, value);
    if (!ACTING.has(name)) checkInert(name, value, position, problems);
  }
  return {
    host: values.get('host') ?? '',
    port: values.get('port') ?? null,
    user: values.get('user') ?? '',
    password: values.get('password') ?? null,
    database: values.get('dbname') ?? '',
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

function readTls(values: ReadonlyMap<string, string>, problems: string[]): TlsGiven {
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
  if (rootCert === 'system') return { tls: 'verify', caFile: null, certFile, keyFile };
  // libpq checks the chain where it is given what to check it with.
  const tls = mode === 'skip-verify' && rootCert !== null ? 'verify-ca' : mode;
  return { tls, caFile: rootCert, certFile, keyFile };
}

function readSslMode(word: string, problems: string[]): PostgresDsn['tls'] {
  if (Object.hasOwn(SSL_MODES, word)) return SSL_MODES[word] ?? null;
  problems.push(
    word === 'prefer' || word === 'allow'
      ? `has sslmode=${word}, which may end in plain text: use verify-full, verify-ca, require or disable`
      : 'has an sslmode that is not disable, require, verify-ca or verify-full',
  );
  return null;
}
