import type { TargetKeys } from './draft.ts';
import { type DsnReading, secretOf, splitAt, splitCredentials, variablePart } from './dsn-parts.ts';

/** Parameters that act here. */
const KEPT: ReadonlySet<string> = new Set(['sslmode', 'connect_timeout', 'sslrootcert', 'sslcert', 'sslkey']);
/** Parameters that can make no difference here. */
const INERT =
  /^(?:application_name|fallback_application_name|client_encoding|binary_parameters|pool_\w+|keepalives\w*)$/;
const SSL_MODES: ReadonlySet<string> = new Set(['disable', 'require', 'verify-ca', 'verify-full']);
/** Where servers keep their sockets: what follows is the name of a database. */
const SOCKET_FOLDERS = ['/var/run/postgresql', '/run/postgresql', '/tmp'];

/*
 * Where no database is named, libpq and all that follow it take the one that is called as the user.
 */

/** What follows `postgres://`. */
export function readPostgresDsn(rest: string): DsnReading {
  const [before = '', query = ''] = splitAt(rest, '?');
  const at = before.lastIndexOf('@');
  const { user, password } = splitCredentials(at < 0 ? '' : before.slice(0, at));
  if (query.includes('@')) return { ok: false, problem: 'the DSN cannot be divided into its parts' };
  const place = before.slice(at + 1);
  const slash = place.indexOf('/');
  const host = slash < 0 ? place : place.slice(0, slash);
  const path = slash < 0 ? '' : place.slice(slash);
  const parameters = new Map(
    query === ''
      ? []
      : query.split('&').map((pair): [string, string] => [pair.split('=', 1)[0] ?? '', splitAt(pair, '=')[1] ?? '']),
  );
  const socket = host === '' ? socketOf(path, parameters.get('host')) : null;
  if (socket !== null) {
    const keys: TargetKeys = { engine: 'postgres', socket: socket.folder, user, ...named(socket.database || user) };
    if (variablePart(password) !== '') keys.password = password;
    const lost = [...parameters.keys()].filter((name) => name !== 'host' && name !== 'sslmode' && !INERT.test(name));
    return found(keys, { host: socket.folder, user, database: socket.database, password, lost });
  }
  const { kept, lost } = sortParameters(parameters);
  const credentials = user === '' ? '' : `${user}${variablePart(password)}@`;
  const dsn = `postgres://${credentials}${host}${path === '' || path === '/' ? `/${user}` : path}${kept === '' ? '' : `?${kept}`}`;
  return found({ dsn }, { host, user, database: path.slice(1), password, lost });
}

/** `host=db1 user=monitor password='it\'s'`, as libpq reads it. */
export function readPostgresKeywords(text: string): DsnReading {
  const words = new Map<string, string>();
  for (const [, name = '', quoted, bare = ''] of text.matchAll(/(\w+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|(\S*))/g)) {
    words.set(name, quoted === undefined ? bare : quoted.replace(/\\(.)/g, '$1'));
  }
  const take = (name: string) => {
    const value = words.get(name) ?? '';
    words.delete(name);
    return value;
  };
  const [host, port, user, password, database] = ['host', 'port', 'user', 'password', 'dbname'].map(take) as [
    string,
    string,
    string,
    string,
    string,
  ];
  if (host.startsWith('/')) {
    const lost = [...words.keys()].filter((name) => name !== 'sslmode' && !INERT.test(name));
    const keys: TargetKeys = { engine: 'postgres', socket: host, user, ...named(database || user) };
    return found(keys, { host, user, database, password, lost });
  }
  const { kept, lost } = sortParameters(words);
  const place = `${host}${port === '' ? '' : `:${port}`}`;
  const credentials = user === '' ? '' : `${encodeURIComponent(user)}${variablePart(password)}@`;
  const dsn = `postgres://${credentials}${place}/${encodeURIComponent(database || user)}${kept === '' ? '' : `?${kept}`}`;
  return found({ dsn }, { host: place, user, database, password, lost });
}

interface Parts {
  readonly host: string;
  readonly user: string;
  readonly database: string;
  readonly password: string;
  readonly lost: readonly string[];
}

function found(keys: TargetKeys, { password, ...parts }: Parts): DsnReading {
  return { ok: true, found: { engine: 'postgres', keys, secret: secretOf(password, 'dsn' in keys), ...parts } };
}

function named(database: string): TargetKeys {
  return database === '' ? {} : { database };
}

function socketOf(
  path: string,
  host: string | undefined,
): { readonly folder: string; readonly database: string } | null {
  if (host?.startsWith('/')) return { folder: host, database: path.slice(1) };
  const folder = SOCKET_FOLDERS.find((known) => path === known || path.startsWith(`${known}/`));
  return folder === undefined ? null : { folder, database: path.slice(folder.length + 1) };
}

function sortParameters(parameters: ReadonlyMap<string, string>): {
  readonly kept: string;
  readonly lost: readonly string[];
} {
  const isKept = ([name, value]: readonly [string, string]) =>
    KEPT.has(name) && (name !== 'sslmode' || SSL_MODES.has(value));
  const kept = [...parameters].filter(isKept).map(([name, value]) => `${name}=${value}`);
  const lost = [...parameters].filter((pair) => !isKept(pair) && !INERT.test(pair[0])).map(([name]) => name);
  return { kept: kept.join('&'), lost };
}
