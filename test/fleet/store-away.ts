/* A part of `npm run test:fleet`: what the servers are asked, and what scrapes see, while the store is away. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Ground, ownedBy } from './ground.ts';
import type { Replica } from './replicas.ts';
import { closerThan, otherThanOnce } from './run-log.ts';

const LEASE_MS = 5_000;
const INTERVAL_MS = 10_000;
const AWAY_MS = 60_000;
/** Before and after. */
const THERE_MS = 30_000;

describe('while the store is away', () => {
  let ground: Ground;
  before(async () => {
    ground = await Ground.open(2, { tasks: 5, intervalMs: INTERVAL_MS, leaseMs: LEASE_MS });
  });
  after(() => ground[Symbol.asyncDispose]());

  it('for a minute, and back empty, two exporters with "keep" run every query once in each period', async (t) => {
    const { redis } = ground;
    await using pair = await ground.startPair({ name: 'keep' });
    const both = [pair.a, pair.b];
    await ground.forgetRuns();
    const before = await scrapeFor(both, THERE_MS);
    await redis.kill();
    for (const replica of both) await replica.untilOwn('fleet_store_up', 0);
    const away = await scrapeFor(both, AWAY_MS);
    await redis.restart();
    for (const replica of both) await replica.untilOwn('fleet_store_up', 1);
    const after = await scrapeFor(both, THERE_MS);
    assert.deepEqual(await ownedBy(both), [1, 1]);
    const runs = await ground.readRuns();
    assert.deepEqual(otherThanOnce(runs, INTERVAL_MS, Date.now()), [], `${runs.length} runs`);
    for (const replica of both) assert.equal(await replica.takeovers('death'), 0);
    t.diagnostic(`${runs.length} runs of 10 queries, each once in each period`);
    t.diagnostic(`p99 of scrapes: ${before} ms before, ${away} ms without the store, ${after} ms after`);
  });

  it('with "stop", no query runs when an exporter says that its lease has ended, and all run again when it is back', async (t) => {
    const { redis } = ground;
    await using pair = await ground.startPair({ name: 'stop', withoutStore: 'stop', intervalMs: 1_000 });
    const both = [pair.a, pair.b];
    await pair.a.untilNextRuns();
    const killedMs = performance.now();
    await redis.kill();
    for (const replica of both) await replica.untilOwn('fleet_store_up', 0);
    for (const replica of both) await untilLeaseEnded(replica);
    t.diagnostic(`ended ${Math.round(performance.now() - killedMs)} ms after the kill, lease ${LEASE_MS} ms`);
    await ground.forgetRuns();
    await sleep(2 * LEASE_MS);
    const late = await ground.readRuns();
    t.diagnostic(`${late.length} runs after that`);
    // A run that had begun may come to the server after that, and none comes after it.
    assert.deepEqual(closerThan(late, Number.POSITIVE_INFINITY), []);
    await redis.restart();
    await pair.a.untilNextRuns();
    await pair.b.untilNextRuns();
    assert.deepEqual(closerThan(await ground.readRuns(), 50), []);
  });
});

/** It says so where it is asked to run a query; until then it runs those of its own server. */
function untilLeaseEnded({ program }: Replica): Promise<void> {
  return program.until('its lease has ended', async () => {
    const asked = ['db0', 'db1'].map((server) =>
      program.get(`/-/run?query=q0_${server}&target=${server}`, { method: 'POST' }),
    );
    const answers = await Promise.all((await Promise.all(asked)).map((answer) => answer.text()));
    return answers.every((text) => /no exporter of the fleet has its server|polled by/.test(text));
  });
}

/** Returns the p99 in ms. */
async function scrapeFor(replicas: readonly Replica[], ms: number): Promise<number> {
  const tookMs: number[] = [];
  const endMs = performance.now() + ms;
  while (performance.now() < endMs) {
    for (const { program } of replicas) {
      const startedMs = performance.now();
      await program.scrape();
      tookMs.push(performance.now() - startedMs);
    }
    await sleep(50);
  }
  return Math.round(tookMs.sort((a, b) => a - b)[Math.floor(tookMs.length * 0.99)] ?? 0);
}
