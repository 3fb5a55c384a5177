import { Redis } from 'ioredis';
import { createFolder, Daemon, removeFolder, startOnFreePort, untilReady } from './daemon.ts';
import { requireTool, type Tool } from './tools.ts';

/** Starts a Redis (or Valkey) of its own on 127.0.0.1 that keeps nothing on a disk. */
export async function startRedis(flags: readonly string[] = []): Promise<RedisServer> {
  const tool = await requireTool('redis-server');
  const folder = await createFolder('redis');
  const start = (port: number): Daemon => startServer(tool, folder, port, flags);
  try {
    const { port, daemon } = await startOnFreePort(start, (where) => answers(where));
    return new RedisServer(folder, port, start, daemon);
  } catch (error) {
    await removeFolder(folder);
    throw error;
  }
}

export class RedisServer implements AsyncDisposable {
  readonly port: number;
  readonly folder: string;
  readonly #start: (port: number) => Daemon;
  #daemon: Daemon;

  constructor(folder: string, port: number, start: (port: number) => Daemon, daemon: Daemon) {
    this.folder = folder;
    this.port = port;
    this.#start = start;
    this.#daemon = daemon;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.#daemon.pid;
  }

  /** It accepts connections and does not say a word. */
  async pause(): Promise<void> {
    await this.#daemon.pause();
  }

  resume(): void {
    this.#daemon.signal('SIGCONT');
  }

  /** With kill -9. Everything that it knew is gone. */
  async kill(): Promise<void> {
    await this.#daemon.kill();
  }

  /** On the same port, empty, after {@link kill}. */
  async restart(): Promise<void> {
    this.#daemon = this.#start(this.port);
    await untilReady(this.#daemon, () => answers(this.port));
  }

  /** A client for the test itself; dispose of it by `disconnect`. */
  client(): Redis {
    return new Redis(this.port, '127.0.0.1');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await removeFolder(this.folder);
  }
}

function startServer(tool: Tool, folder: string, port: number, flags: readonly string[]): Daemon {
  const own = ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no', '--dir', folder];
  return new Daemon(tool, [...own, ...flags], folder);
}

/** Undefined while it does not answer. */
export async function answers(port: number): Promise<true | undefined> {
  const client = new Redis(port, '127.0.0.1', { lazyConnect: true, retryStrategy: () => null });
  client.on('error', () => undefined);
  try {
    await client.connect();
    // A server that wants a password is there too.
    await client.ping().catch(() => undefined);
    return true;
  } catch {
    return undefined;
  } finally {
    client.disconnect();
  }
}
