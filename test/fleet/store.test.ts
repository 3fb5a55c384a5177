import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FleetStore } from '../../src/fleet/fleet-store.ts';
import { RedisStore } from '../../src/fleet/redis-store.ts';
import type { Member } from '../../src/model/fleet-terms.ts';
import type { Tls } from '../../src/model/plan.ts';
import { createFolder, findFreePort, removeFolder, until } from '../support/daemon.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';
import { createTlsFiles } from '../support/tls.ts';
import { MemoryEngine } from './memory-store.ts';

/** An engine under test; each test has a fleet of its own in it. */
interface Subject {
  readonly name: string;
  readonly start: () => Promise<void>;
  readonly open: (fleet: string, self: string) => FleetStore;
  readonly passMs: (ms: number) => Promise<void>;
  readonly stop: () => Promise<void>;
}

const LEASE_MS = 60_000;

for (const subject of [inMemory(), onRedis('Redis', []), onRedis('a Redis cluster', ['--cluster-enabled', 'yes'])]) {
  describe(`a store of a fleet, ${subject.name}`, () => {
    before(() => subject.start());
    after(() => subject.stop());

    test('a server has one owner, whoever asks and how often', async () => {
      await using a = subject.open('one-owner', 'a');
      await using b = subject.open('one-owner', 'b');
      assert.deepEqual(await a.claim(['db1', 'db2'], LEASE_MS), ['db1', 'db2']);
      assert.deepEqual(await b.claim(['db1', 'db2', 'db3'], LEASE_MS), ['db3']);
      assert.deepEqual(await b.owners(['db1', 'db3', 'db4']), ['a', 'b', null]);
    });

    test('many servers are claimed, renewed and released at one time', async () => {
      await using a = subject.open('many', 'a');
      await using b = subject.open('many', 'b');
      const servers = Array.from({ length: 501 }, (_, n) => `db${n}`);
      assert.equal((await b.claim(['db7', 'db450'], LEASE_MS)).length, 2);
      assert.equal((await a.claim(servers, LEASE_MS)).length, 499);
      assert.deepEqual((await a.renew(member('a'), servers, LEASE_MS)).others, ['db7', 'db450']);
      await a.release(servers);
      const owners = await a.owners(servers);
      assert.equal(owners.filter((owner) => owner !== null).length, 2);
    });

    test('a renewal claims again what nobody has, and says what others have', async () => {
      await using a = subject.open('renewal', 'a');
      await using b = subject.open('renewal', 'b');
      await b.claim(['db2'], LEASE_MS);
      assert.deepEqual((await a.renew(member('a'), ['db1', 'db2'], LEASE_MS)).others, ['db2']);
      assert.deepEqual(await a.owners(['db1', 'db2']), ['a', 'b']);
    });

    test('a lease that is not renewed ends, and so does the membership', async () => {
      await using a = subject.open('expiry', 'a');
      await using b = subject.open('expiry', 'b');
      await a.renew(member('a'), ['db1'], 50);
      await b.renew(member('b'), [], LEASE_MS);
      await subject.passMs(100);
      assert.deepEqual(await b.owners(['db1']), [null]);
      assert.deepEqual(
        (await b.members()).members.map(({ id }) => id),
        ['b'],
      );
    });

    test('renewals are unbroken since the first one, or the first after a pause of half a lease', async () => {
      await using a = subject.open('unbroken', 'a');
      await using b = subject.open('unbroken', 'b');
      assert.equal((await a.renew(member('a'), [], LEASE_MS)).unbrokenMs, 0);
      await subject.passMs(60);
      assert.ok((await b.renew(member('b'), [], LEASE_MS)).unbrokenMs >= 50);
      await b.renew(null, [], 100);
      await subject.passMs(100);
      assert.equal((await a.renew(member('a'), [], LEASE_MS)).unbrokenMs, 0);
    });

    test('nobody releases what another one has', async () => {
      await using a = subject.open('release', 'a');
      await using b = subject.open('release', 'b');
      await a.claim(['db1'], LEASE_MS);
      await b.release(['db1']);
      assert.deepEqual(await b.owners(['db1']), ['a']);
    });

    test('only the owner of the server writes a state', async () => {
      await using a = subject.open('fence', 'a');
      await using b = subject.open('fence', 'b');
      await a.claim(['db1'], LEASE_MS);
      const state = { id: 'task', body: Buffer.from([0, 255, 10]), keepMs: LEASE_MS };
      assert.equal(await a.write('db1', state), true);
      assert.equal(await b.write('db1', { ...state, body: Buffer.from('older') }), false);
      assert.equal(await b.write('db2', state), false);
      const [kept, none] = await b.read(['task', 'other']);
      assert.deepEqual(Buffer.from(kept ?? []), state.body);
      assert.equal(none, null);
      assert.deepEqual(await b.beginnings(['other', 'task'], 2), [null, '\x00\xff']);
      assert.deepEqual(await b.beginnings(['task'], 64), ['\x00\xff\n']);
    });

    test('the others hear of a state and of a release, and nobody of his own', async () => {
      await using a = subject.open('news', 'a');
      await using b = subject.open('news', 'b');
      const [ofA, ofB] = [await a.latest(), await b.latest()];
      await a.claim(['db1'], LEASE_MS);
      await a.write('db1', { id: 'task', body: Buffer.from('1'), keepMs: LEASE_MS });
      await a.release(['db1']);
      const heard = await b.newsAfter(ofB);
      assert.deepEqual(
        heard.items.map(({ by, id }) => [by, id]),
        [
          ['a', 'task'],
          ['a', null],
        ],
      );
      assert.equal(heard.hasGap, false);
      assert.deepEqual((await a.newsAfter(ofA)).items, []);
      assert.deepEqual((await b.newsAfter(heard.place)).items, []);
    });

    test('fleets of other names are apart', async () => {
      await using a = subject.open('left', 'a');
      await using b = subject.open('right', 'b');
      await a.renew(member('a'), ['db1'], LEASE_MS);
      assert.deepEqual(await b.claim(['db1'], LEASE_MS), ['db1']);
      assert.deepEqual((await b.members()).members, []);
    });

    test('a replica that leaves is a member no more', async () => {
      await using a = subject.open('leave', 'a');
      await a.renew(member('a'), [], LEASE_MS);
      assert.deepEqual((await a.members()).members, [member('a')]);
      await a.leave();
      assert.deepEqual((await a.members()).members, []);
    });
  });
}

