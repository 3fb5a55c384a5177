import type { LineComments } from '../language/sql-comments.ts';
import type { Address, Connection } from '../model/plan.ts';
import type { EngineName } from '../model/words.ts';
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
  /** The key of a server: targets with the same one share its connections. Holds no secret. */
  serverOf(address: Address): string;
  /** What of a connection decides about the samples of its target. Written to disk as a hash; without secrets. */
  samplesDependOn(connection: Connection): unknown;
  readonly lineComments: LineComments;
  /** What to write in SQL for a value that is no number, by what it looks like. `COLUMN` stands for the column. */
  readonly hints: Readonly<Partial<Record<ValueLook, string>>>;
  /** The most sessions over all its targets at one time; null: only each server has a limit. */
  readonly maxSessions: number | null;
  load(): Promise<EngineSessions>;
}

/** What a text that is no number looks like. */
export type ValueLook = 'date' | 'time' | 'interval' | 'json' | 'array' | 'hex' | 'money' | 'position';
