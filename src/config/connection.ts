import { parseHost } from '../language/url.ts';
import type { Address, Connection } from '../model/plan.ts';
import { parseDsn } from '../sql/dsn.ts';
import { type Engine, SHARED_KEYS } from '../sql/engine.ts';
import { DEFAULT_ENGINE } from '../sql/engines.ts';
import type { GivenConnection, GivenTls } from '../sql/given-connection.ts';
import type { Context } from './context.ts';
import { planPassword, warnOfPasswordInDsn } from './credentials.ts';
import { checkReadable, resolveBeside, resolveSecret } from './files.ts';
import type { Path } from './path.ts';
import { OWN_KEYS, PLACES, type TargetEntry } from './target-schema.ts';
import { planTls } from './tls.ts';

/** How to reach one database, and by which engine. */
export interface PlannedConnection {
  readonly engine: Engine;
  readonly connection: Connection;
  readonly connectTimeoutMs: number | null;
}

/** Every key that some engines take and others do not. */
const KEYS_OF_ENGINES: readonly string[] = [...SHARED_KEYS, ...[...OWN_KEYS.values()].flatMap(Object.keys)];

/** Null: what is wrong with the target at `path` was said. */
export function planConnection(path: Path, entry: TargetEntry, context: Context): PlannedConnection | null {
  const { document } = context;
  const source = document.has([...path, 'dsn']) ? readDsn(path, entry, context) : readKeys(path, entry, context);
  if (source === null) return null;
  const { engine, given } = source;
  for (const key of KEYS_OF_ENGINES) {
    const isTaken = engine.takes.some((taken) => taken === key) || Object.hasOwn(OWN_KEYS.get(engine.name) ?? {}, key);
    if (!isTaken && document.has([...path, key])) {
      document.refuseKey([...path, key], `has no meaning for ${engine.name}`);
    }
  }
  const planned = engine.takes.includes('host')
    ? planServer(path, entry, source, context)
    : planFile(path, entry, given, context);
  if (planned === null) return null;
  return {
    engine,
    connection: engine.complete(planned, entry, given, context.checksAt(path)),
    connectTimeoutMs: given.connectTimeoutMs ?? entry.connect_timeout ?? null,
  };
}

interface Source {
  readonly engine: Engine;
  readonly given: GivenConnection;
}

function readDsn(path: Path, entry: TargetEntry, context: Context): Source | null {
  const { document } = context;
  const dsnPath = [...path, 'dsn'];
  if (entry.dsn === undefined) return null;
  const parsed = parseDsn(entry.dsn);
  if (!parsed.ok) {
    for (const problem of parsed.problems) document.refuse(dsnPath, problem);
    return null;
  }
  const { engine, given } = parsed;
  if (entry.engine !== undefined && entry.engine !== engine) {
    document.refuse([...path, 'engine'], `the dsn says ${engine.name}: leave this out`);
  }
  const repeated: readonly (readonly [readonly string[], boolean])[] = [
    ...['host', 'port', 'socket', ...engine.placeKeys].map((key) => [[key], engine.takes.includes('host')] as const),
    [['user'], given.user !== null],
    [['password'], given.password !== null],
    [['password_file'], given.password !== null],
    [['database'], given.database !== null],
    [['connect_timeout'], given.connectTimeoutMs !== null],
    [['tls', 'mode'], given.tls.mode !== null],
  ];
  for (const [keys, isGiven] of repeated) {
    const keyPath = [...path, ...keys];
    if (isGiven && document.has(keyPath)) document.refuseKey(keyPath, 'the dsn says this already');
  }
  warnOfPasswordInDsn(dsnPath, context);
  return { engine, given: { ...given, tls: resolveTls(dsnPath, given.tls, context) } };
}

/** A DSN may name files, and a message must not show what stands in it. */
function resolveTls(dsnPath: Path, given: GivenTls, { document, secrets }: Context): GivenTls {
  const resolved = (file: string | null) => {
    if (file === null) return null;
    const absolute = resolveSecret(document.configPathOf(dsnPath), file, secrets.env);
    const { problem } = checkReadable(absolute);
    if (problem !== null && !secrets.areElsewhere)
      document.refuse(dsnPath, `a certificate or a key that it names ${problem}`);
    return absolute;
  };
  const { mode, caFile, certFile, keyFile } = given;
  return { mode, caFile: resolved(caFile), certFile: resolved(certFile), keyFile: resolved(keyFile) };
}

function readKeys(path: Path, entry: TargetEntry, context: Context): Source | null {
  // An engine that was refused says nothing about which other keys belong to it.
  if (context.document.isWrong([...path, 'engine'])) return null;
  const engine = entry.engine ?? DEFAULT_ENGINE;
  const given = engine.readPlace(entry, context.checksAt(path));
  return given === null ? null : { engine, given };
}

/** What every database that is reached over the network has in common. */
function planServer(path: Path, entry: TargetEntry, { engine, given }: Source, context: Context): Connection {
  const { document } = context;
  const has = (key: string) => document.has([...path, key]);
  if (!has('dsn')) {
    if (has('host') && has('socket')) document.refuseKey([...path, 'socket'], 'excludes "host"');
    if (has('port') && has('socket') && !engine.namesSocketByPort)
      document.refuseKey([...path, 'port'], 'excludes "socket"');
    document.requireOneOf(path, PLACES);
  }
  const user = entry.user ?? given.user ?? '';
  if (user === '') {
    if (has('dsn') && !has('user')) document.refuse([...path, 'dsn'], 'names no user: write it in front of the "@"');
    else document.requireOneOf(path, ['user']);
  }
  // What stands beside a DSN and says the same was refused.
  const address = planAddress(path, has('dsn') ? {} : entry, given, engine.defaultPort ?? 0, context);
  return {
    address,
    user,
    password: planPassword(path, entry, given.password, context),
    database: entry.database ?? given.database ?? '',
    tls: planTls(path, entry.tls, given.tls, address, context),
  };
}

function planAddress(
  path: Path,
  entry: TargetEntry,
  given: GivenConnection,
  defaultPort: number,
  { document }: Context,
): Address {
  if (entry.socket !== undefined) {
    return { kind: 'socket', path: resolveBeside(document.configPathOf([...path, 'socket']), entry.socket) };
  }
  if (entry.host === undefined && given.socket !== null) return { kind: 'socket', path: given.socket };
  const host = entry.host === undefined ? (given.host ?? '127.0.0.1') : parseHost(entry.host);
  if (host === null) {
    const problem = 'expected a host name or an address alone; the port has its own key "port"';
    document.refuse([...path, 'host'], problem);
  }
  return { kind: 'tcp', host: host ?? '', port: entry.port ?? given.port ?? defaultPort };
}

function planFile(path: Path, entry: TargetEntry, given: GivenConnection, { document }: Context): Connection | null {
  const file = given.database ?? entry.database;
  if (file === undefined) {
    document.requireOneOf(path, ['database']);
    return null;
  }
  const source = [...path, given.database === null ? 'database' : 'dsn'];
  const absolute = file === ':memory:' ? file : resolveBeside(document.configPathOf(source), file);
  return {
    address: { kind: 'file', path: absolute },
    user: '',
    password: { kind: 'none' },
    database: '',
    tls: null,
  };
}
