import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** The scripts that every start waits for. */
const NEEDED = ['main', 'poller-thread'];
/** What never happens is given up after this; on a busy machine everything may take long. */
const LIMIT_MS = 120_000;

/**
 * Writes V8's code cache of a bundle beside its code, made by the Node.js that is to run it: of what was compiled when a
 * sample of a real query was on the page and its pages had been served. One for another Node.js is refused by that, and
 * costs nothing but its advantage.
 */
export async function writeCodeCache(folder: string, preload: string, node = process.execPath): Promise<void> {
  const code = join(folder, 'dist/src');
  for (const file of readdirSync(code)) if (file.endsWith('.cache')) rmSync(join(code, file));
  const place = await mkdtemp(join(tmpdir(), 'query-exporter-code-'));
  // What talks to servers is compiled up to the first answer, which never comes.
  const deaf = await listen(createServer((socket: Socket) => void socket.on('error', () => undefined).end()));
  try {
    const config = join(place, 'config.yml');
    writeFileSync(config, configOf((deaf.address() as AddressInfo).port), { mode: 0o600 });
    const child = spawn(
      node,
      [
        '--require',
        preload,
        join(code, 'main.js'),
        '--config',
        config,
        '--bind',
        '127.0.0.1:0',
        '--log.format',
        'json',
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const ended = once(child, 'exit');
    let log = '';
    child.stderr.on('data', (chunk: Buffer) => {
      log += chunk;
    });
    try {
      const alive = (): void => {
        if (child.exitCode !== null) throw new Error(`the exporter ended:\n${log}`);
      };
      await until('a sample', alive, async () => {
        const url = /"url":"([^"]+)"/.exec(log)?.[1];
        return url !== undefined && (await serves(url));
      });
      child.kill('SIGUSR2');
      const files = NEEDED.map((name) => join(code, `${name}.code.cache`));
      await until('the code cache', alive, () => files.every((file) => existsSync(file)));
    } finally {
      child.kill('SIGTERM');
      await ended;
    }
  } finally {
    deaf.close();
    await rm(place, { recursive: true, force: true });
  }
}

/** JSON is YAML. */
function configOf(port: number): string {
  return JSON.stringify({
    targets: {
      file: { dsn: 'sqlite::memory:' },
      mysql: { dsn: `mysql://nobody:none@127.0.0.1:${port}/` },
      postgres: { dsn: `postgresql://nobody:none@127.0.0.1:${port}/none` },
    },
    metrics: {
      answer: { query: "SELECT 42 AS n, 'x' AS l", type: 'gauge', description: 'A number.', labels: ['l'], value: 'n' },
    },
  });
}

async function serves(url: string): Promise<boolean> {
  const texts = await Promise.all(
    ['/metrics', '/', '/api/v1/status', '/-/ready'].map((path) => textOf(`${url}${path}`)),
  );
  return texts[0]?.includes('\nquery_exporter_answer{') ?? false;
}

async function textOf(url: string): Promise<string> {
  return (await fetch(url)).text();
}

async function listen(server: Server): Promise<Server> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** `alive` throws where there is nothing left to wait for. */
async function until(what: string, alive: () => void, look: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = performance.now() + LIMIT_MS;
  while (!(await look())) {
    alive();
    if (performance.now() > deadline) throw new Error(`waited ${LIMIT_MS} ms for ${what}`);
    await delay(50);
  }
}
