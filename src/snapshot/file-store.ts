import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { access, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errorText } from '../language/error-text.ts';
import type { Logger } from '../logger.ts';
import type { Plan, Task } from '../model/plan.ts';
import { chunksOf, type Steps } from '../model/steps.ts';
import type { KnownResult } from '../model/task-result.ts';
import type { TaskKey } from '../model/words.ts';
import { writeDurably } from './durable-file.ts';
import type { FolderLock } from './folder-lock.ts';
import { makeFolder } from './make-folder.ts';
import { decodeState, encodeState } from './state-file.ts';
import type { StateStore } from './state-store.ts';
import type { TaskChanges } from './task-table.ts';

export interface StateFilesOptions {
  readonly directory: string;
  readonly logger: Logger;
  /** By any clock; only differences count. */
  readonly now: () => number;
  /** Of all files together. */
  readonly maxBytes: number;
  /** Let go of together with the files. Null: nobody else is kept out of the folder. */
  readonly lock: FolderLock | null;
}

/** Quicker tasks simply run again; writing them would wear the disk. */
const SHORTEST_PERIOD_MS = 60_000;
/** A disk that is full or gone is tried again no sooner than this. */
const RETRY_MS = 10_000;
/** Enough to find out what happened, few enough to forget about. */
const FILES_SET_ASIDE = 10;

/**
 * Thousands of files are due in the first seconds of an exporter. Node has four threads for this and for looking up names:
 * one stays free, however long the disk takes.
 */
const WRITTEN_AT_ONCE = 3;

const STATE_FILE = /^[0-9a-f]{64}\.state$/;
const UNFINISHED_FILE = /^[0-9a-f]{64}\.tmp$/;
const FILE_SET_ASIDE = /^[0-9a-f]{64}\.bad$/;

/**
 * Keeps the last good samples and times of slow tasks over restarts: one file per task in a folder that belongs to one
 * exporter alone. A file is written beside its place and moved there whole, so a process killed at any moment leaves the
 * old file or the new one. Whatever is wrong with the disk or with a file costs one line of the log and never a start or a
 * refresh.
 */
export class StateFiles implements StateStore {
  readonly #directory: string;
  readonly #logger: Logger;
  readonly #now: () => number;
  readonly #maxBytes: number;
  readonly #lock: FolderLock | null;
  /** Another exporter took the folder: nothing in it is touched any more. */
  #isLost = false;
  /** What is on the disk or about to be, by file name. */
  readonly #sizes = new Map<string, number>();
  #bytes = 0;
  /** What is to be written (null: to be removed), the latest of each file. */
  readonly #pending = new Map<string, KnownResult | null>();
  #writing: Promise<void> | null = null;
  #retryAtMs = Number.NEGATIVE_INFINITY;
  /** The next result may be a day away. */
  #retry: NodeJS.Timeout | null = null;
  #failing = false;
  /** Files that did not fit, so that each is said once. */
  readonly #oversized = new Set<string>();

  constructor({ directory, logger, now, maxBytes, lock }: StateFilesOptions) {
    this.#directory = directory;
    this.#logger = logger.with({ directory });
    this.#now = now;
    this.#maxBytes = maxBytes;
    this.#lock = lock;
  }

  /** Each step waits for the disk: 5,000 small files are read in a fifth of a second, before anyone is served. */
  *load(plan: Plan, take: (result: KnownResult) => void): Steps {
    const tasks = new Map<string, Task>();
    for (const chunk of chunksOf(plan.tasks)) {
      for (const task of chunk) if (isKept(task)) tasks.set(fileName(task.key), task);
      yield;
    }
    const bad: { readonly name: string; readonly problem: string }[] = [];
    try {
      makeFolder(this.#directory);
      for (const name of readdirSync(this.#directory)) {
        const task = tasks.get(name);
        const found = task === undefined ? null : this.#read(name, task);
        if (typeof found === 'string') bad.push({ name, problem: found });
        else if (found !== null) take(found);
        else if (STATE_FILE.test(name) || UNFINISHED_FILE.test(name)) this.#pending.set(name, null);
        yield;
      }
      this.#setAside(bad);
    } catch (error) {
      this.#failed(error);
    }
    this.#writeSoon();
  }

  /** Quick tasks are left out. */
  save(task: Task, result: KnownResult): void {
    if (!isKept(task)) return;
    this.#pending.set(fileName(task.key), result);
    this.#writeSoon();
  }

  /** Tasks that became quick are forgotten as well. */
  *forget({ changed, removed }: TaskChanges): Steps {
    for (const chunk of chunksOf(removed)) {
      for (const { key } of chunk) this.#forget(fileName(key));
      yield;
    }
    for (const chunk of chunksOf(changed)) {
      for (const task of chunk) if (!isKept(task)) this.#forget(fileName(task.key));
      yield;
    }
    this.#writeSoon();
  }

  async flush(): Promise<void> {
    await this.#writing;
    if (this.#pending.size > 0) await this.#startWriting();
  }

  [Symbol.dispose](): void {
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#lock?.[Symbol.dispose]();
  }

  #forget(name: string): void {
    if (this.#sizes.has(name) || this.#pending.has(name)) this.#pending.set(name, null);
  }

  #writeSoon(): void {
    if (this.#writing === null && this.#pending.size > 0 && this.#now() >= this.#retryAtMs) void this.#startWriting();
  }

  #startWriting(): Promise<void> {
    this.#writing ??= this.#writePending().finally(() => {
      this.#writing = null;
    });
    return this.#writing;
  }

