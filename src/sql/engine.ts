import type { KeyWords } from '../language/key-words.ts';
import type { ConfigKey } from '../language/keys.ts';
import type { LineComments } from '../language/sql-comments.ts';
import type { Address, Connection } from '../model/plan.ts';
import type { Role } from '../model/server-facts.ts';
import type { EngineName } from '../model/words.ts';
import type { GivenConnection } from './given-connection.ts';
import type { EngineSessions } from './session.ts';

/**
 * The description of an engine: what the program must know of a kind of database before it talks to one. It imports no
 * driver, so that whoever only reads a configuration or answers scrapes never loads one; what talks is behind `load`.
 */
export interface Engine {
  /** The word that the configuration, the log and the status page use. */
  readonly name: EngineName;
  /** What a person reads: `MySQL`. */
  readonly title: string;
  /** Other words of the configuration for it. */
  readonly aliases: readonly string[];
  /** Null: it has no port. */
  readonly defaultPort: number | null;
  /** Whether the file of a socket is named after its port, so that `port` may stand beside `socket`. */
  readonly namesSocketByPort: boolean;
  readonly dsn: DsnLanguage;
  /**
   * Of the keys of a target that engines share, those that it takes. The database of an engine without `host` is a file,
   * which `database` names.
   */
  readonly takes: readonly SharedKey[];
  /** The keys of a target that it alone takes, made by `key`. */
  readonly keys: (words: KeyWords) => Readonly<Record<string, ConfigKey>>;
  /** Of its own keys those that say where the database is, so that neither `host` nor a DSN is needed or, for a DSN, allowed. */
  readonly placeKeys: readonly string[];
  /** What its place keys say. Null: what is wrong with them was said. Not called where there is a DSN. */
  readPlace(entry: OwnEntry, checks: TargetChecks): GivenConnection | null;
  /** Where an entry names several databases of one server, each of which is a target; null: it does not. */
  databasesOf(entry: OwnEntry): SeveralDatabases | null;
  /**
   * The connection with what this engine alone keeps in it, made of its own keys and of what its DSN or its place keys
   * said. Says what is wrong with the whole.
   */
  complete(connection: Connection, entry: OwnEntry, given: GivenConnection, checks: TargetChecks): Connection;
  /** The key of a server: targets with the same one share its connections. Holds no secret. */
  serverOf(address: Address): string;
  /** What of a connection decides about the samples of its target. Written to disk as a hash; without secrets. */
  samplesDependOn(connection: Connection): object;
  /** The products that `when` tells apart by version, as words of the configuration; empty where there is nothing to tell. */
  readonly products: readonly string[];
  /** Whether its sessions learn the role of their server. */
  readonly knowsRole: boolean;
  /** Where they do not: the condition in SQL to write in place of a role, where there is any. */
  readonly roleSql: Readonly<Partial<Record<Role, string>>>;
  /** How its SQL writes comments and quotes. */
  readonly lineComments: LineComments;
  /** What to write in SQL for a value that is no number, by what it looks like. `COLUMN` stands for the column. */
  readonly hints: Readonly<Partial<Record<ValueLook, string>>>;
  /** The most sessions over all its targets at one time; null: only each server has a limit. */
  readonly maxSessions: number | null;
  load(): Promise<EngineSessions>;
}

/** The keys of a target that more than one engine may take. Those about tasks and samples are taken by all. */
export const SHARED_KEYS = [
  'host',
  'port',
  'socket',
  'user',
  'password',
  'password_file',
  'database',
  'max_connections',
  'connect_timeout',
  'tls',
] as const;
export type SharedKey = (typeof SHARED_KEYS)[number];

/** The data source names of an engine. */
export interface DsnLanguage {
  /** What begins one, and nobody else's. */
  readonly beginning: RegExp;
  /** Whether one that begins as nobody's do is its own. */
  isOther(text: string): boolean;
  /** How they are written, for people. */
  readonly forms: readonly [string, ...string[]];
  /** Throws a `Malformed` with everything that is wrong, or an `UnknownForm`. */
  parse(text: string): GivenConnection;
}

/** A target as it was written, its values checked by the schemas of their keys. */
export type OwnEntry = Readonly<Record<string, unknown>>;

export interface SeveralDatabases {
  readonly names: readonly string[];
  /** The label that carries the name of the database; empty for none. */
  readonly label: string;
  /** The key that names them, for messages. */
  readonly key: string;
}

/** How a check says what it found about a target, each time at one of its keys. */
export interface TargetChecks {
  refuse(key: string, text: string): void;
  /** Says that a key is missing, where it is. */
  require(key: string): void;
  warn(key: string, text: string): void;
  /** Reads a file that a key names; its relative path is looked up as that of a secret. Null: what is wrong was said. */
  readFile(key: string, written: string, maxBytes: number): NamedFile | null;
  /** Says when a file cannot be read that the file named by a key names in turn. */
  checkFile(key: string, path: string): void;
}

export interface NamedFile {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
  /** To be called where it holds a secret: warns when every user can read it. */
  warnIfOpen(): void;
}

/** What a text that is no number looks like. */
export type ValueLook = 'date' | 'time' | 'interval' | 'json' | 'array' | 'hex' | 'money' | 'position';
