import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { whereIs } from './processes.ts';
import type { Tool } from './tools.ts';

const running = new Set<Daemon>();
const folders = new Set<string>();

process.on('exit', () => {
  for (const daemon of running) daemon.signal('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** A server that lives no longer than this process, however this process ends. Its output goes to a log file. */
export class Daemon {
  readonly #child: ChildProcess;
  readonly #logFile: string;
  readonly #ended: Promise<void>;

  /** `owner`: the user to run as, where that is not the user of this process. */
  constructor(tool: Pick<Tool, 'path' | 'env'>, args: readonly string[], folder: string, owner: number | null = null) {
    this.#logFile = join(folder, 'log');
    const log = openSync(this.#logFile, 'w');
    // The kernel then ends the server also where this process is killed and no exit handler runs.
    const setpriv = whereIs('setpriv');
    const [command, ...rest] = setpriv === null ? [tool.path] : [setpriv, '--pdeathsig', 'KILL', '--', tool.path];
    this.#child = spawn(command, [...rest, ...args], {
      cwd: folder,
      env: tool.env,
      stdio: ['ignore', log, log],
      ...(owner === null ? {} : { uid: owner, gid: owner }),
    });
    closeSync(log);
    running.add(this);
    this.#ended = new Promise((resolve) => {
      const end = (): void => {
        running.delete(this);
        resolve();
      };
      this.#child.on('exit', end);
      this.#child.on('error', end);
    });
  }

  get isRunning(): boolean {
    return running.has(this);
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Resolves once no thread of it runs any more. */
  async pause(): Promise<void> {
    this.signal('SIGSTOP');
    // The state follows the name, which is in parentheses and may hold spaces.
    const stat = `/proc/${this.#child.pid}/stat`;
    await until('the server to stand still', 5_000, () => /\) [tT] /.test(readFileSync(stat, 'utf8')) || undefined);
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.#ended;
  }

  /** Asks it to end; one that has not ended after 30 s is killed. */
  async stop(request: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.signal('SIGCONT');
    this.signal(request);
    const impatience = setTimeout(() => this.signal('SIGKILL'), 30_000);
    await this.#ended;
    clearTimeout(impatience);
  }

  /** The end of the log, for messages. */
  log(): string {
    return readFileSync(this.#logFile, 'utf8').split('\n').slice(-20).join('\n');
  }
}

/** A folder that goes away with this process at the latest. */
export async function createFolder(name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `qe-${name}-`));
  folders.add(folder);
  return folder;
}

export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  folders.delete(folder);
}

/**
 * Starts a server on a free port. The port is free when it is looked for; should another process take it before the
 * server does, the server ends and another port is tried. `ready` gives undefined until the server answers; it must
 * not take an answer from a stranger on the port.
 */
export async function startOnFreePort<Ready>(
  start: (port: number) => Daemon,
  ready: (port: number, daemon: Daemon) => Promise<Ready | undefined>,
): Promise<{ readonly port: number; readonly daemon: Daemon; readonly ready: Ready }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await findFreePort();
    const daemon = start(port);
    try {
      return { port, daemon, ready: await untilReady(daemon, () => ready(port, daemon)) };
    } catch (error) {
      const lostTheRace = !daemon.isRunning && /address already in use|bind on TCP\/IP port/i.test(daemon.log());
      await daemon.kill();
      if (!lostTheRace || attempt === 5) throw error;
    }
  }
}

/** Rejects with the server's log when it ends, or does not get ready within 30 s. */
export async function untilReady<Ready>(daemon: Daemon, ready: () => Promise<Ready | undefined>): Promise<Ready> {
  try {
    return await until('the server to get ready', 30_000, () => {
      if (!daemon.isRunning) throw new Error('the server ended');
      return ready();
    });
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}; its log:\n${daemon.log()}`, {
      cause: error,
    });
  }
}

/** Looks every 10 ms until `look` gives something, or what it awaits is overdue. What it throws ends the wait. */
export async function until<Found>(
  what: string,
  limitMs: number,
  look: () => Promise<Found | undefined> | Found | undefined,
): Promise<Found> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`waited ${limitMs} ms for ${what}`);
    await delay(10);
  }
}

// Ports below the range that the kernel gives to outgoing connections: a server that is down for a while finds its own
// port free when it comes back.
const FIRST_PORT = 10_000;
const LAST_PORT = 32_767;

export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT + 1));
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.on('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
