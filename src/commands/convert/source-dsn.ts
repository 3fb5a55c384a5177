import { parseDsn } from '../../sql/dsn.ts';
import type { TargetKeys } from './draft.ts';
import { readPostgresDsn, readPostgresKeywords } from './postgres-dsn.ts';

/** The engines that there are here, by the word of the configuration. */
export type EngineWord = 'mysql' | 'postgres' | 'sqlite';

/** Where a database is, as a target of ours, the password taken out. */
export interface SourceDatabase {
  readonly engine: EngineWord;
  readonly keys: TargetKeys;
  /** The password, if it stood there; a variable stays where it is. */
  readonly secret: string | null;
  /** With its port, if one was given. */
  readonly host: string;
  readonly user: string;
  readonly database: string;
  /** Names of parameters that could not be taken over. */
  readonly lost: readonly string[];
}

/** A problem never quotes the DSN: any part of it may belong to a password. */
export type DsnReading =
  | { readonly ok: true; readonly found: SourceDatabase }
  | { readonly ok: false; readonly problem: string };

/** How the three slashes of `sqlite:///shop.db` are read: SQLAlchemy means a relative path, others one from the root. */
export type SqliteSlashes = 'sqlalchemy' | 'url';

const ENGINES: Readonly<Record<string, EngineWord>> = {
  mysql: 'mysql',
  my: 'mysql',
  mariadb: 'mysql',
  maria: 'mysql',
  postgres: 'postgres',
  postgresql: 'postgres',
  pg: 'postgres',
  pgsql: 'postgres',
  sqlite: 'sqlite',
  sqlite3: 'sqlite',
  file: 'sqlite',
};

/** Reads what peers write for a database: URLs, with a driver or without, Go's form and the keywords of libpq. */
export function readSourceDsn(text: string, slashes: SqliteSlashes = 'url'): DsnReading {
  if (/^\w+\s*=/.test(text)) return readPostgresKeywords(text);
  const [, written = '', slashesAfter, rest = ''] = /^([a-z][\w-]*(?:\+[\w-]+)?):(\/\/)?(.*)$/is.exec(text) ?? [];
  const scheme = written.toLowerCase().replace(/\+.*$/, '');
  // Without slashes it may be the name of a user in Go's form.
  const isUrl = slashesAfter !== undefined || (scheme in ENGINES && !isGoForm(rest));
  if (!isUrl) return readMysql('', text);
  const engine = ENGINES[scheme];
  switch (engine) {
    case 'mysql':
      return readMysql(isGoForm(rest) ? '' : 'mysql://', rest);
    case 'postgres':
      return readPostgresDsn(rest);
    case 'sqlite':
      return readSqlite(text.slice(written.length + 1), slashes);
    default:
      return { ok: false, problem: `the exporter has no engine for ${FOREIGN[scheme] ?? `the scheme "${scheme}"`}` };
  }
}

const FOREIGN: Readonly<Record<string, string>> = {
  sqlserver: 'SQL Server',
  mssql: 'SQL Server',
  azuresql: 'SQL Server',
  oracle: 'Oracle',
  clickhouse: 'ClickHouse',
  snowflake: 'Snowflake',
  vertica: 'Vertica',
  athena: 'Athena',
};

function isGoForm(rest: string): boolean {
  return /(?:^|@)(?:tcp|unix)\(/.test(rest);
}

/** `user:password@host:port/db?…` or `user:password@tcp(host:port)/db?…`, without its scheme. */
function readMysql(scheme: string, rest: string): DsnReading {
  const slash = scheme === '' ? rest.lastIndexOf('/') : rest.length;
  // A password of Go's form may hold anything, so that the last `@` before the last slash divides.
  const at = rest.lastIndexOf('@', slash);
  const credentials = at < 0 ? '' : rest.slice(0, at);
  const place = at < 0 ? rest : rest.slice(at + 1);
  const { user, password } = splitCredentials(credentials);
  const start = `${scheme}${user === '' ? '' : `${user}${variablePart(password)}@`}`;
  const [path = '', query] = splitAt(place, '?');
  const pairs = query === undefined || query === '' ? [] : query.split('&');
  const kept = pairs.filter((pair) => parseDsn(`tcp(host)/?${standIns(pair)}`).ok);
  const dsn = `${start}${path}${kept.length === 0 ? '' : `?${kept.join('&')}`}`;
  const parsed = parseDsn(standIns(dsn));
  if (!parsed.ok) return { ok: false, problem: `the DSN ${parsed.problem}` };
  const { address, database } = parsed.dsn;
  return {
    ok: true,
    found: {
      engine: 'mysql',
      keys: { dsn },
      secret: secretOf(password, scheme !== ''),
      host: /\(([^)]*)\)/.exec(path)?.[1] ?? (address.kind === 'tcp' ? (path.split('/')[0] ?? '') : address.path),
      user,
      database,
      lost: pairs.filter((pair) => !kept.includes(pair)).map((pair) => pair.split('=', 1)[0] ?? ''),
    },
  };
}

/** Variables are put in later, so any text may stand there while the form is checked. */
function standIns(dsn: string): string {
  return dsn.replace(VARIABLES, '1');
}

/** What follows `sqlite:`. */
function readSqlite(rest: string, slashes: SqliteSlashes): DsnReading {
  const [path = '', query] = splitAt(rest, '?');
  const written = path.startsWith('//') ? path.slice(2) : path;
  const file = slashes === 'sqlalchemy' && path.startsWith('//') ? written.slice(1) : written;
  const database = file === '' ? ':memory:' : file.replace(/^\/+/, '/');
  return {
    ok: true,
    found: {
      engine: 'sqlite',
      keys: { dsn: `sqlite:${database}` },
      secret: null,
      host: '',
      user: '',
      database,
      lost: query === undefined ? [] : query.split('&').map((pair) => pair.split('=', 1)[0] ?? ''),
    },
  };
}

const VARIABLES = /\$\{[^}]*\}/g;

/** The first colon divides. */
export function splitCredentials(text: string): { readonly user: string; readonly password: string } {
  const [user = '', password = ''] = splitAt(text, ':');
  return { user, password };
}

/** At the first separator; the second part is undefined where there is none. */
export function splitAt(text: string, separator: string): [string, string | undefined] {
  const index = text.indexOf(separator);
  return index < 0 ? [text, undefined] : [text.slice(0, index), text.slice(index + separator.length)];
}

/** A password that is nothing but variables may stand in the output. */
export function variablePart(password: string): string {
  return isVariable(password) ? `:${password}` : '';
}

/** Null: there is none, or none that stood there. */
export function secretOf(password: string, isEncoded: boolean): string | null {
  if (password === '' || isVariable(password)) return null;
  return isEncoded ? decode(password) : password;
}

function isVariable(password: string): boolean {
  return password !== '' && password.replace(VARIABLES, '') === '';
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
