/* A part of `npm run test:fleet`: one exporter has a server at a time, and its statements and connections are counted there. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../support/daemon.ts';
import type { Mariadb } from '../support/mariadb.ts';
import { TcpRelay } from '../support/tcp-relay.ts';
import { Ground, ownedBy, untilShared } from './ground.ts';
import type { Replica } from './replicas.ts';
import { closerThan, forgetRuns, readRuns } from './run-log.ts';

const LEASE_MS = 5_000;
/** What never happens is given up after this. */
const LIMIT_MS = 120_000;

describe('a server of a fleet', () => {
  let ground: Ground;
  let server: Mariadb;
  before(async () => {
    ground = await Ground.open(2, { tasks: 1, intervalMs: 10_000, leaseMs: LEASE_MS });
    const [first] = ground.servers;
    assert.ok(first);
    server = first;
  });
  after(() => ground[Symbol.asyncDispose]());

  it('has no statement of a killed exporter any more before the same query runs again', async (t) => {
    const wish = { name: 'long', servers: [server], seconds: 60, timeoutMs: 90_000 };
    await using a = await ground.start(wish);
    await a.untilOwn('fleet_owned_servers', 1);
    const sleeping = async () => (await server.processlist()).filter(({ sql }) => sql?.includes("'<q0_db0>'"));
    const [first] = await until('the statement', LIMIT_MS, async () => {
      const found = await sleeping();
      return found.length > 0 ? found : undefined;
    });
    await using b = await ground.start(wish);
    await b.untilOwn('fleet_members', 2);
    a.program.signal('SIGKILL');
    const killedMs = performance.now();
    let goneMs = 0;
    await until('another statement', LIMIT_MS, async () => {
      const found = await sleeping();
      assert.ok(found.length < 2, 'two statements at one time');
      if (found[0]?.id !== first?.id && goneMs === 0) goneMs = performance.now() - killedMs;
      return (found.length === 1 && found[0]?.id !== first?.id) || undefined;
    });
    t.diagnostic(`gone ${Math.round(goneMs)} ms after the kill, lease ${LEASE_MS} ms`);
  });

  it('ends a statement that is longer than its period on either side of a partition, and none is stopped', async () => {
    await using relay = await TcpRelay.open(ground.redis.port);
    const wish = { name: 'partition', servers: [server], intervalMs: 3_000, seconds: 8, timeoutMs: 60_000 };
    await using a = await ground.start({ ...wish, store: `redis://127.0.0.1:${relay.port}` });
    await a.untilOwn('fleet_owned_servers', 1);
    await using b = await ground.start(wish);
    await b.untilOwn('fleet_members', 2);
    relay.cut();
    await b.untilOwn('fleet_owned_servers', 1);
    const failures = async ({ program }: Replica) =>
      Object.values(await program.samples('query_exporter_query_failures_total')).reduce((sum, n) => sum + n, 0);
    // The one that was under way at the claim may be that of a dead exporter, and is stopped, once.
    await until('a result of either side', LIMIT_MS, async () => {
      const ends = await Promise.all([a, b].map((replica) => replica.successes()));
      return ends.some((successes) => Object.keys(successes).length > 0) || undefined;
    });
    const before = (await failures(a)) + (await failures(b));
    await forgetRuns(server);
    await until('four more runs', LIMIT_MS, async () => (await readRuns(server)).length >= 4 || undefined);
    assert.equal((await failures(a)) + (await failures(b)), before);
    assert.deepEqual(closerThan(await readRuns(server), 8_000), []);
    relay.heal();
    await a.untilOwn('fleet_store_up', 1);
    await untilShared([a, b], [0, 1]);
  });

  it('has no more connections than it may, over all exporters, while owners change', async () => {
    const plan = { servers: [server], tasks: 8, intervalMs: 1_000, seconds: 0.3, maxConnections: 2 };
    const wish = { name: 'budget', ...plan };
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
      await using a = await ground.start(wish);
      await a.untilOwn('fleet_owned_servers', 1);
      await a.program.untilReady();
      await using b = await ground.start(wish);
      await b.untilOwn('fleet_members', 2);
      await a.program.stop();
      await b.untilOwn('fleet_owned_servers', 1);
      await b.program.stop();
    }
    isWatching = false;
    await watching;
    assert.equal(most, 2);
  });

  it('stays where it is for a minute: one among two exporters, a large and a small one among two and three', async () => {
    const uneven = { tasks: [9, 1], intervalMs: 5_000 };
    const fleets = [
      { wish: { name: 'single', servers: [server] }, shares: [1, 0] },
      { wish: { name: 'uneven-two', ...uneven }, shares: [1, 1] },
      { wish: { name: 'uneven-three', ...uneven }, shares: [1, 1, 0] },
    ];
    const started: { readonly replicas: Replica[]; readonly shares: readonly number[] }[] = [];
    const takeovers = async () => {
      const all = started.flatMap(({ replicas }) => replicas);
      const counts = await Promise.all(
        all.map(({ program }) => program.samples('query_exporter_fleet_takeovers_total')),
      );
      return counts.flatMap((samples) => Object.values(samples)).reduce((sum, count) => sum + count, 0);
    };
    try {
      for (const { wish, shares } of fleets) {
        const fleet = { replicas: [] as Replica[], shares };
        started.push(fleet);
        for (const _ of shares) fleet.replicas.push(await ground.start(wish));
      }
      for (const { replicas, shares } of started) await untilShared(replicas, shares);
      const before = await takeovers();
      await sleep(60_000);
      assert.equal(await takeovers(), before);
      for (const { replicas, shares } of started) {
        assert.deepEqual((await ownedBy(replicas)).sort(), [...shares].sort());
      }
    } finally {
      for (const { replicas } of started) for (const replica of replicas) await replica[Symbol.asyncDispose]();
    }
  });
});
