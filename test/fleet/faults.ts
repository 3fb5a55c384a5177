/*
 * `npm run test:fleet`, ten minutes: three exporters on a Redis while everything happens to them that may happen. What they
 * did to the servers is read from the servers' own logs.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { samplesOf } from '../end-to-end/program.ts';
import { until } from '../support/daemon.ts';
import { type Mariadb, startMariadb } from '../support/mariadb.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';
import { TcpRelay } from '../support/tcp-relay.ts';
import { type FleetPlan, fleetConfig, Replica } from './replicas.ts';
import { closerThan, forgetRuns, LOG_FLAGS, readRuns } from './run-log.ts';

const LEASE_MS = 5_000;
/** What never happens is given up after this. */
const LIMIT_MS = 120_000;
const FAULTS_MS = 180_000;

describe('a fleet of three', () => {
  let servers: readonly Mariadb[] = [];
  let redis: RedisServer;
  before(async () => {
    servers = await Promise.all(Array.from({ length: 3 }, () => startMariadb({ flags: LOG_FLAGS })));
    redis = await startRedis();
  });
  after(async () => {
    for (const server of servers) await server[Symbol.asyncDispose]();
    await redis[Symbol.asyncDispose]();
  });

  const configOf = (name: string, port: number, more: Partial<FleetPlan> = {}) =>
    fleetConfig({ servers, tasks: 10, intervalMs: 10_000, leaseMs: LEASE_MS, ...more }, port).replace(
      'fleet: {',
      `fleet: {name: ${name}, `,
    );
  const ownedBy = async (replicas: readonly Replica[]) => {
    const counts = await Promise.all(replicas.map((replica) => replica.own('fleet_owned_servers').catch(() => 0)));
    return counts.map((count) => count ?? 0);
  };
  const untilShared = (replicas: readonly Replica[], expected: readonly number[]) =>
    until(`the shares to be ${expected}`, LIMIT_MS, async () => {
      const counts = (await ownedBy(replicas)).sort();
      return counts.join() === [...expected].sort().join() || undefined;
    });
  const forget = () => Promise.all(servers.map(forgetRuns));
  const allRuns = async () => (await Promise.all(servers.map(readRuns))).flat();

  it('runs no statement twice at one time in three minutes of faults, and one more for each that was in flight', async (t) => {
    const relays = await Promise.all(Array.from({ length: 3 }, () => TcpRelay.open(redis.port)));
    const start = (n: number) => Replica.start(configOf('faults', relays[n]?.port ?? 0, { seconds: 0.2 }));
    const replicas = await Promise.all([start(0), start(1), start(2)]);
    try {
      await untilShared(replicas, [1, 1, 1]);
      await forget();
      const faults: readonly (() => Promise<void>)[] = [
        async () => {
          await replicas[0]?.[Symbol.asyncDispose]();
          replicas[0] = await start(0);
        },
        async () => {
          await replicas[1]?.program.stop();
          replicas[1] = await start(1);
        },
        async () => {
          replicas[2]?.program.signal('SIGSTOP');
          await sleep(15_000);
          replicas[2]?.program.signal('SIGCONT');
        },
        async () => {
          await redis.kill();
          await sleep(10_000);
          await redis.restart();
        },
        async () => {
          await redis.pause();
          await sleep(10_000);
          redis.resume();
        },
        async () => {
          relays[0]?.cut();
          await sleep(15_000);
          relays[0]?.heal();
        },
      ];
      const endMs = performance.now() + FAULTS_MS;
      let count = 0;
      while (performance.now() < endMs) {
        await faults[count % faults.length]?.();
        await untilShared(replicas, [1, 1, 1]);
        count += 1;
      }
      const runs = await allRuns();
      assert.deepEqual(closerThan(runs, 200), [], `${runs.length} runs, ${count} faults`);
      // A partition with `keep` runs each query once on each side in a period; it lasts two periods at most.
      const repeated = closerThan(runs, 5_000);
      t.diagnostic(`${runs.length} runs, ${count} faults, ${repeated.length} within half a period`);
      assert.ok(repeated.length <= count * 10 * 2, repeated.join('\n'));
    } finally {
      for (const replica of replicas) await replica[Symbol.asyncDispose]();
      for (const relay of relays) await relay[Symbol.asyncDispose]();
    }
  });

  it('has the statement of a killed exporter gone from the server before the same query runs again', async () => {
    const [server] = servers;
    assert.ok(server);
    const plan: FleetPlan = { servers: [server], tasks: 1, intervalMs: 10_000, seconds: 60, timeoutMs: 90_000 };
    const config = fleetConfig({ ...plan, leaseMs: LEASE_MS }, redis.port).replace('fleet: {', 'fleet: {name: long, ');
    await using a = await Replica.start(config);
    await a.untilOwn('fleet_owned_servers', 1);
    const sleeping = async () => (await server.processlist()).filter(({ sql }) => sql?.includes("'<q0_db0>'"));
    const [first] = await until('the statement', LIMIT_MS, async () => {
      const found = await sleeping();
      return found.length > 0 ? found : undefined;
    });
    await using b = await Replica.start(config);
    await b.untilOwn('fleet_members', 2);
    a.program.signal('SIGKILL');
    await until('another statement', LIMIT_MS, async () => {
      const found = await sleeping();
      assert.ok(found.length < 2, 'two statements at one time');
      return (found.length === 1 && found[0]?.id !== first?.id) || undefined;
    });
  });

  it('lets a statement that is longer than its period end on either side of a partition', async () => {
    const [server] = servers;
    assert.ok(server);
    await using relay = await TcpRelay.open(redis.port);
    const plan: FleetPlan = { servers: [server], tasks: 1, intervalMs: 3_000, seconds: 8, timeoutMs: 60_000 };
    const config = (port: number) =>
      fleetConfig({ ...plan, leaseMs: LEASE_MS }, port).replace('fleet: {', 'fleet: {name: partition, ');
    await using a = await Replica.start(config(relay.port));
    await a.untilOwn('fleet_owned_servers', 1);
    await using b = await Replica.start(config(redis.port));
    await b.untilOwn('fleet_members', 2);
    relay.cut();
    await b.untilOwn('fleet_owned_servers', 1);
    const failures = async (replica: Replica) =>
      Object.values(await replica.program.samples('query_exporter_query_failures_total')).reduce(
        (sum, n) => sum + n,
        0,
      );
    // The one that was under way at the claim may be that of a dead exporter, and is stopped, once.
    await until('a result of either side', LIMIT_MS, async () => {
      const pages = await Promise.all([a, b].map(({ program }) => program.scrape()));
      const ends = pages.flatMap((page) =>
        Object.keys(samplesOf(page, 'query_exporter_query_last_success_timestamp_seconds')),
      );
      return ends.length > 0 || undefined;
    });
    const before = (await failures(a)) + (await failures(b));
    await forgetRuns(server);
    await until('four more runs', LIMIT_MS, async () => (await readRuns(server)).length >= 4 || undefined);
    assert.equal((await failures(a)) + (await failures(b)), before);
    assert.deepEqual(closerThan(await readRuns(server), 8_000), []);
    relay.heal();
    await a.untilOwn('fleet_store_up', 1);
    await until('one owner', LIMIT_MS, async () => {
      const counts = await ownedBy([a, b]);
      return counts.join() === '0,1' || counts.join() === '1,0' || undefined;
    });
  });

  it('keeps max_connections over all exporters while owners change', async () => {
    const [server] = servers;
    assert.ok(server);
    const config = fleetConfig(
      { servers: [server], tasks: 8, intervalMs: 1_000, seconds: 0.3, leaseMs: LEASE_MS },
      redis.port,
    )
      .replace('fleet: {', 'fleet: {name: budget, ')
      .replace('max_connections: 4', 'max_connections: 2');
    let most = 0;
    let isWatching = true;
    const watching = (async () => {
      while (isWatching) {
        const all = await server.processlist();
        most = Math.max(most, all.filter(({ sql }) => sql?.includes("'<q")).length);
        await sleep(20);
      }
    })();
    for (let change = 0; change < 4; change += 1) {
      await using a = await Replica.start(config);
      await a.untilOwn('fleet_owned_servers', 1);
      await a.program.untilReady();
      await using b = await Replica.start(config);
      await b.untilOwn('fleet_members', 2);
      await a.program.stop();
      await b.untilOwn('fleet_owned_servers', 1);
      await b.program.stop();
    }
    isWatching = false;
    await watching;
    assert.equal(most, 2);
  });

  it('moves nothing among two and three exporters of one small server and a large one', async () => {
    const [large, small] = servers;
    assert.ok(large && small);
    const of = (server: Mariadb, tasks: number) =>
      fleetConfig({ servers: [server], tasks, intervalMs: 5_000, leaseMs: LEASE_MS }, redis.port);
    const config = of(large, 9).replace('fleet: {', 'fleet: {name: uneven, ');
    const more = of(small, 1).replaceAll('db0', 'small').split('\n');
    const united = config
      .replace('targets:\n', `targets:\n${more.find((line) => line.startsWith('  small:'))}\n`)
      .replace('queries:\n', `queries:\n${more.find((line) => line.startsWith('  q0_small:'))}\n`);
    const replicas = [await Replica.start(united), await Replica.start(united)];
    const takeovers = async () => {
      const all = await Promise.all(
        replicas.map(async ({ program }) =>
          Object.values(await program.samples('query_exporter_fleet_takeovers_total')),
        ),
      );
      return all.flat().reduce((sum, count) => sum + count, 0);
    };
    try {
      for (const expected of [
        [1, 1],
        [1, 1, 0],
      ]) {
        if (expected.length === 3) replicas.push(await Replica.start(united));
        await untilShared(replicas, expected);
        const before = await takeovers();
        await sleep(60_000);
        assert.equal(await takeovers(), before);
        assert.deepEqual((await ownedBy(replicas)).sort(), [...expected].sort());
      }
    } finally {
      for (const replica of replicas) await replica[Symbol.asyncDispose]();
    }
  });
});
