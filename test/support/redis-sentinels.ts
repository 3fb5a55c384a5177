import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { createFolder, Daemon, findFreePort, removeFolder, startOnFreePort, until } from './daemon.ts';
import { answers, type RedisServer, startRedis } from './redis.ts';
import { startTogether } from './start-together.ts';
import type { TlsFiles } from './tls.ts';
import { requireTool } from './tools.ts';

const MASTER = 'main';
const SENTINELS = 3;
/** A master that says nothing for so long is down. */
const DOWN_AFTER_MS = 1_000;

/** A Redis, a replica of it, and three sentinels that make the replica the master when the first one is gone. */
export class RedisSentinels implements AsyncDisposable {
  readonly master: RedisServer;
  readonly replica: RedisServer;
  readonly #sentinels: readonly Sentinel[];

  constructor(servers: readonly [RedisServer, RedisServer], sentinels: readonly Sentinel[]) {
    [this.master, this.replica] = servers;
    this.#sentinels = sentinels;
  }

  /** Where the sentinels listen, with TLS if there is any. */
  get ports(): readonly number[] {
    return this.#sentinels.map(({ port }) => port);
  }

  get name(): string {
    return MASTER;
  }

  get url(): string {
    return `redis+sentinel://${this.ports.map((port) => `127.0.0.1:${port}`).join()}/${MASTER}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const sentinel of this.#sentinels) await sentinel[Symbol.asyncDispose]();
    await this.replica[Symbol.asyncDispose]();
    await this.master[Symbol.asyncDispose]();
  }
}

interface Sentinel extends AsyncDisposable {
  readonly port: number;
  /** Without TLS. */
  readonly plainPort: number;
}

/** With `tls`, servers and sentinels speak it to each other too. */
export function startRedisSentinels(tls: TlsFiles | null = null): Promise<RedisSentinels> {
  return startTogether(async (own) => {
    const masterTlsPort = await findFreePort();
    const master = await own(startRedis(serverFlags(tls, masterTlsPort)));
    const masterPort = tls === null ? master.port : masterTlsPort;
    const replicaOf = ['--replicaof', '127.0.0.1', String(masterPort)];
    const replica = await own(startRedis([...serverFlags(tls, await findFreePort()), ...replicaOf]));
    const sentinels: Sentinel[] = [];
    for (let n = 0; n < SENTINELS; n += 1) sentinels.push(await own(startSentinel(masterPort, tls)));
    for (const { plainPort } of sentinels) {
      await until('the sentinels to know each other and the replica', 60_000, () => isComplete(plainPort));
    }
    return new RedisSentinels([master, replica], sentinels);
  });
}

async function startSentinel(masterPort: number, tls: TlsFiles | null): Promise<Sentinel> {
  const tool = await requireTool('redis-server');
  const folder = await createFolder('sentinel');
  const tlsPort = await findFreePort();
  const start = (port: number): Daemon => {
    const file = join(folder, 'sentinel.conf');
    const lines = [
      ...['bind 127.0.0.1', `port ${port}`, `dir ${folder}`],
      ...tlsLines(tls, tlsPort),
      `sentinel monitor ${MASTER} 127.0.0.1 ${masterPort} 2`,
      `sentinel down-after-milliseconds ${MASTER} ${DOWN_AFTER_MS}`,
      `sentinel failover-timeout ${MASTER} 5000`,
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    return new Daemon(tool, [file, '--sentinel'], folder);
  };
  const { port, daemon } = await startOnFreePort(start, (where) => answers(where));
  return {
    port: tls === null ? port : tlsPort,
    plainPort: port,
    [Symbol.asyncDispose]: async () => {
      await daemon.kill();
      await removeFolder(folder);
    },
  };
}

function serverFlags(tls: TlsFiles | null, tlsPort: number): readonly string[] {
  const lines = ['repl-diskless-sync-delay 0', ...tlsLines(tls, tlsPort)];
  return lines.flatMap((line) => {
    const [name = '', ...values] = line.split(' ');
    return [`--${name}`, ...values];
  });
}

function tlsLines(tls: TlsFiles | null, port: number): readonly string[] {
  if (tls === null) return [];
  const { ca, serverCert, serverKey } = tls;
  const files = [`tls-ca-cert-file ${ca}`, `tls-cert-file ${serverCert}`, `tls-key-file ${serverKey}`];
  return [`tls-port ${port}`, ...files, 'tls-auth-clients no', 'tls-replication yes'];
}

async function isComplete(port: number): Promise<true | undefined> {
  const client = new Redis(port, '127.0.0.1');
  try {
    const others = (await client.call('SENTINEL', 'SENTINELS', MASTER)) as unknown[];
    const replicas = (await client.call('SENTINEL', 'REPLICAS', MASTER)) as unknown[];
    return (others.length === SENTINELS - 1 && replicas.length === 1) || undefined;
  } finally {
    client.disconnect();
  }
}
