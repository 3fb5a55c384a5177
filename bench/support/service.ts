import { writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createFolder, Daemon, removeFolder, startOnFreePort } from '../../test/support/daemon.ts';

/** The exporter warns of files with a password that everyone can read. */
const PRIVATE = { mode: 0o600 };

/** A program that answers over HTTP once it runs. */
export interface Program {
  readonly name: string;
  readonly path: string;
  readonly env: NodeJS.ProcessEnv;
  readonly args: (place: Place) => readonly string[];
  /** By name, to lie in its folder. */
  readonly files?: (place: Place) => Readonly<Record<string, string>>;
  /** Answers 200 once the program is ready. */
  readonly readyPath: string;
}

/** What a program is given to live in. */
export interface Place {
  readonly port: number;
  readonly folder: string;
}

/** A program that runs, in a process and a folder of its own. */
export class Service implements AsyncDisposable {
  readonly port: number;
  readonly url: string;
  readonly daemon: Daemon;
  readonly #folder: string;

  constructor(port: number, daemon: Daemon, folder: string) {
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.daemon = daemon;
    this.#folder = folder;
  }

  get pid(): number {
    return this.daemon.pid;
  }

  /** Writes one of its files anew. */
  async rewrite(file: string, content: string): Promise<void> {
    await writeFile(join(this.#folder, file), content);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.daemon.kill();
    await removeFolder(this.#folder);
  }
}

export async function startService(program: Program): Promise<Service> {
  const folder = await createFolder(`bench-${program.name}`);
  try {
    const start = (port: number): Daemon => {
      const place: Place = { port, folder };
      writeFiles(program, place);
      return new Daemon(program, program.args(place), folder);
    };
    const ready = async (port: number): Promise<true | undefined> =>
      (await get(`http://127.0.0.1:${port}${program.readyPath}`)).status === 200 ? true : undefined;
    const { port, daemon } = await startOnFreePort(start, ready);
    return new Service(port, daemon, folder);
  } catch (error) {
    await removeFolder(folder);
    throw error;
  }
}

export function writeFiles(program: Program, place: Place): void {
  const files = program.files?.(place) ?? {};
  for (const [file, content] of Object.entries(files)) writeFileSync(join(place.folder, file), content, PRIVATE);
}

/** A script of `bench/processes` as a program. */
export function nodeProgram(script: string, args: Program['args'], readyPath = '/metrics'): Program {
  const path = fileURLToPath(new URL(`../processes/${script}.js`, import.meta.url));
  const env = { ...process.env, NODE_ENV: 'production' };
  return { name: script, path: process.execPath, env, args: (place) => [path, ...args(place)], readyPath };
}

export interface Answer {
  /** 0: nobody answered. */
  readonly status: number;
  readonly body: Buffer;
}

const NO_ANSWER: Answer = { status: 0, body: Buffer.alloc(0) };

/** Asks once, over a connection of its own. */
export function get(url: string, { gzip = false, method = 'GET' } = {}): Promise<Answer> {
  const headers = { 'Accept-Encoding': gzip ? 'gzip' : 'identity' };
  return new Promise((resolve) => {
    const asked = request(url, { method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }));
      response.on('error', () => resolve(NO_ANSWER));
    });
    asked.on('error', () => resolve(NO_ANSWER));
    asked.end();
  });
}
