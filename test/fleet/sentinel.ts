/* A part of `npm run test:fleet`: the store is behind sentinels, and its master is killed. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { RedisStore } from '../../src/fleet/redis-store.ts';
import type { Tls } from '../../src/model/plan.ts';
import { createFolder, removeFolder, until } from '../support/daemon.ts';
import type { RedisServer } from '../support/redis.ts';
import { type RedisSentinels, startRedisSentinels } from '../support/redis-sentinels.ts';
import { createTlsFiles } from '../support/tls.ts';
import { Ground, ownedBy } from './ground.ts';
import { otherThanOnce } from './run-log.ts';

const LEASE_MS = 5_000;
const INTERVAL_MS = 10_000;
/** What never happens is given up after this. */
const LIMIT_MS = 120_000;

describe('a store behind sentinels', () => {
  it('answers again by another server when its master was killed, and goes on when that one is back', async (t) => {
    await using redis = await startRedisSentinels();
    await using store = open(redis, null);
    assert.deepEqual(await store.claim(['db1'], 60_000), ['db1']);
    // Else the fail-over forgets what was not copied yet.
    await withClient(redis.master, (client) => client.wait(1, LIMIT_MS));
    await redis.master.kill();
    const killedMs = performance.now();
    await assert.rejects(store.owners(['db1']));
    const owners = await until('the store to answer', LIMIT_MS, () => store.owners(['db1']).catch(() => undefined));
    t.diagnostic(`answers ${Math.round(performance.now() - killedMs)} ms after the kill`);
    assert.deepEqual(owners, ['a']);
    assert.equal(store.session, 2);
    await redis.master.restart();
    await withClient(redis.master, (client) =>
      until('the old master to be a replica', LIMIT_MS, async () =>
        (await client.info('replication')).includes('role:slave') ? true : undefined,
      ),
    );
    assert.deepEqual(await store.claim(['db2'], 60_000), ['db2']);
    assert.equal(store.session, 2);
  });

  it('and they, speak TLS', async (t) => {
    const folder = await createFolder('sentinel-tls');
    t.after(() => removeFolder(folder));
    const files = await createTlsFiles(folder);
    await using redis = await startRedisSentinels(files);
    const tls: Tls = { mode: 'verify', caFile: files.ca, certFile: null, keyFile: null, serverName: 'localhost' };
    await using store = open(redis, tls);
    assert.deepEqual(await store.claim(['db1'], 60_000), ['db1']);
    await using plain = open(redis, null);
    await assert.rejects(plain.owners(['db1']));
    await using stranger = open(redis, { ...tls, serverName: 'other' });
    await assert.rejects(stranger.owners(['db1']));
  });

  it('is away for a moment when its master is killed, and every query runs once in each period', async (t) => {
    await using redis = await startRedisSentinels();
    await using ground = await Ground.open(2, { tasks: 5, intervalMs: INTERVAL_MS, leaseMs: LEASE_MS });
    await using pair = await ground.startPair({ name: 'sentinel' }, [redis.url, redis.url]);
    const both = [pair.a, pair.b];
    await ground.forgetRuns();
    await sleep(2 * INTERVAL_MS);
    await redis.master.kill();
    const killedMs = performance.now();
    for (const { program } of both) {
      await program.until('the store is back', () => program.stderr.includes('store of the fleet answers again'));
    }
    t.diagnostic(`back ${Math.round(performance.now() - killedMs)} ms after the kill`);
    await sleep(3 * INTERVAL_MS);
    assert.deepEqual(await ownedBy(both), [1, 1]);
    const runs = await ground.readRuns();
    assert.deepEqual(otherThanOnce(runs, INTERVAL_MS, Date.now()), [], `${runs.length} runs`);
    for (const replica of both) assert.equal(await replica.takeovers('death'), 0);
  });
});

function open(redis: RedisSentinels, tls: Tls | null): RedisStore {
  const hosts = redis.ports.map((port) => ({ host: '127.0.0.1', port }));
  const address = { hosts, master: redis.name, user: '', password: { kind: 'text', text: '' }, database: 0 } as const;
  return new RedisStore({ address: { ...address, tls }, fleet: 'sentinel', self: 'a', answerMs: 3_000 });
}

async function withClient(server: RedisServer, work: (client: Redis) => Promise<unknown>): Promise<void> {
  const client = server.client();
  try {
    await work(client);
  } finally {
    client.disconnect();
  }
}
