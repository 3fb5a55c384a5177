import type { Mapping, Scalar } from '../../config/tree.ts';
import { addTarget, type Draft, type TargetKeys } from './draft.ts';
import type { EngineWord } from './dsn-parts.ts';
import { Section } from './section.ts';
import { readSourceDsn } from './source-dsn.ts';
import type { Conversion } from './source-format.ts';
import { besideFirst } from './source-paths.ts';

/** Adds a target for a database. Null: it cannot be one, which was said. */
export function readDatabase(draft: Draft, name: string, database: Section, conversion: Conversion): EngineWord | null {
  const options = readOptions(database);
  const node = database.node('dsn');
  if (node === undefined) {
    database.loseAll('has no DSN', draft.notes);
    return null;
  }
  if (node.kind === 'scalar' && node.tag !== undefined) {
    const dsn = referenceOf(node, conversion);
    database.note('dsn', 'the text that is put in must be a DSN of this exporter, such as mysql://user@host:3306/db');
    database.loseRest();
    addTarget(draft, name, { notes: database.notes, keys: { dsn, ...options }, secret: null });
    return 'mysql';
  }
  const text =
    node.kind === 'mapping' ? fromParts(node, database, conversion) : node.kind === 'scalar' ? node.source : '';
  const reading = readSourceDsn(text, 'sqlalchemy');
  database.loseRest();
  if (!reading.ok) {
    database.loseAll(reading.problem, draft.notes);
    return null;
  }
  const { keys, secret, engine, lost } = reading.found;
  for (const parameter of lost) database.lose('dsn', `the parameter "${parameter}" is none that the exporter has`);
  addTarget(draft, name, { notes: database.notes, keys: { ...keys, ...forEngine(options, engine, database) }, secret });
  return engine;
}

/** What the environment or a file gives when the exporter starts. */
function referenceOf({ tag, source, place }: Scalar, { first }: Conversion): string {
  return tag === '!file' ? `\${file:${besideFirst(source, place.file.absolutePath, first)}}` : `\${${source}}`;
}

/** A DSN that is written as a mapping, as the URL that SQLAlchemy makes of it. */
function fromParts(mapping: Mapping, database: Section, conversion: Conversion): string {
  const { subject, report, notes } = database;
  const parts = new Section(mapping, [...subject.path, 'dsn'], report, notes);
  const part = (key: string): string => {
    const scalar = parts.scalar(key);
    if (scalar === undefined) return '';
    if (scalar.tag !== undefined) return referenceOf(scalar, conversion);
    return key === 'dialect' || key === 'host' ? scalar.source : encodeURIComponent(scalar.source);
  };
  const [dialect, user, password, host, port] = ['dialect', 'user', 'password', 'host', 'port'].map(part);
  const path = parts.scalar('database')?.source ?? '';
  const options = Object.entries(parts.textMap('options')).map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
  parts.loseRest();
  const credentials = user ? `${user}${password ? `:${password}` : ''}@` : '';
  const place = `${host ?? ''}${port ? `:${port}` : ''}`;
  return `${dialect}://${credentials}${place}/${path}${options.length > 0 ? `?${options.join('&')}` : ''}`;
}

function readOptions(database: Section): TargetKeys {
  const keys: TargetKeys = {};
  const labels = database.textMap('labels');
  if (Object.keys(labels).length > 0) keys.labels = labels;
  const pool = database.section('connection-pool');
  const connections = (pool?.count('size') ?? 0) + (pool?.count('max-overflow') ?? 0);
  pool?.loseRest();
  if (connections > 0) keys.max_connections = connections;
  const initSql = database.texts('connect-sql');
  if (initSql.length > 0) keys.init_sql = initSql;
  // A connection is kept or not as the intervals ask for, and nothing is ever written.
  database.drop('keep-connected', 'autocommit');
  return keys;
}

/** A file has no server whose connections could be counted. */
function forEngine(options: TargetKeys, engine: EngineWord, database: Section): TargetKeys {
  const { max_connections, ...others } = options;
  if (engine !== 'sqlite' || max_connections === undefined) return options;
  database.lose('connection-pool', 'has no meaning for sqlite');
  return others;
}
