import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import type { Target } from '../../src/model/plan.ts';
import { targetOf } from '../support/plan-parts.ts';

/** A folder for databases, removed when the test is over. */
export class DatabaseFolder implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async create(): Promise<DatabaseFolder> {
    return new DatabaseFolder(await mkdtemp(join(tmpdir(), 'qe-sqlite-')));
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** Makes a database with this content and gives its path. */
  database(sql: string, name = 'test.db'): string {
    using writer = new Writer(this.file(name));
    writer.exec(sql);
    return writer.path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A test may have taken it away.
    await chmod(this.path, 0o755);
    await rm(this.path, { recursive: true, force: true });
  }
}

/** Somebody else who writes to a database, and waits for nobody. */
export class Writer implements Disposable {
  readonly path: string;
  readonly #database: InstanceType<typeof DatabaseSync>;

  constructor(path: string) {
    this.path = path;
    this.#database = new DatabaseSync(path);
  }

  exec(sql: string): void {
    this.#database.exec(sql);
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}

export const FRUIT = `CREATE TABLE fruit (id INTEGER, name TEXT);
  INSERT INTO fruit VALUES (1, 'apple'), (2, 'pear');`;

/** Counts for minutes before its only row. */
export const ENDLESS =
  'WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 10000000000) SELECT count(*) AS n FROM c';

/** Gives rows of one column `n`, from 1 to `rows`. */
export function countTo(rows: number): string {
  return `WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ${rows}) SELECT n FROM c`;
}

export function fileTarget(path: string, overrides: Partial<Target> = {}): Target {
  return targetOf({
    engine: 'sqlite',
    server: path,
    connection: {
      address: { kind: 'file', path },
      user: '',
      password: { kind: 'none' },
      database: '',
      tls: null,
    },
    ...overrides,
  });
}
