import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { toStatusJson } from '../../src/web/status/status-json.ts';
import { findFreePort } from '../support/daemon.ts';

/** As it is built, and as npm ships it. */
export const BUILT = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const BUNDLED = fileURLToPath(new URL('../../bundle/dist/src/main.js', import.meta.url));
/** `npm test` makes what packages ship and names it, since it starts sooner. */
export const MAIN = process.env['QE_PROGRAM'] === 'bundle' ? BUNDLED : BUILT;
/** What never happens is given up after this. It is no measure: on a busy machine everything may take long. */
const LIMIT_MS = 120_000;
/** A page is younger than what it shows by more; what looks oftener takes the time of what it looks at. */
const LOOK_EVERY_MS = 40;

/** A temporary folder with a configuration, removed at the end. */
export class ConfigFolder implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async create(config: string): Promise<ConfigFolder> {
    const folder = new ConfigFolder(await mkdtemp(join(tmpdir(), 'query-exporter-')));
    await folder.write(config);
    return folder;
  }

  get config(): string {
    return this.file('config.yml');
  }

  file(name: string): string {
    return join(this.path, name);
  }

  async write(config: string, name = 'config.yml'): Promise<void> {
    await writeFile(this.file(name), config, { mode: 0o600 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

/** What `/api/v1/status` answers. */
export type StatusJson = ReturnType<typeof toStatusJson>;
export type TaskJson = StatusJson['tasks'][number];

/** What a command printed, and how it ended. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line to its end. */
export async function runToEnd(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  descriptors: number | null = null,
  main = MAIN,
): Promise<Ended> {
  const program = new Program(args, env, null, descriptors, main);
  await program.ended;
  return { status: program.status, stdout: program.stdout, stderr: program.stderr };
}

/** Starts the exporter on a free port of 127.0.0.1 and waits until it listens. */
export async function startProgram(
  folder: ConfigFolder,
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
  descriptors: number | null = null,
  main = MAIN,
): Promise<Program> {
  const given = ['--config', folder.config, '--bind', '127.0.0.1:0', '--web.trust-loopback', ...args];
  const program = new Program(given, env, null, descriptors, main);
  await program.until('it listens', () => program.url !== '');
  return program;
}

/** The same for a log level at which it does not say where it listens: on a port that is free now. */
export async function startQuietProgram(
  folder: ConfigFolder,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Program> {
  const address = `127.0.0.1:${await findFreePort()}`;
  const program = new Program(['--config', folder.config, '--bind', address, ...args], env, `http://${address}`);
  const isThere = () =>
    program.get('/-/healthy').then(
      () => true,
      () => false,
    );
  await program.until('it listens', isThere);
  return program;
}

/** The exporter as a process of its own. */
export class Program implements AsyncDisposable {
  readonly #process: ChildProcess;
  /** It has ended, and everything that it printed is here. */
  readonly ended: Promise<void>;
  /** It has ended. */
  readonly exited: Promise<void>;
  readonly #url: string | null;
  #stdout = '';
  #stderr = '';

  /**
   * `url`: where it listens; null: its log says so. `descriptors`: how many it may have open; null: as many as the test.
   * `main`: the program's first script, where it is not that of the build.
   */
  constructor(
    args: readonly string[],
    env: NodeJS.ProcessEnv,
    url: string | null = null,
    descriptors: number | null = null,
    main = MAIN,
  ) {
    this.#url = url;
    // The journal of a test runner's own service must not change the form of the log.
    const { JOURNAL_STREAM: _journal, STATE_DIRECTORY: _state, ...inherited } = process.env;
    const limited = descriptors === null ? [] : ['bash', '-c', `ulimit -n ${descriptors}; exec "$@"`, 'bash'];
    const [command = '', ...rest] = [...limited, process.execPath, main, ...args];
    this.#process = spawn(command, rest, {
      env: { ...inherited, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process.stdout?.on('data', (chunk) => {
      this.#stdout += chunk;
    });
    this.#process.stderr?.on('data', (chunk) => {
      this.#stderr += chunk;
    });
    this.ended = once(this.#process, 'close').then(() => {});
    this.exited = once(this.#process, 'exit').then(() => {});
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Null while it runs, or where a signal ended it. */
  get status(): number | null {
    return this.#process.exitCode;
  }

  /** The signal that ended it; null where none did. */
  get endedBy(): NodeJS.Signals | null {
    return this.#process.signalCode;
  }

  /** Without a slash at its end; empty before it listens. */
  get url(): string {
    return this.#url ?? /"?msg"?[=:]"?listening"?.*?(https?:[^\s"]+)/.exec(this.#stderr)?.[1] ?? '';
  }

  get(path: string, options: RequestInit = {}): Promise<Response> {
    return fetch(`${this.url}${path}`, options);
  }

  async scrape(selection = ''): Promise<string> {
    const response = await this.get(`/metrics${selection}`);
    return response.text();
  }

  /** The values of all series of one family, by their labels as they are written. */
  async samples(family: string): Promise<Readonly<Record<string, number>>> {
    return samplesOf(await this.scrape(), family);
  }

  /** Waits until a series has a value; a page may be a quarter of a second younger than what it shows. */
  async untilSample(series: string, value: number): Promise<void> {
    const [, family = '', labels = ''] = /^([\w:]+)(.*)$/.exec(series) ?? [];
    await this.until(`${series} is ${value}`, async () => (await this.samples(family))[labels] === value);
  }

  async readStatus(): Promise<StatusJson> {
    return (await (await this.get('/api/v1/status')).json()) as StatusJson;
  }

  async tasks(): Promise<readonly TaskJson[]> {
    return (await this.readStatus()).tasks;
  }

  /** The only task of a query, or the one on a target. */
  async task(query: string, target?: string): Promise<TaskJson> {
    const tasks = await this.tasks();
    const task = tasks.find((one) => one.query === query && (target === undefined || one.target === target));
    if (task === undefined) throw new Error(`no query is called ${query}`);
    return task;
  }

  /** Waits for the first outcome of everything. */
  async untilReady(): Promise<void> {
    await this.until('it is ready', async () => (await this.get('/-/ready')).ok);
  }

  /** Looks until it is so, and says what it waited for when it never is. */
  async until(what: string, look: () => boolean | Promise<boolean>): Promise<void> {
    const endMs = performance.now() + LIMIT_MS;
    while (!(await look())) {
      if (this.status !== null || performance.now() > endMs) {
        // Nobody may hold it yet, and it must not outlive the test.
        this.signal('SIGKILL');
        throw new Error(`waited in vain until ${what}; status ${this.status}, log:\n${this.#stderr}`);
      }
      await sleep(LOOK_EVERY_MS);
    }
  }

  /** Reads no more of what it prints. */
  leaveOutput(): void {
    this.#process.stdout?.pause();
    this.#process.stderr?.pause();
  }

  /** Closes the other end of the pipes that it prints to. */
  closeOutput(): void {
    this.#process.stdout?.destroy();
    this.#process.stderr?.destroy();
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Ends it as a service manager does, and gives its exit status. */
  async stop(): Promise<number | null> {
    this.signal('SIGTERM');
    await this.ended;
    return this.status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.signal('SIGCONT');
    this.signal('SIGKILL');
    if (this.status === null && this.endedBy === null) await this.exited;
  }
}

export function samplesOf(page: string, family: string): Readonly<Record<string, number>> {
  const samples: Record<string, number> = {};
  for (const line of page.split('\n')) {
    const match = /^([\w:]+)(\{.*\})? (\S+)$/.exec(line);
    if (match?.[1] === family) samples[match[2] ?? ''] = Number(match[3]?.replace('Inf', 'Infinity'));
  }
  return samples;
}