describe('a store on Redis', () => {
  test('says soon that a paused server does not answer, and comes back with a new session', async () => {
    await using server = await startRedis();
    await using store = open(server, 'pause', 'a', { answerMs: 300 });
    await store.renew(member('a'), ['db1'], LEASE_MS);
    assert.equal(store.session, 1);
    await server.pause();
    await assert.rejects(store.renew(member('a'), ['db1'], LEASE_MS));
    server.resume();
    await until('the store to answer', 30_000, () => store.owners(['db1']).catch(() => undefined));
    assert.deepEqual(await store.owners(['db1']), ['a']);
    assert.ok(store.session > 1);
  });

  test('comes back after a kill, and finds nothing', async () => {
    await using server = await startRedis();
    await using store = open(server, 'kill', 'a');
    await store.renew(member('a'), ['db1'], LEASE_MS);
    await server.kill();
    await assert.rejects(store.owners(['db1']));
    await server.restart();
    assert.deepEqual(await until('the store to answer', 30_000, () => store.owners(['db1']).catch(() => undefined)), [
      null,
    ]);
  });

  test('logs in as a user with few rights, and says what a server refuses', async () => {
    await using server = await startRedis(['--user', 'exporter', 'on', '>secret', ...RIGHTS]);
    await using wrong = open(server, 'acl', 'a', { user: 'exporter', password: 'wrong' });
    await assert.rejects(wrong.owners(['db1']), /WRONGPASS/);
    await using store = open(server, 'acl', 'a', { user: 'exporter', password: 'secret' });
    await store.renew(member('a'), ['db1'], LEASE_MS);
    assert.equal(await store.write('db1', { id: 'task', body: Buffer.from('1'), keepMs: LEASE_MS }), true);
    assert.equal((await store.read(['task'])).length, 1);
    await store.newsAfter(await store.latest());
    await store.release(['db1']);
    await store.members();
    await store.beginnings(['task'], 1);
    await store.leave();
  });

  test('speaks TLS, checks who answers, and shows its own certificate', async () => {
    const folder = await createFolder('tls');
    const files = await createTlsFiles(folder);
    const port = await findFreePort();
    const { ca, serverCert, serverKey, clientCert, clientKey } = files;
    const flags = ['--tls-port', `${port}`, '--tls-ca-cert-file', ca, '--tls-auth-clients', 'yes'];
    await using server = await startRedis([...flags, '--tls-cert-file', serverCert, '--tls-key-file', serverKey]);
    const tls: Tls = { mode: 'verify', caFile: ca, certFile: clientCert, keyFile: clientKey, serverName: null };
    await using store = open(server, 'tls', 'a', { port, tls });
    assert.deepEqual(await store.claim(['db1'], LEASE_MS), ['db1']);
    for (const [wrong, reason] of [
      [{ serverName: 'other' }, /other/],
      [{ caFile: clientCert }, /self-signed|unable to verify/],
      [{ certFile: null, keyFile: null }, /certificate required|closed/],
    ] as const) {
      await using stranger = open(server, 'tls', 'b', { port, tls: { ...tls, ...wrong } });
      await assert.rejects(stranger.owners(['db1']), reason);
    }
    await removeFolder(folder);
  });

  test('knows that news was lost when so much came that the oldest is gone', async () => {
    await using server = await startRedis();
    await using store = open(server, 'gap', 'b');
    const place = await store.latest();
    const client = server.client();
    const key = 'query-exporter:{gap}:news';
    for (let n = 0; n < 1_200; n += 1) void client.xadd(key, '*', 'by', 'a', 'id', `task${n}`);
    await client.xtrim(key, 'MAXLEN', 1_100);
    client.disconnect();
    // An empty place is before everything; one in the middle is the ordinary case.
    assert.equal((await store.newsAfter(place)).hasGap, true);
  });
});

