import { setMaxListeners } from 'node:events';
import { RefreshError } from '../../model/failure.ts';
import type { Target } from '../../model/plan.ts';
import type { RowSink } from '../../model/rows.ts';
import type { Driver, RunRequest } from '../driver.ts';
import type { Job } from './messages.ts';
import { SqliteThread, toRefreshError } from './sqlite-thread.ts';
import { TimeLimit } from './time-limit.ts';
import { Turns } from './turns.ts';

/** A thread costs some megabytes and starts in less than a tenth of a second, so it is not kept for a rare query. */
const IDLE_MS = 60_000;
/** Ending a thread takes milliseconds, unless it hangs in a read on a file system that is gone. */
const LONGEST_END_MS = 1_000;

/**
 * SQLite on a file, in threads of its own: it is synchronous and cannot be interrupted, so that ending the thread is the
 * only way to end a statement. As many runs at a time as the target has connections; the others wait in order.
 */
export function createSqliteDriver(target: Target): Driver {
  return new SqliteDriver(target);
}

class SqliteDriver implements Driver {
  readonly target: Target;
  readonly #path: string;
  readonly #turns: Turns;
  readonly #closing = new AbortController();
  /** Every thread that is not gone yet. */
  readonly #threads = new Set<SqliteThread>();
  /** Those that wait for work, the latest last, with the timer that ends them. */
  readonly #idle = new Map<SqliteThread, NodeJS.Timeout>();
  #closed: Promise<void> | null = null;
  #runs = 0;

  constructor(target: Target) {
    if (target.address.kind !== 'file') throw new Error(`target "${target.name}" has no file`);
    this.target = target;
    this.#path = target.address.path;
    this.#turns = new Turns(target.maxConnections);
    // Every run that waits listens to it.
    setMaxListeners(0, this.#closing.signal);
  }

  async run(request: RunRequest, sink: RowSink, signal: AbortSignal): Promise<void> {
    const { query, sql, maxRows, maxBytes, deadlineMs } = request;
    const about = `query "${query}" on target "${this.target.name}"`;
    const job: Job = { kind: 'run', sql, initSql: this.target.initSql, maxRows, maxBytes };
    using limit = new TimeLimit([signal, this.#closing.signal], deadlineMs);
    await this.#inTurn(limit, request.slow, about, async (thread) => {
      request.onStart({ connectionId: '', address: this.#path, marker: `${query} ${++this.#runs}` });
      await limit.within(thread.perform(job, sink), () => {
        const cause = thread.disturbance === null ? '' : `; the database could not be read: ${thread.disturbance}`;
        return new RefreshError('timeout', `${about}: stopped at its deadline${cause}`);
      });
    });
  }

  async ping(signal: AbortSignal): Promise<void> {
    const about = `target "${this.target.name}"`;
    using limit = new TimeLimit([signal, this.#closing.signal], null);
    await this.#inTurn(limit, false, about, (thread) =>
      limit.within(thread.perform({ kind: 'ping' }, null), () => {
        return new RefreshError('connect', `${about}: ${thread.disturbance ?? 'no answer in time'}`);
      }),
    );
  }

  /** A thread ends with the one that started it, in the middle of a statement too; nothing is ever left. */
  async stopLeftover(): Promise<void> {}

  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #inTurn(
    limit: TimeLimit,
    slow: boolean,
    about: string,
    work: (thread: SqliteThread) => Promise<void>,
  ): Promise<void> {
    if (!(await this.#turns.take(limit, slow))) {
      const why = this.#closing.signal.aborted ? 'the target was closed' : 'the target was busy with other queries';
      throw new RefreshError('busy', `${about}: ${why}`);
    }
    const thread = this.#takeThread();
    let isDone = false;
    try {
      await limit.within(thread.ready, () => new RefreshError('connect', `${about}: no thread was ready in time`));
      await work(thread);
      isDone = true;
    } catch (error) {
      isDone = !limit.isReached;
      throw toRefreshError(error, about);
    } finally {
      this.#giveTurnBack(thread, slow, isDone);
    }
  }

  #takeThread(): SqliteThread {
    const known = [...this.#idle.keys()].findLast((thread) => thread.isUsable);
    if (known === undefined) {
      const thread = new SqliteThread(this.#path);
      this.#threads.add(thread);
      return thread;
    }
    clearTimeout(this.#idle.get(known));
    this.#idle.delete(known);
    return known;
  }

  /** The next one must not start while a thread that is to end still works. */
  #giveTurnBack(thread: SqliteThread, slow: boolean, isDone: boolean): void {
    if (isDone && thread.isUsable && !this.#closing.signal.aborted) {
      this.#idle.set(thread, setTimeout(() => void this.#endThread(thread), IDLE_MS).unref());
      this.#turns.give(slow);
    } else {
      void this.#endThread(thread).then(() => this.#turns.give(slow));
    }
  }

  async #endThread(thread: SqliteThread): Promise<void> {
    clearTimeout(this.#idle.get(thread));
    this.#idle.delete(thread);
    await thread.end();
    this.#threads.delete(thread);
  }

  /** What is under way ends at once, and its thread with it. */
  async #close(): Promise<void> {
    this.#closing.abort();
    using limit = new TimeLimit([], performance.now() + LONGEST_END_MS);
    const ended = Promise.all([...this.#threads].map((thread) => this.#endThread(thread)));
    await Promise.race([ended, limit.reached]);
  }
}
