import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { untilSignal } from '../signals.ts';
import { StartError } from '../start-error.ts';
import type { Terminal } from '../terminal.ts';
import { fleetConfig } from './demo-config.ts';
import { type Shop, startShop } from './shop.ts';

const STORES = ['redis-server', 'valkey-server'] as const;
/** Where something else is there already, others. */
const PORTS = [9104, 9105] as const;
const POLL_MS = 100;
/** A process that has not come up by then never will. */
const LONGEST_START_MS = 60_000;

/** Two exporters that share two shops by way of a store that this machine has, until a signal comes. */
export async function showFleet(terminal: Terminal): Promise<void> {
  const store = findStore(terminal.env['PATH'] ?? '');
  const stopped = untilSignal();
  await using left = await startShop({ seed: 1 });
  await using right = await startShop({ seed: 2 });
  const children: ChildProcess[] = [];
  try {
    const port = await freePort(0);
    const ports = await Promise.all(PORTS.map(freePort));
    const folder = dirname(left.path);
    children.push(
      spawn(store, ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', folder], { stdio: 'ignore' }),
    );
    const configPath = join(folder, 'config.yml');
    await writeFile(configPath, fleetConfig([left.path, right.path], port));
    for (const at of ports) children.push(startExporter(configPath, at));
    await Promise.all(ports.map((at, n) => untilReady(at, children[n + 1] as ChildProcess)));
    const pids = children.map(({ pid }) => pid ?? 0);
    terminal.print(explain({ pids, ports, shops: [left, right], configPath }));
    await stopped;
  } finally {
    for (const child of children.reverse()) await end(child);
  }
}

interface Shown {
  /** Of the store and of both exporters. */
  readonly pids: readonly number[];
  readonly ports: readonly number[];
  readonly shops: readonly Shop[];
  readonly configPath: string;
}

function explain({ pids, ports, shops, configPath }: Shown): string {
  const [store, first, second] = pids;
  const [a, b] = ports.map((port) => `http://127.0.0.1:${port}`);
  return `Two shops trade, each in an embedded database of its own:
${shops.map(({ path }) => `  ${path}`).join('\n')}
Two exporters with one configuration share them (${configPath}).
Each asks one of the shops, and both show both:

  ${a}/   process ${first}
  ${b}/   process ${second}

Kill one, and see on the page of the other who asks what 4 s later:   kill -9 ${first}
Or the store, without which each goes on with what it has:             kill -9 ${store}
Or let one hand over what it has:                                      kill ${second}

Ctrl-C ends the demo.
`;
}

function findStore(path: string): string {
  const folders = path.split(delimiter);
  const found = STORES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
  if (found !== undefined) return found;
  throw new StartError('demo --fleet needs redis-server or valkey-server on the PATH: apt install redis-server');
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function startExporter(configPath: string, port: number): ChildProcess {
  const [, program = ''] = process.argv;
  const args = ['--config', configPath, '--bind', `127.0.0.1:${port}`, '--web.trust-loopback', '--log.level', 'error'];
  return spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
}

async function untilReady(port: number, exporter: ChildProcess): Promise<void> {
  const endMs = performance.now() + LONGEST_START_MS;
  while (performance.now() < endMs) {
    if (exporter.exitCode !== null) break;
    const response = await fetch(`http://127.0.0.1:${port}/-/ready`).catch(() => null);
    if (response?.ok) return;
    await sleep(POLL_MS);
  }
  throw new StartError(`the exporter on 127.0.0.1:${port} did not start`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill();
  await ended;
}

/** Another one where it is taken. */
async function freePort(wanted: number): Promise<number> {
  const probe = createServer().listen(wanted, '127.0.0.1');
  try {
    await once(probe, 'listening');
  } catch (error) {
    if (wanted === 0) throw error;
    return freePort(0);
  }
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
