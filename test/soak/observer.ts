import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Mariadb, Session } from '../support/mariadb.ts';
import { type Bench, USER } from './bench.ts';
import { readThread, THREADS } from './probe.ts';

/** What has to be given back. */
export interface Holdings {
  readonly descriptors: number;
  readonly sockets: number;
  readonly timers: number;
}

/** How much of everything the exporter uses at one moment. */
export interface Usage extends Holdings {
  /** Since the epoch. */
  readonly atMs: number;
  readonly residentBytes: number;
  readonly mainHeapBytes: number;
  readonly pollerHeapBytes: number;
}

/** What was the most at any moment. */
export interface Peaks {
  /** Logged in, as the server sees it, by server. */
  readonly sessions: number[];
  /** Of the exporter to the server's port, as the kernel sees it, by server. */
  readonly sockets: number[];
  /** Statements of one task on a server at one time. */
  perTask: number;
  readonly crowdedTasks: string[];
}

const LOOK_EVERY_MS = 20;
const LOOK_LIMIT_MS = 500;
const USAGE_EVERY_MS = 1_000;

/** Looks at the servers and at the process all the time. */
export class Observer {
  readonly usages: Usage[] = [];
  readonly peaks: Peaks;
  readonly #bench: Bench;
  readonly #stopping = new AbortController();
  readonly #loops: readonly Promise<void>[];

  constructor(bench: Bench) {
    this.#bench = bench;
    this.peaks = {
      sessions: bench.servers.map(() => 0),
      sockets: bench.servers.map(() => 0),
      perTask: 0,
      crowdedTasks: [],
    };
    this.#loops = [
      ...bench.servers.map((server, index) => this.#repeat(LOOK_EVERY_MS, () => this.#lookAtServer(server, index))),
      this.#repeat(LOOK_EVERY_MS, async () => this.#lookAtSockets()),
      this.#repeat(USAGE_EVERY_MS, async () => void this.usages.push(usageOf(bench))),
    ];
  }

  /** The least of what was held in the last while. */
  lowest(lastMs: number): Holdings {
    const recent = this.usages.filter(({ atMs }) => atMs > Date.now() - lastMs);
    const least = (kind: keyof Holdings): number => Math.min(...recent.map((usage) => usage[kind]));
    return { descriptors: least('descriptors'), sockets: least('sockets'), timers: least('timers') };
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#loops);
  }

  async #repeat(everyMs: number, look: () => Promise<void>): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      // The server may be down or stand still just now, and what was asked while it went down is never answered.
      await Promise.race([look().catch(() => undefined), sleep(LOOK_LIMIT_MS)]);
      await sleep(everyMs);
    }
  }

  async #lookAtServer(server: Mariadb, index: number): Promise<void> {
    const sessions = (await server.processlist()).filter(({ user }) => user === USER);
    const { peaks } = this;
    peaks.sessions[index] = Math.max(peaks.sessions[index] ?? 0, sessions.length);
    for (const [task, count] of countStatements(sessions)) {
      if (count <= 1) continue;
      peaks.perTask = Math.max(peaks.perTask, count);
      peaks.crowdedTasks.push(task);
    }
    peaks.perTask = Math.max(peaks.perTask, 1);
  }

  #lookAtSockets(): void {
    const { servers } = this.#bench;
    for (const [index, { port }] of servers.entries()) {
      this.peaks.sockets[index] = Math.max(this.peaks.sockets[index] ?? 0, clientSockets(port));
    }
  }
}

function usageOf({ program, folder }: Bench): Usage {
  const links = readdirSync(`/proc/${program.pid}/fd`).flatMap((fd) => linkOf(`/proc/${program.pid}/fd/${fd}`));
  const [main, poller] = THREADS.map((name) => readThread(folder.path, name));
  return {
    atMs: Date.now(),
    residentBytes: residentBytes(program.pid),
    mainHeapBytes: main?.heapBytes ?? 0,
    pollerHeapBytes: poller?.heapBytes ?? 0,
    descriptors: links.length,
    sockets: links.filter((link) => link.startsWith('socket:')).length,
    timers: (main?.active['Timeout'] ?? 0) + (poller?.active['Timeout'] ?? 0),
  };
}

/** By the name that stands in the comment in front of the statement, and the database of its target. */
function countStatements(sessions: readonly Session[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { sql, database } of sessions) {
    const name = /^\/\* query-exporter (\S+) /.exec(sql ?? '')?.[1];
    if (name === undefined) continue;
    const task = `${name} on ${database}`;
    counts.set(task, (counts.get(task) ?? 0) + 1);
  }
  return counts;
}

/**
 * Established connections and those on their way, to a port of 127.0.0.1; see proc(5), /proc/net/tcp. The kernel lists
 * a connection twice where others come and go while it is read.
 */
function clientSockets(port: number): number {
  const remote = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const ours = new Set<string | undefined>();
  for (const line of readFileSync('/proc/net/tcp', 'latin1').split('\n')) {
    const [, from, to, state] = line.trim().split(/\s+/);
    if (to === remote && (state === '01' || state === '02')) ours.add(from);
  }
  return ours.size;
}

function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) * 1024;
}

/** None: it was closed meanwhile. */
function linkOf(path: string): string[] {
  try {
    return [readlinkSync(path)];
  } catch {
    return [];
  }
}
