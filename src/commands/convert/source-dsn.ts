import { parseDsn } from '../../sql/dsn.ts';
import {
  type DsnReading,
  type EngineWord,
  secretOf,
  splitAt,
  splitCredentials,
  VARIABLES,
  variablePart,
} from './dsn-parts.ts';
import { readPostgresDsn, readPostgresKeywords } from './postgres-dsn.ts';

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
  if (!parsed.ok) return { ok: false, problem: `the DSN ${parsed.problems.join('; it ')}` };
  const { host, socket, database } = parsed.given;
  return {
    ok: true,
    found: {
      engine: 'mysql',
      keys: { dsn },
      secret: secretOf(password, scheme !== ''),
      host: /\(([^)]*)\)/.exec(path)?.[1] ?? (host === null ? (socket ?? '') : (path.split('/')[0] ?? '')),
      user,
      database: database ?? '',
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
