import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../logger.ts';
import type { KnownResult } from '../model/task-result.ts';
import type { TaskKey } from '../model/words.ts';
import { decodeState } from '../snapshot/state-file.ts';
import type { FleetStore, News, StateToKeep } from './fleet-store.ts';

/** A task of a server that the replicas share. */
export interface SharedTask {
  readonly key: TaskKey;
  readonly server: string;
  /** Names the task and what its samples mean, in the store. */
  readonly id: string;
  readonly keepMs: number;
}

export interface ExchangeOptions {
  readonly store: FleetStore;
  readonly logger: Logger;
  /** Whether this replica has the server. */
  readonly owns: (server: string) => boolean;
  /** Whether the store knows that it has what it has: else nothing is written. */
  readonly isConfirmed: () => boolean;
  /** The store says that another one has the server, or that nobody has. */
  readonly onRefused: () => void;
  /** Newer or older than what is known here, whoever takes them has to see. */
  readonly onResults: (results: readonly KnownResult[]) => void;
  readonly onRelease: (by: string) => void;
  /** The store has no state of these tasks, or another one than was last seen. */
  readonly onMissing: (tasks: readonly TaskKey[]) => void;
}

/** Round trips on the way at one time. */
const WRITES_AT_ONCE = 64;
const READS_AT_ONCE = 16;
const RETRY_MS = 200;
/** The first line of a state holds its checksum and length, and is shorter than this. */
const FIRST_LINE = 64;
/** Longer than most scrape intervals. */
const LATEST_MS = 60_000;

/** Writes what the tasks of own servers brought, the latest of each, and reads what those of others' servers brought. */
export class Exchange {
  readonly #options: ExchangeOptions;
  #tasks: ReadonlyMap<string, SharedTask> = new Map();
  /** Latest last. */
  readonly #waiting = new Map<string, Uint8Array>();
  readonly #writing = new Map<string, Promise<void>>();
  /** How each state began that was last read or written. */
  readonly #seen = new Map<string, string>();
  #delays: { readonly atMs: number; readonly delayMs: number }[] = [];
  #refused = 0;
  #hasRead = false;
  #isOver = false;
  /** Null: it has not begun. */
  #following: Promise<void> | null = null;

  constructor(options: ExchangeOptions) {
    this.#options = options;
  }

  get refused(): number {
    return this.#refused;
  }

  /** Whether all was read that the store had when it was first reached. */
  get hasRead(): boolean {
    return this.#hasRead;
  }

  get pending(): number {
    return this.#waiting.size + this.#writing.size;
  }

  /** The longest in the last minute; null: nothing came. */
  get longestDelayMs(): number | null {
    const sinceMs = performance.now() - LATEST_MS;
    this.#delays = this.#delays.filter(({ atMs }) => atMs >= sinceMs);
    return this.#delays.reduce<number | null>((longest, { delayMs }) => Math.max(longest ?? 0, delayMs), null);
  }

  /** `skewMs`: by how much the clock here is ahead of the store's. */
  start(skewMs: () => number): void {
    this.#following = this.#follow(skewMs);
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#following;
  }