  async #writePending(): Promise<void> {
    let failed = false;
    try {
      await this.#findFolder();
    } catch (error) {
      failed = true;
      this.#failed(error);
    }
    if (this.#isLost) this.#pending.clear();
    while (this.#pending.size > 0 && !failed) {
      // A file that is to be written again waits for the next round, so no file is written twice at a time.
      const names = [...this.#pending.keys()];
      for (let first = 0; first < names.length; first += WRITTEN_AT_ONCE) {
        const written = names.slice(first, first + WRITTEN_AT_ONCE).map((name) => this.#tryToWrite(name));
        if ((await Promise.all(written)).includes(false)) failed = true;
      }
    }
    if (failed || !this.#failing) return;
    this.#failing = false;
    this.#logger.info('state is kept again');
  }

  /** A disk that hangs must not stop the thread, so only a folder that is gone is made again by a call that waits. */
  async #findFolder(): Promise<void> {
    if (!(await isThere(this.#directory))) makeFolder(this.#directory);
    if (this.#isLost || this.#lock === null || (await this.#lock.isHeld())) return;
    this.#isLost = true;
    this.#logger.error('state folder was taken by another exporter; this one keeps nothing from here on');
  }

  async #tryToWrite(name: string): Promise<boolean> {
    const result = this.#pending.get(name) ?? null;
    this.#pending.delete(name);
    try {
      await this.#write(name, result);
      return true;
    } catch (error) {
      this.#failed(error);
      if (!this.#pending.has(name)) this.#pending.set(name, result);
      return false;
    }
  }

  async #write(name: string, result: KnownResult | null): Promise<void> {
    const buffers = result === null ? [] : encodeState(result);
    const bytes = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
    const before = this.#sizes.get(name) ?? null;
    const fits = this.#bytes - (before ?? 0) + bytes <= this.#maxBytes;
    if (result === null || !fits) {
      if (!fits) this.#oversize(name, result, bytes);
      await rm(this.#path(name), { force: true });
      return this.#setSize(name, null);
    }
    const unfinished = this.#path(name.replace('.state', '.tmp'));
    // Before it is there, since others are written at the same time.
    this.#setSize(name, bytes);
    try {
      await writeDurably(unfinished, buffers);
      // The folder itself is not flushed: a move that a power cut undoes leaves the old file, which is whole.
      await rename(unfinished, this.#path(name));
    } catch (error) {
      await rm(unfinished, { force: true }).catch(() => {});
      this.#setSize(name, before);
      throw error;
    }
    this.#oversized.delete(name);
  }

  /** What a file holds, or what is wrong with it. Null: it was of the task as it used to be. */
  #read(name: string, task: Task): KnownResult | string | null {
    try {
      const path = this.#path(name);
      const stat = statSync(path);
      // Anything else, such as a pipe, could hold up the start.
      if (!stat.isFile()) return 'is no file';
      if (this.#bytes + stat.size > this.#maxBytes) return `is too large (${stat.size} bytes)`;
      const decoded = decodeState(readFileSync(path));
      if (!decoded.ok) return decoded.problem;
      const { result } = decoded;
      if (result.task !== task.key) return 'is of another task';
      this.#setSize(name, stat.size);
      return result.samplesFingerprint === task.samplesFingerprint ? result : null;
    } catch (error) {
      return `cannot be read (${errorText(error)})`;
    }
  }

  /** Moves bad files out of the way, and removes those that lie there for the longest. */
  #setAside(bad: readonly { readonly name: string; readonly problem: string }[]): void {
    const [first] = bad;
    if (first === undefined) return;
    for (const { name } of bad) renameSync(this.#path(name), this.#path(name.replace('.state', '.bad')));
    const all = readdirSync(this.#directory).filter((name) => FILE_SET_ASIDE.test(name));
    const ages = all
      .map((name) => ({ name, atMs: statSync(this.#path(name)).mtimeMs }))
      .sort((a, b) => b.atMs - a.atMs);
    for (const { name } of ages.slice(FILES_SET_ASIDE)) rmSync(this.#path(name), { recursive: true });
    const { name: file, problem } = first;
    this.#logger.warn('state files set aside', { files: bad.length, file, problem });
  }

  #oversize(name: string, result: KnownResult | null, bytes: number): void {
    if (this.#oversized.has(name)) return;
    this.#oversized.add(name);
    this.#logger.warn('state is too large to be kept', { task: result?.task, bytes, maxBytes: this.#maxBytes });
  }

  #setSize(name: string, bytes: number | null): void {
    this.#bytes += (bytes ?? 0) - (this.#sizes.get(name) ?? 0);
    if (bytes === null) this.#sizes.delete(name);
    else this.#sizes.set(name, bytes);
  }

  #failed(error: unknown): void {
    this.#retryAtMs = this.#now() + RETRY_MS;
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.flush(), RETRY_MS).unref();
    if (this.#failing) return;
    this.#failing = true;
    this.#logger.warn('state cannot be kept', { error: errorText(error) });
  }

  #path(name: string): string {
    return join(this.#directory, name);
  }
}

function isKept(task: Task): boolean {
  return task.query.periodMs >= SHORTEST_PERIOD_MS;
}

/** A key may hold any character and be of any length. */
function fileName(task: TaskKey): string {
  return `${createHash('sha256').update(task).digest('hex')}.state`;
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
