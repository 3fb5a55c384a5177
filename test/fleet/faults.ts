/*
 * A part of `npm run test:fleet`: three exporters on a Redis while everything happens to them that may happen. What they did
 * to the servers is read from the servers' own logs.
 */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { TcpRelay } from '../support/tcp-relay.ts';
import { Ground, untilShared } from './ground.ts';
import type { Replica } from './replicas.ts';
import { closerThan } from './run-log.ts';

const LEASE_MS = 5_000;
const FAULTS_MS = 180_000;
const INTERVAL_MS = 10_000;
/** On each of three servers. */
const TASKS = 10;

let ground: Ground;
before(async () => {
  ground = await Ground.open(3, { tasks: TASKS, intervalMs: INTERVAL_MS, seconds: 0.2, leaseMs: LEASE_MS });
});
after(() => ground[Symbol.asyncDispose]());

interface Fault {
  readonly name: string;
  readonly happen: () => Promise<void>;
}

it('a fleet of three runs no statement twice at one time in three minutes of faults', async (t) => {
  const { redis } = ground;
  const relays: TcpRelay[] = [];
  const replicas: Replica[] = [];
  const start = (n: number) => ground.start({ name: 'faults', store: `redis://127.0.0.1:${relays[n]?.port}` });
  const faults: readonly Fault[] = [
    {
      name: 'kill -9',
      happen: async () => {
        await replicas[0]?.[Symbol.asyncDispose]();
        replicas[0] = await start(0);
      },
    },
    {
      name: 'SIGTERM',
      happen: async () => {
        await replicas[1]?.program.stop();
        replicas[1] = await start(1);
      },
    },
    {
      name: 'SIGSTOP for 30 s',
      happen: async () => {
        replicas[2]?.program.signal('SIGSTOP');
        await sleep(30_000);
        replicas[2]?.program.signal('SIGCONT');
      },
    },
    {
      name: 'store killed, back empty after 10 s',
      happen: async () => {
        await redis.kill();
        await sleep(10_000);
        await redis.restart();
      },
    },
    {
      name: 'store paused for 10 s',
      happen: async () => {
        await redis.pause();
        await sleep(10_000);
        redis.resume();
      },
    },
    {
      name: 'one cut off from the store for 15 s',
      happen: async () => {
        relays[0]?.cut();
        await sleep(15_000);
        relays[0]?.heal();
      },
    },
  ];
  try {
    for (let n = 0; n < 3; n += 1) relays.push(await TcpRelay.open(redis.port));
    for (const n of relays.keys()) replicas.push(await start(n));
    await untilShared(replicas, [1, 1, 1]);
    await ground.forgetRuns();
    const endMs = performance.now() + FAULTS_MS;
    let before = 0;
    let count = 0;
    while (performance.now() < endMs) {
      const fault = faults[count % faults.length];
      assert.ok(fault);
      await fault.happen();
      await untilShared(replicas, [1, 1, 1]);
      count += 1;
      const runs = await ground.readRuns();
      assert.deepEqual(closerThan(runs, 200), [], `${fault.name}: two at one time`);
      const repeated = closerThan(runs, INTERVAL_MS / 2);
      t.diagnostic(`${fault.name}: ${repeated.length - before} of ${runs.length} runs came twice in a period`);
      before = repeated.length;
      // What was in flight runs again; a partition with `keep` runs each query on both sides, for two periods at most.
      assert.ok(repeated.length <= count * 2 * TASKS, repeated.join('\n'));
    }
    t.diagnostic(`${count} faults, ${(await ground.readRuns()).length} runs, 0 twice at one time`);
  } finally {
    for (const replica of replicas) await replica[Symbol.asyncDispose]();
    for (const relay of relays) await relay[Symbol.asyncDispose]();
  }
});
