import { until } from '../support/daemon.ts';
import { type Mariadb, startMariadb } from '../support/mariadb.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';
import { startTogether } from '../support/start-together.ts';
import { type FleetPlan, fleetConfig, Replica } from './replicas.ts';
import { forgetRuns, LOG_FLAGS, type LoggedRun, readRuns } from './run-log.ts';

/** What never happens is given up after this. */
const LIMIT_MS = 120_000;

/** What a test says of its fleet; the rest is as on the ground that it stands on. */
export type Wish = Pick<FleetPlan, 'name'> & Partial<FleetPlan>;

/** What replicas share: servers that write down what they are asked, and a Redis. */
export class Ground implements AsyncDisposable {
  readonly servers: readonly Mariadb[];
  readonly redis: RedisServer;
  readonly #plan: Omit<FleetPlan, 'name' | 'store' | 'servers'>;

  private constructor(servers: readonly Mariadb[], redis: RedisServer, plan: Ground['plan']) {
    this.servers = servers;
    this.redis = redis;
    this.#plan = plan;
  }

  static open(servers: number, plan: Ground['plan']): Promise<Ground> {
    return startTogether(async (own) => {
      const started = Array.from({ length: servers }, () => own(startMariadb({ flags: LOG_FLAGS })));
      return new Ground(await Promise.all(started), await own(startRedis()), plan);
    });
  }

  get plan(): Omit<FleetPlan, 'name' | 'store' | 'servers'> {
    return this.#plan;
  }

  config(wish: Wish): string {
    return fleetConfig({ servers: this.servers, store: this.redis.url, ...this.#plan, ...wish });
  }

  start(wish: Wish): Promise<Replica> {
    return Replica.start(this.config(wish));
  }

  /** Two that share two servers, one each. */
  startPair(wish: Wish, stores: readonly [string, string] = [this.redis.url, this.redis.url]): Promise<Pair> {
    return startTogether(async (own) => {
      const a = await own(this.start({ ...wish, store: stores[0] }));
      await a.untilOwn('fleet_owned_servers', 2);
      await a.program.untilReady();
      const b = await own(this.start({ ...wish, store: stores[1] }));
      await untilShared([a, b], [1, 1]);
      return new Pair(a, b);
    });
  }

  async forgetRuns(): Promise<void> {
    await Promise.all(this.servers.map(forgetRuns));
  }

  async readRuns(): Promise<readonly LoggedRun[]> {
    return (await Promise.all(this.servers.map(readRuns))).flat();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.servers) await server[Symbol.asyncDispose]();
    await this.redis[Symbol.asyncDispose]();
  }
}

export class Pair implements AsyncDisposable {
  readonly a: Replica;
  readonly b: Replica;

  constructor(a: Replica, b: Replica) {
    this.a = a;
    this.b = b;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.a[Symbol.asyncDispose]();
    await this.b[Symbol.asyncDispose]();
  }
}

/** So many servers does each replica have, in no order. */
export async function untilShared(replicas: readonly Replica[], expected: readonly number[]): Promise<void> {
  const wanted = [...expected].sort().join();
  await until(`the shares to be ${wanted}`, LIMIT_MS, async () => {
    return (await ownedBy(replicas)).sort().join() === wanted || undefined;
  });
}

/** Of one that does not answer: 0. */
export function ownedBy(replicas: readonly Replica[]): Promise<number[]> {
  return Promise.all(replicas.map(async (replica) => (await replica.own('fleet_owned_servers').catch(() => 0)) ?? 0));
}
