import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { DatabaseSync } from '@photostructure/sqlite';
import { RefreshError } from '../../model/failure.ts';

export type Database = InstanceType<typeof DatabaseSync>;
export type Statement = ReturnType<Database['prepare']>;

const IN_MEMORY = ':memory:';
/** SQLITE_READONLY, SQLITE_CANTOPEN. */
const NOT_WRITABLE = [8, 14];
const COMPANIONS = ['-wal', '-shm', '-journal'];
/** What SQLite allows; the same limit bounds the text of a statement, which must not fail by it. */
const LENGTHS = { least: 1_000_000, most: 1_000_000_000 };

/**
 * Opens a database through which nobody can write, and waits so long for locks of others. `isSound` says at the end
 * whether all that was read is of one state. Throws a `RefreshError` where there is no file, and what the library throws.
 */
export function openReadOnly(path: string, maxBytes: number, busyMs: number) {
  const file = path === IN_MEMORY ? path : findFile(path);
  try {
    return { database: open(file, maxBytes, busyMs), isSound: () => true };
  } catch (error) {
    // Nobody has its write-ahead log open, and SQLite cannot make the files for that: the folder is not to be written.
    const isNotWritable = NOT_WRITABLE.includes(((error as { errcode?: number }).errcode ?? 0) & 0xff);
    if (!isNotWritable || markOf(file).length > 1) throw error;
    const before = String(markOf(file));
    const url = pathToFileURL(file);
    url.searchParams.set('immutable', '1');
    return { database: open(url, maxBytes, busyMs), isSound: () => String(markOf(file)) === before };
  }
}

/** Null where the text holds no statement. */
export function prepareOne(database: Database, sql: string): Statement | null {
  const statement = prepare(database, sql);
  // The text of the first statement, with NULL in the place of parameters.
  const first = statement?.expandedSQL ?? sql;
  if (!sql.startsWith(first)) throw new RefreshError('query', 'the statement has a parameter, which has no value');
  if (prepare(database, sql.slice(first.length)) === null) return statement;
  throw new RefreshError('query', 'only one statement can be run at a time: make a query of each');
}

function prepare(database: Database, sql: string): Statement | null {
  const statement = database.prepare(sql);
  try {
    statement.columns();
    return statement;
  } catch {
    return null;
  }
}

/** SQLite would only say that it cannot open it, and wait for ever at a FIFO. */
function findFile(path: string): string {
  try {
    // SQLite keeps its journals beside the real file, whatever link led there.
    const file = realpathSync(path);
    if (!statSync(file).isFile()) throw new Error('it is not a regular file');
    accessSync(file, constants.R_OK);
    return file;
  } catch (error) {
    throw new RefreshError('connect', `cannot read ${path}: ${(error as Error).message}`, { endedBy: null });
  }
}

function open(location: string | URL, maxBytes: number, busyMs: number): Database {
  // With `attach`, VACUUM INTO makes a file even from a database that is open for reading only.
  const limits = { attach: 0, length: Math.min(Math.max(maxBytes, LENGTHS.least), LENGTHS.most) };
  // A database in memory takes what init_sql writes.
  const database = new DatabaseSync(location, { readOnly: location !== IN_MEMORY, timeout: busyMs, limits });
  try {
    // Opening reads nothing; this does, and refuses what is no database.
    database.exec('PRAGMA schema_version');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Only looks: to open and close the file would take SQLite's locks on it away. The first is the file's, if it is alone. */
function markOf(file: string): readonly string[] {
  const { ino, size, mtimeNs } = statSync(file, { bigint: true });
  const beside = COMPANIONS.filter((name) => statSync(`${file}${name}`, { throwIfNoEntry: false }) !== undefined);
  return [`${ino} ${size} ${mtimeNs}`, ...beside];
}
