/* A part of `npm run test:fleet`: two exporters, and what may happen to one of them. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { samplesOf } from '../end-to-end/program.ts';
import { until } from '../support/daemon.ts';
import { TcpRelay } from '../support/tcp-relay.ts';
import { Ground, untilShared } from './ground.ts';
import { Replica } from './replicas.ts';
import { closerThan } from './run-log.ts';

/** The shortest that may be configured. */
const LEASE_MS = 3_000;
const INTERVAL_MS = 4_000;
/** Each statement takes longer than the clocks of the log are apart. */
const SECONDS = 0.1;
const LIMIT_MS = 120_000;

describe('two exporters of a fleet', () => {
  let ground: Ground;
  before(async () => {
    ground = await Ground.open(2, { tasks: 3, intervalMs: INTERVAL_MS, seconds: SECONDS, leaseMs: LEASE_MS });
  });
  after(() => ground[Symbol.asyncDispose]());

  const doubles = async () => closerThan(await ground.readRuns(), SECONDS * 1_000);
  /** How long after `atMs` the first run came on another server than the given one. */
  const firstRunElsewhere = async (ownServer: string, atMs: number) =>
    until('a run on the other server', LIMIT_MS, async () => {
      const run = (await ground.readRuns()).find(({ task, atMs: ranMs }) => !task.endsWith(ownServer) && ranMs > atMs);
      return run === undefined ? undefined : run.atMs - atMs;
    });
  const serverOf = async (replica: Replica) => {
    const { targets, fleet } = await replica.program.readStatus();
    return targets.find(({ owner }) => owner === fleet?.members[0]?.name)?.name ?? '';
  };

  it('run what a killed one left within the lease and two seconds, and all of it in its next period', async (t) => {
    await using pair = await ground.startPair({ name: 'killed' });
    const { a, b } = pair;
    await a.untilNextRuns();
    const own = await serverOf(b);
    await ground.forgetRuns();
    a.program.signal('SIGKILL');
    await a.program.exited;
    t.diagnostic(`first run elsewhere after ${await firstRunElsewhere(own, Date.now())} ms, lease ${LEASE_MS} ms`);
    await b.untilNextRuns();
    assert.equal(await b.takeovers('death'), 1);
    assert.deepEqual(await doubles(), []);
  });

  it('run nothing twice in a period when one ends and hands its server over', async (t) => {
    await using pair = await ground.startPair({ name: 'ended' });
    const { a, b } = pair;
    await a.untilNextRuns();
    const own = await serverOf(b);
    await ground.forgetRuns();
    await a.untilNextRuns();
    const askedMs = Date.now();
    const ended = a.program.stop();
    await b.untilOwn('fleet_owned_servers', 2);
    t.diagnostic(`handed over ${Date.now() - askedMs} ms after SIGTERM`);
    assert.equal(await ended, 0);
    t.diagnostic(`next run elsewhere after ${await firstRunElsewhere(own, askedMs)} ms`);
    await b.untilNextRuns();
    assert.equal(await b.takeovers('death'), 0);
    assert.deepEqual(closerThan(await ground.readRuns(), INTERVAL_MS / 2), []);
  });

  it('keep nothing of what a paused one brings when it wakes, and count that', async () => {
    // Longer than the lease, so that the one that takes the server over finds it there.
    const seconds = 5;
    await using pair = await ground.startPair({ name: 'pause', tasks: 1, seconds, intervalMs: 10_000 });
    const { a, b } = pair;
    const own = await serverOf(a);
    const server = ground.servers[Number(own.replace('db', ''))];
    assert.ok(server);
    const running = async () => (await server.processlist()).filter(({ sql }) => sql?.includes(`'<q0_${own}>'`)).length;
    await until('a statement of the one to be paused', LIMIT_MS, async () => (await running()) > 0 || undefined);
    const before = await b.successes();
    a.program.signal('SIGSTOP');
    await b.program.until('it has both servers and their results', async () => {
      assert.ok((await running()) < 2, 'two statements at one time');
      const now = await b.successes();
      return Object.entries(before).every(([key, at]) => (now[key] ?? 0) > at);
    });
    assert.equal(await b.own('fleet_owned_servers'), 2);
    const held = await b.successes();
    a.program.signal('SIGCONT');
    await a.program.until('it has refused a result', async () => (await a.own('fleet_refused_updates_total')) !== 0);
    await untilShared([a, b], [1, 1]);
    await a.untilNextRuns();
    const now = await a.successes();
    for (const [key, at] of Object.entries(held)) assert.ok((now[key] ?? 0) >= at, `${key} went back`);
  });

  it('never run a statement beside each other while one is cut off from the store', async () => {
    await ground.forgetRuns();
    await using relay = await TcpRelay.open(ground.redis.port);
    await using pair = await ground.startPair({ name: 'partition' }, [
      `redis://127.0.0.1:${relay.port}`,
      ground.redis.url,
    ]);
    const { a, b } = pair;
    relay.cut();
    await b.untilOwn('fleet_owned_servers', 2);
    await b.untilNextRuns();
    await b.untilNextRuns();
    relay.heal();
    await a.untilOwn('fleet_store_up', 1);
    await untilShared([a, b], [1, 1]);
    await a.untilNextRuns();
    assert.deepEqual(await doubles(), []);
  });

  it('poll everything after a lease, with "keep", where the store was never there', async () => {
    await using relay = await TcpRelay.open(ground.redis.port);
    relay.cut();
    await using a = await ground.start({ name: 'alone', store: `redis://127.0.0.1:${relay.port}` });
    await a.program.untilReady();
    assert.equal(await a.own('fleet_store_up'), 0);
    assert.equal(await a.own('fleet_owned_servers'), 2);
  });

  it('leave each server with one of them while a query is changed by reloads, and no series vanishes', async () => {
    const wish = { name: 'reload' };
    await using pair = await ground.startPair(wish);
    await ground.forgetRuns();
    for (const { folder, program } of [pair.a, pair.b]) {
      await folder.write(withOtherQuery(ground.config(wish)));
      assert.equal((await program.get('/-/reload', { method: 'POST' })).status, 200);
      assertUnchanged(await program.scrape());
    }
    for (const replica of [pair.a, pair.b]) await untilOtherQuery(replica);
    assert.deepEqual(await doubles(), []);
  });

  it('leave each server with one of them while both are restarted with a changed query, and no series vanishes', async () => {
    const wish = { name: 'rolling' };
    await using pair = await ground.startPair(wish);
    const { a, b } = pair;
    await a.untilNextRuns();
    await ground.forgetRuns();
    const config = withOtherQuery(ground.config(wish));
    await a.program.stop();
    assertUnchanged(await b.program.scrape());
    await using newA = await Replica.start(config);
    // Whoever has the other server does not know the new query: that is nothing to wait for.
    await newA.program.untilReady();
    assertUnchanged(await newA.program.scrape());
    await b.program.stop();
    assertUnchanged(await newA.program.scrape());
    await using newB = await Replica.start(config);
    await newB.program.untilReady();
    for (const replica of [newA, newB]) {
      await untilOtherQuery(replica);
      assertUnchanged(await replica.program.scrape());
    }
    assert.deepEqual(closerThan(await ground.readRuns(), INTERVAL_MS / 2), []);
  });
});

function withOtherQuery(config: string): string {
  return config.replace(/<q0_(db\d)>/g, '<other_$1>');
}

function assertUnchanged(page: string): void {
  for (const family of ['q1_db0', 'q2_db0', 'q1_db1', 'q2_db1']) {
    assert.equal(Object.keys(samplesOf(page, `query_exporter_${family}`)).length, 1, family);
  }
}

function untilOtherQuery({ program }: Replica): Promise<void> {
  return program.until('the new queries are there', async () => {
    const page = await program.scrape();
    return ['db0', 'db1'].every((server) =>
      Object.keys(samplesOf(page, `query_exporter_q0_${server}`)).some((labels) =>
        labels.includes(`<other_${server}>`),
      ),
    );
  });
}
