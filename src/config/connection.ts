import type { ParsedDsn } from '../model/dsn.ts';
import type { Address, Password, Tls } from '../model/plan.ts';
import type { EngineName } from '../model/words.ts';
import { NO_OPTIONS, readClientOptions } from './client-options.ts';
import type { Context } from './context.ts';
import { planPassword, warnOfPasswordInDsn } from './credentials.ts';
import { resolveBeside } from './files.ts';
import type { Path } from './path.ts';
import type { TargetEntry } from './target-schema.ts';
import { NO_TLS_GIVEN, planTls } from './tls.ts';

/** How to reach one database and log in. */
export interface Connection {
  readonly engine: EngineName;
  readonly address: Address;
  readonly user: string;
  readonly password: Password;
  readonly database: string;
  readonly tls: Tls | null;
  readonly connectTimeoutMs: number | null;
  readonly readTimeoutMs: number | null;
}

const MYSQL_PORT = 3306;

/** What only a server has. */
const SERVER_KEYS = [
  'host',
  'port',
  'socket',
  'user',
  'password',
  'password_file',
  'defaults_file',
  'max_connections',
  'connect_timeout',
  'slow_log',
  'tls',
] as const satisfies readonly (keyof TargetEntry)[];

/** Null: what is wrong with the target at `path` was said. */
export function planConnection(path: Path, entry: TargetEntry, context: Context): Connection | null {
  if (context.document.has([...path, 'dsn'])) {
    return entry.dsn === undefined ? null : fromDsn(path, entry, entry.dsn, context);
  }
  if (entry.engine === 'sqlite') return fromSqlitePath(path, entry, context);
  // An engine that was refused says nothing about which other keys belong to it.
  return context.document.isWrong([...path, 'engine']) ? null : fromFields(path, entry, context);
}

function fromDsn(path: Path, entry: TargetEntry, text: string, context: Context): Connection | null {
  const { document } = context;
  const dsnPath = [...path, 'dsn'];
  const parsed = context.knowledge.parseDsn(text);
  if (!parsed.ok) {
    document.refuse(dsnPath, parsed.problem);
    return null;
  }
  const { dsn } = parsed;
  if (entry.engine !== undefined && entry.engine !== dsn.engine) {
    document.refuse([...path, 'engine'], `the dsn says ${dsn.engine}`);
  }
  refuseRepeated(path, dsn, context);
  if (dsn.engine === 'sqlite') {
    refuseServerKeys(path, context);
    const file = dsn.address.kind === 'file' ? dsn.address.path : dsn.database;
    return sqlite(dsnPath, file, context);
  }
  warnOfPasswordInDsn(dsnPath, context);
  const user = dsn.user === '' ? (entry.user ?? '') : dsn.user;
  if (user === '' && !document.has([...path, 'user'])) document.refuse(dsnPath, 'names no user');
  return {
    engine: dsn.engine,
    address: dsn.address,
    user,
    password: planPassword(path, entry, dsn.password, context),
    database: dsn.database === '' ? (entry.database ?? '') : dsn.database,
    tls: planTls(path, entry.tls, { ...NO_TLS_GIVEN, mode: dsn.tls }, dsn.address, context),
    connectTimeoutMs: dsn.connectTimeoutMs ?? entry.connect_timeout ?? null,
    readTimeoutMs: dsn.readTimeoutMs,
  };
}

function refuseRepeated(path: Path, dsn: ParsedDsn, { document }: Context): void {
  const hasPassword = dsn.password !== null && dsn.password !== '';
  const repeated: readonly (readonly [readonly string[], boolean])[] = [
    [['host'], true],
    [['port'], true],
    [['socket'], true],
    [['defaults_file'], true],
    [['user'], dsn.user !== ''],
    [['password'], hasPassword],
    [['password_file'], hasPassword],
    [['database'], dsn.database !== '' || dsn.engine === 'sqlite'],
    [['connect_timeout'], dsn.connectTimeoutMs !== null],
    [['tls', 'mode'], dsn.tls !== null],
  ];
  for (const [keys, isGiven] of repeated) {
    if (isGiven && document.has([...path, ...keys]))
      document.refuseKey([...path, ...keys], 'the dsn says this already');
  }
}

function refuseServerKeys(path: Path, { document }: Context): void {
  for (const key of SERVER_KEYS) {
    if (document.has([...path, key])) document.refuseKey([...path, key], 'has no meaning for sqlite');
  }
}

function fromSqlitePath(path: Path, entry: TargetEntry, context: Context): Connection | null {
  const { document } = context;
  refuseServerKeys(path, context);
  if (entry.database !== undefined) return sqlite([...path, 'database'], entry.database, context);
  document.requireOneOf(path, ['database']);
  return null;
}

function sqlite(path: Path, file: string, { document }: Context): Connection {
  const absolute = file === ':memory:' ? file : resolveBeside(document.configPathOf(path), file);
  return {
    engine: 'sqlite',
    address: { kind: 'file', path: absolute },
    user: '',
    password: { kind: 'none' },
    database: '',
    tls: null,
    connectTimeoutMs: null,
    readTimeoutMs: null,
  };
}

function fromFields(path: Path, entry: TargetEntry, context: Context): Connection | null {
  const { document } = context;
  const options =
    entry.defaults_file === undefined
      ? NO_OPTIONS
      : readClientOptions([...path, 'defaults_file'], entry.defaults_file, context);
  if (options === null) return null;
  const has = (key: keyof TargetEntry) => document.has([...path, key]);
  if (has('host') && has('socket')) document.refuseKey([...path, 'socket'], 'excludes "host"');
  if (has('port') && has('socket')) document.refuseKey([...path, 'port'], 'excludes "socket"');
  document.requireOneOf(path, ['host', 'socket', 'dsn', 'defaults_file']);
  const user = entry.user ?? options.user ?? '';
  if (user === '') document.requireOneOf(path, ['user']);
  const address = planAddress(path, entry, options, context);
  return {
    engine: 'mysql',
    address,
    user,
    password: planPassword(path, entry, options.password, context),
    database: entry.database ?? options.database ?? '',
    tls: planTls(path, entry.tls, options.tls, address, context),
    connectTimeoutMs: entry.connect_timeout ?? options.connectTimeoutMs,
    readTimeoutMs: null,
  };
}

function planAddress(path: Path, entry: TargetEntry, options: typeof NO_OPTIONS, { document }: Context): Address {
  if (entry.socket !== undefined) {
    return { kind: 'socket', path: resolveBeside(document.configPathOf([...path, 'socket']), entry.socket) };
  }
  if (entry.host === undefined && options.socket !== null) return { kind: 'socket', path: options.socket };
  const host = entry.host ?? options.host ?? '127.0.0.1';
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
  if (/[\s/@?#[\]\p{Cc}]/u.test(bare) || /^[^:]*:\d+$/.test(bare)) {
    const problem = 'expected a host name or an address alone; the port has its own key "port"';
    if (entry.host !== undefined) document.refuse([...path, 'host'], problem);
    else document.refuse([...path, 'defaults_file'], `its host: ${problem}`);
  }
  return { kind: 'tcp', host: bare, port: entry.port ?? options.port ?? MYSQL_PORT };
}