  replaceTasks(tasks: readonly SharedTask[]): void {
    const before = this.#tasks;
    this.#tasks = new Map(tasks.map((task) => [task.id, task]));
    for (const id of this.#seen.keys()) if (!this.#tasks.has(id)) this.#seen.delete(id);
    for (const id of this.#waiting.keys()) if (!this.#tasks.has(id)) this.#waiting.delete(id);
    const added = tasks.filter(({ id }) => !before.has(id)).map(({ id }) => id);
    // Where the store is away, the follower reads them when it is back.
    if (this.#following !== null && added.length > 0) void this.#load(added).catch(() => {});
  }

  /** Of a task that the next plan brings it waits for that. */
  write(id: string, body: Uint8Array): void {
    this.#waiting.delete(id);
    this.#waiting.set(id, body);
    this.pump();
  }

  /** To be called when the store has confirmed the leases. */
  pump(): void {
    if (!this.#options.isConfirmed()) return;
    for (const [id, body] of this.#waiting) {
      if (this.#writing.size >= WRITES_AT_ONCE) return;
      const task = this.#tasks.get(id);
      if (task === undefined || this.#writing.has(id)) continue;
      this.#waiting.delete(id);
      const writing = this.#write(task, body).finally(() => {
        this.#writing.delete(id);
        this.pump();
      });
      this.#writing.set(id, writing);
    }
  }

  /** Another replica has these servers: what it wrote stands. */
  drop(servers: ReadonlySet<string>): void {
    for (const id of this.#waiting.keys()) {
      const task = this.#tasks.get(id);
      if (task === undefined || !servers.has(task.server)) continue;
      this.#waiting.delete(id);
      this.#refused += 1;
    }
  }

  /** Resolves when nothing of these servers waits, or the store is away. */
  async flush(servers: ReadonlySet<string>): Promise<void> {
    const isOf = (id: string) => servers.has(this.#tasks.get(id)?.server ?? '');
    for (;;) {
      const writing = [...this.#writing].filter(([id]) => isOf(id)).map(([, written]) => written);
      if (writing.length > 0) await Promise.all(writing);
      else if (!this.#options.isConfirmed() || ![...this.#waiting.keys()].some(isOf)) return;
      else await sleep(1);
    }
  }

  /** Reads the states of all tasks of servers, and tells which are missing. */
  async fetch(servers: readonly string[]): Promise<void> {
    const ids = this.#idsOf(servers);
    const missing = await this.#load(ids);
    if (missing.length > 0) this.#options.onMissing(this.#keysOf(missing));
  }

  /**
   * Tells of which of the servers' tasks the store has not what was last written or read here, but nothing, or something
   * older, or what another replica wrote meanwhile. That is read first, so that nothing older is written over it; what
   * waits for the store is not written before either.
   */
  async restock(servers: readonly string[]): Promise<void> {
    const ids = this.#idsOf(servers);
    for (const id of ids) if (this.#waiting.delete(id)) this.#seen.delete(id);
    const found = await this.#options.store.beginnings(ids, FIRST_LINE);
    const others = ids.filter((id, index) => found[index] === null || found[index] !== this.#seen.get(id));
    await this.#load(others);
    if (others.length > 0) this.#options.onMissing(this.#keysOf(others));
  }

  async #write(task: SharedTask, body: Uint8Array): Promise<void> {
    const { store, onRefused, owns } = this.#options;
    const { id } = task;
    const state: StateToKeep = { id, body, keepMs: task.keepMs };
    let isKept = false;
    try {
      isKept = await store.write(task.server, state);
    } catch {
      // The step that renews the leases finds out and says so.
    }
    if (isKept) {
      this.#seen.set(id, beginningOf(body));
      return;
    }
    onRefused();
    await sleep(RETRY_MS);
    if (this.#waiting.has(id) || !this.#tasks.has(id)) return;
    if (owns(task.server)) this.#waiting.set(id, body);
    else this.#refused += 1;
  }

  async #follow(skewMs: () => number): Promise<void> {
    const { store } = this.#options;
    while (!this.#isOver) {
      try {
        let place = await store.latest();
        const { session } = store;
        await this.#load(
          [...this.#tasks.values()].filter(({ server }) => !this.#options.owns(server)).map(({ id }) => id),
        );
        this.#hasRead = true;
        while (!this.#isOver && store.session === session) {
          const news = await store.newsAfter(place);
          if (news.hasGap) break;
          place = news.place;
          await this.#take(news, skewMs());
        }
      } catch {
        // Said by the step that renews the leases.
        await sleep(RETRY_MS);
      }
    }
  }

  async #take({ items }: News, skewMs: number): Promise<void> {
    for (const { by, id } of items) if (id === null) this.#options.onRelease(by);
    const told = items.flatMap(({ id, atMs }) => (id !== null && this.#tasks.has(id) ? [{ id, atMs }] : []));
    const [oldest] = told;
    if (oldest === undefined) return;
    await this.#load([...new Set(told.map(({ id }) => id))]);
    this.#delays.push({ atMs: performance.now(), delayMs: Math.max(0, Date.now() - skewMs - oldest.atMs) });
  }

  /** Returns those of which there is none. */
  async #load(ids: readonly string[]): Promise<readonly string[]> {
    const missing: string[] = [];
    for (let first = 0; first < ids.length && !this.#isOver; first += READS_AT_ONCE) {
      const chunk = ids.slice(first, first + READS_AT_ONCE);
      const states = await this.#options.store.read(chunk);
      const read = chunk.flatMap((id, index) => {
        const body = states[index] ?? null;
        if (body === null) missing.push(id);
        return body === null ? [] : (this.#decode(id, body) ?? []);
      });
      if (read.length > 0) this.#options.onResults(read);
    }
    return missing;
  }

  /** Null: it is known already, or of no use. */
  #decode(id: string, body: Uint8Array): KnownResult | null {
    const beginning = beginningOf(body);
    const task = this.#tasks.get(id);
    if (task === undefined || this.#seen.get(id) === beginning) return null;
    this.#seen.set(id, beginning);
    const decoded = decodeState(body);
    if (decoded.ok && decoded.result.task === task.key) return decoded.result;
    const problem = decoded.ok ? 'is of another task' : decoded.problem;
    this.#options.logger.warn('state of a task in the store of the fleet', { task: task.key, problem });
    return null;
  }

  #idsOf(servers: readonly string[]): readonly string[] {
    const wanted = new Set(servers);
    return [...this.#tasks.values()].filter(({ server }) => wanted.has(server)).map(({ id }) => id);
  }

  #keysOf(ids: readonly string[]): readonly TaskKey[] {
    return ids.flatMap((id) => this.#tasks.get(id)?.key ?? []);
  }
}

function beginningOf(body: Uint8Array): string {
  return Buffer.from(body.buffer, body.byteOffset, Math.min(FIRST_LINE, body.length)).toString('latin1');
}
