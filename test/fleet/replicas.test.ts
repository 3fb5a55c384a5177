import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { samplesOf } from '../end-to-end/program.ts';
import { type Mariadb, startMariadb } from '../support/mariadb.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';
import { TcpRelay } from '../support/tcp-relay.ts';
import { type FleetPlan, fleetConfig, Replica } from './replicas.ts';
import { closerThan, forgetRuns, LOG_FLAGS, readRuns, sqlOf } from './run-log.ts';

/** The shortest that may be configured. */
const LEASE_MS = 3_000;
const INTERVAL_MS = 2_000;
/** Each statement takes longer than the clocks of the log are apart. */
const SECONDS = 0.1;

describe('two exporters of a fleet on Redis', () => {
  let servers: readonly Mariadb[] = [];
  let redis: RedisServer;
  before(async () => {
    servers = [await startMariadb({ flags: LOG_FLAGS }), await startMariadb({ flags: LOG_FLAGS })];
    redis = await startRedis();
  });
  after(async () => {
    for (const server of servers) await server[Symbol.asyncDispose]();
    await redis[Symbol.asyncDispose]();
  });

  const plan = (): FleetPlan => ({ servers, tasks: 3, intervalMs: INTERVAL_MS, seconds: SECONDS, leaseMs: LEASE_MS });
  const start = (storePort = redis.port, more: Partial<FleetPlan> = {}, name = 'default') =>
    Replica.start(fleetConfig({ ...plan(), ...more }, storePort).replace('fleet: {', `fleet: {name: ${name}, `));

  /** Two that share the servers, one each. */
  async function startPair(name: string, ports: readonly [number, number] = [redis.port, redis.port]) {
    const a = await start(ports[0], {}, name);
    await a.untilOwn('fleet_owned_servers', 2);
    await a.program.untilReady();
    const b = await start(ports[1], {}, name);
    await b.untilOwn('fleet_owned_servers', 1);
    await a.untilOwn('fleet_owned_servers', 1);
    return [a, b] as const;
  }

  /** What the servers' own logs say: statements of one task at one time, since they were last forgotten. */
  async function doubles(): Promise<readonly string[]> {
    const found = await Promise.all(servers.map(async (server) => closerThan(await readRuns(server), SECONDS * 1_000)));
    return found.flat();
  }

  const forget = () => Promise.all(servers.map(forgetRuns));
  /** Each task has run once more. */
  async function untilNextRuns(replica: Replica): Promise<void> {
    const before = await successes(replica);
    await replica.program.until('every task has a newer result', async () => {
      const now = await successes(replica);
      return Object.entries(before).every(([key, at]) => (now[key] ?? 0) > at);
    });
  }
  const successes = async ({ program }: Replica) =>
    samplesOf(await program.scrape(), 'query_exporter_query_last_success_timestamp_seconds');

  it('show the same, though each asks one server only; one that ends hands its server over', async () => {
    await forget();
    const [a, b] = await startPair('handover');
    await using _a = a;
    await using _b = b;
    await untilNextRuns(a);
    await untilNextRuns(b);
    for (const { program } of [a, b]) {
      assert.equal(Object.keys(await successes({ program } as Replica)).length, 6);
      assert.equal((await program.get('/-/ready')).status, 200);
    }
    assert.equal(await a.program.stop(), 0);
    await b.untilOwn('fleet_owned_servers', 2);
    await untilNextRuns(b);
    assert.deepEqual((await b.program.samples('query_exporter_fleet_takeovers_total'))['{reason="death"}'], undefined);
    assert.deepEqual(await doubles(), []);
  });

  it('go on when one is killed: the other takes its server over when the lease has ended', async () => {
    await forget();
    const [a, b] = await startPair('kill');
    await using _a = a;
    await using _b = b;
    a.program.signal('SIGKILL');
    await b.untilOwn('fleet_owned_servers', 2);
    await untilNextRuns(b);
    assert.equal((await b.program.samples('query_exporter_fleet_takeovers_total'))['{reason="death"}'], 1);
    assert.deepEqual(await doubles(), []);
  });

  it('a paused one that wakes runs nothing and keeps nothing', async () => {
    await forget();
    const [a, b] = await startPair('pause');
    await using _a = a;
    await using _b = b;
    a.program.signal('SIGSTOP');
    await b.untilOwn('fleet_owned_servers', 2);
    await untilNextRuns(b);
    const held = await successes(b);
    a.program.signal('SIGCONT');
    await a.program.until(
      'it has a server again',
      async () => (await a.own('fleet_owned_servers')) === 1 && (await b.own('fleet_owned_servers')) === 1,
    );
    await untilNextRuns(a);
    const now = await successes(a);
    for (const [key, at] of Object.entries(held)) assert.ok((now[key] ?? 0) >= at, `${key} went back`);
    assert.deepEqual(await doubles(), []);
  });

  it('go on with their servers while the store is dead, and when it comes back empty', async () => {
    await forget();
    const [a, b] = await startPair('restart');
    await using _a = a;
    await using _b = b;
    await redis.kill();
    await a.untilOwn('fleet_store_up', 0);
    await b.untilOwn('fleet_store_up', 0);
    const own = async (replica: Replica) => await replica.program.samples('query_exporter_query_refreshes_total');
    const before = [await own(a), await own(b)];
    await a.program.until('both run on without it', async () => {
      const now = [await own(a), await own(b)];
      return now.every((counts, n) =>
        Object.entries(counts).some(([key, count]) => count > (before[n]?.[key] ?? 0) + 1),
      );
    });
    await redis.restart();
    await a.untilOwn('fleet_store_up', 1);
    await b.untilOwn('fleet_store_up', 1);
    await untilNextRuns(a);
    await untilNextRuns(b);
    assert.equal(await a.own('fleet_owned_servers'), 1);
    assert.equal(await b.own('fleet_owned_servers'), 1);
    assert.deepEqual(await doubles(), []);
  });

  it('one that is cut off from the store never runs a statement beside the other one', async () => {
    await forget();
    await using relay = await TcpRelay.open(redis.port);
    const [a, b] = await startPair('partition', [relay.port, redis.port]);
    await using _a = a;
    await using _b = b;
    relay.cut();
    await b.untilOwn('fleet_owned_servers', 2);
    await untilNextRuns(b);
    await untilNextRuns(b);
    relay.heal();
    await a.untilOwn('fleet_store_up', 1);
    await a.program.until(
      'they share again',
      async () => (await a.own('fleet_owned_servers')) === 1 && (await b.own('fleet_owned_servers')) === 1,
    );
    await untilNextRuns(a);
    assert.deepEqual(await doubles(), []);
  });

  it('with "stop", one without the store is not ready and says why, and asks nobody', async () => {
    await forget();
    await using relay = await TcpRelay.open(redis.port);
    relay.cut();
    await using a = await start(relay.port, { withoutStore: 'stop' }, 'stop');
    await a.untilOwn('fleet_store_up', 0);
    const ready = await a.program.get('/-/ready');
    assert.equal(ready.status, 503);
    assert.match(await ready.text(), /the store of the fleet \(without_store is "stop"\)/);
    for (const server of servers) assert.deepEqual(await readRuns(server), []);
    relay.heal();
    await a.program.untilReady();
  });

  it('with "keep", one that never saw the store polls everything after a lease', async () => {
    await using relay = await TcpRelay.open(redis.port);
    relay.cut();
    await using a = await start(relay.port, {}, 'alone');
    await a.program.untilReady();
    assert.equal(await a.own('fleet_store_up'), 0);
    assert.equal(await a.own('fleet_owned_servers'), 2);
  });

  it('one that does not have the server of a query names who has', async () => {
    const [a, b] = await startPair('owner');
    await using _a = a;
    await using _b = b;
    const { program } = b;
    await program.until('the owners are known', async () =>
      (await program.readStatus()).targets.every(({ owner }) => owner !== null),
    );
    const { targets, fleet } = await program.readStatus();
    const elsewhere = targets.find(({ owner }) => owner === fleet?.members[1]?.name);
    const query = elsewhere === undefined ? '' : `q0_${elsewhere.name}`;
    const answer = await program.get(`/-/run?query=${query}&target=${elsewhere?.name}`, { method: 'POST' });
    assert.equal(answer.status, 409);
    assert.match(await answer.text(), new RegExp(`polled by ${elsewhere?.owner}: ask there`));
    assert.equal(fleet?.members.length, 2);
  });

  it('a reload with another query leaves each server with one exporter, and no series vanishes', async () => {
    const [a, b] = await startPair('update');
    await using _a = a;
    await using _b = b;
    await forget();
    const config = fleetConfig(plan(), redis.port).replace('fleet: {', 'fleet: {name: update, ');
    for (const replica of [a, b]) {
      await replica.folder.write(config.replace(sqlOf('q0_db0', SECONDS), sqlOf('other_db0', SECONDS)));
      assert.equal((await replica.program.get('/-/reload', { method: 'POST' })).status, 200);
      const page = await replica.program.scrape();
      for (const family of ['q1_db0', 'q0_db1']) {
        assert.equal(Object.keys(samplesOf(page, `query_exporter_${family}`)).length, 1, family);
      }
    }
    for (const replica of [a, b]) {
      await replica.program.until('the new query is there', async () =>
        Object.keys(await replica.program.samples('query_exporter_q0_db0')).some((labels) =>
          labels.includes('<other_db0>'),
        ),
      );
    }
    assert.deepEqual(await doubles(), []);
  });

  it('the fleet itself is not changed by a reload', async () => {
    await using a = await start(redis.port, {}, 'fixed');
    await a.folder.write(fleetConfig(plan(), redis.port).replace('fleet: {', 'fleet: {name: changed, '));
    const answer = await a.program.get('/-/reload', { method: 'POST' });
    assert.equal(answer.status, 500);
    assert.match(await answer.text(), /start the exporter anew/);
  });
});
