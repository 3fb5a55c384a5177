import type { ResultReader } from './result-reader.ts';

/** What runs statements one after the other. Both reject with the library's error. */
export interface StatementRunner {
  /** Runs a statement and takes no notice of what it gives. */
  execute(sql: string): Promise<void>;
  /** Runs a statement and hands its results over. */
  stream(sql: string, reader: ResultReader): Promise<void>;
}