/** As docs/fleet.md has them. */
const RIGHTS = ['~query-exporter:*', '+@read', '+@write', '+@connection', '+eval', '+time', '-@dangerous'];

function open(
  server: RedisServer,
  fleet: string,
  self: string,
  { answerMs = 10_000, user = '', password = '', port = server.port, tls = null }: Partial<OpenOptions> = {},
): RedisStore {
  const address = { master: null, user, password: { kind: 'text', text: password }, database: 0, tls } as const;
  return new RedisStore({ address: { ...address, hosts: [{ host: '127.0.0.1', port }] }, fleet, self, answerMs });
}

interface OpenOptions {
  readonly answerMs: number;
  readonly user: string;
  readonly password: string;
  readonly port: number;
  readonly tls: Tls | null;
}

function inMemory(): Subject {
  const engines = new Map<string, MemoryEngine>();
  return {
    name: 'in memory',
    start: async () => {},
    open: (fleet, self) => {
      const engine = engines.get(fleet) ?? new MemoryEngine();
      engines.set(fleet, engine);
      return engine.openStore(self);
    },
    passMs: async (ms) => {
      for (const engine of engines.values()) engine.nowMs += ms;
    },
    stop: async () => {},
  };
}

function onRedis(name: string, flags: readonly string[]): Subject {
  let server: RedisServer | null = null;
  return {
    name: `on ${name}`,
    start: async () => {
      server = await startRedis(flags);
      if (flags.length === 0) return;
      const client = server.client();
      await client.cluster('ADDSLOTSRANGE', 0, 16_383);
      await until('the cluster to be whole', 30_000, async () =>
        String(await client.cluster('INFO')).includes('cluster_state:ok') ? true : undefined,
      );
      client.disconnect();
    },
    open: (fleet, self) => {
      assert.ok(server);
      return open(server, fleet, self);
    },
    passMs: (ms) => sleep(ms),
    stop: async () => server?.[Symbol.asyncDispose](),
  };
}

function member(id: string): Member {
  return { id, name: id, version: '1', configDigest: 'c', serversDigest: 's', servers: 0, tasks: 0 };
}
