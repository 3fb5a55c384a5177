import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lease } from '../../src/model/lease.ts';
import type { MemoryEngine } from './memory-store.ts';
import { LEASE_MS, SetFleet, STEP_MS } from './set-fleet.ts';

const SERVERS = { db1: 5, db2: 5, db3: 5, db4: 5 };

test('two replicas have half of the servers each, and when one dies the other has all after the lease', async () => {
  const fleet = new SetFleet();
  const a = fleet.join('a', SERVERS);
  await fleet.pass(1_000);
  assert.equal(a.polls.length, 4);
  const b = fleet.join('b', SERVERS);
  await fleet.pass(10_000);
  assert.deepEqual([a.polls.length, b.polls.length], [2, 2]);
  b.isGone = true;
  await fleet.pass(LEASE_MS - 2_500);
  assert.equal(a.polls.length, 2);
  await fleet.pass(4_000);
  assert.equal(a.polls.length, 4);
  assert.deepEqual(a.tenure.state.takeovers, { join: 4, death: 2 });
});

test('who leaves gives everything back, and it is taken over at once', async () => {
  const fleet = new SetFleet();
  const a = fleet.join('a', SERVERS);
  await fleet.pass(1_000);
  const b = fleet.join('b', SERVERS);
  await fleet.pass(10_000);
  await a.tenure.go();
  a.isGone = true;
  await new Promise((resolve) => setImmediate(resolve));
  await fleet.pass(STEP_MS);
  assert.equal(b.polls.length, 4);
  assert.equal(b.tenure.state.takeovers.death, undefined);
});

test('who gives servers back writes for them until nothing is under way there', async () => {
  const fleet = new SetFleet();
  const a = fleet.join('a', SERVERS);
  await fleet.pass(1_000);
  const going = a.tenure.go();
  assert.deepEqual([a.tenure.owned.size, a.tenure.has('db1')], [0, true]);
  await going;
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(a.tenure.has('db1'), false);
});

test('who leaves while a claim is on its way keeps nothing of it', async () => {
  const fleet = new SetFleet();
  const a = fleet.join('a', SERVERS);
  a.onAnswer = async (request) => {
    if (request === 'claim') await a.tenure.go();
  };
  await fleet.pass(STEP_MS);
  assert.deepEqual([fleet.engine.leases.size, a.tenure.owned.size, a.changes], [0, 0, []]);
});

test('who claims of a store that has just come back empty keeps nothing of it', async () => {
  const fleet = new SetFleet();
  const a = fleet.join('a', SERVERS);
  a.onAnswer = async (request) => {
    if (request !== 'owners') return;
    a.onAnswer = async () => {};
    fleet.engine.restartEmpty();
  };
  await fleet.pass(STEP_MS);
  assert.deepEqual([fleet.engine.leases.size, a.tenure.owned.size, a.changes], [0, 0, []]);
});

test('a paused replica may run nothing when it wakes, and learns that it lost its servers', async () => {
  const fleet = new SetFleet();
  const a = fleet.join('a', SERVERS);
  await fleet.pass(1_000);
  const b = fleet.join('b', SERVERS);
  await fleet.pass(10_000);
  a.isPaused = true;
  await fleet.pass(30_000);
  assert.equal(b.polls.length, 4);
  a.isPaused = false;
  assert.deepEqual(a.polls, []);
  const losses = a.lease.losses;
  await fleet.pass(STEP_MS);
  assert.deepEqual(a.polls, []);
  assert.equal(a.lease.losses, losses + 1);
  assert.deepEqual(a.changes.at(-1)?.lost.length, 2);
});

test('with keep everybody goes on without a store, and nobody takes over more when it comes back empty', async () => {
  const fleet = new SetFleet();
  const a = fleet.join('a', SERVERS);
  await fleet.pass(1_000);
  const b = fleet.join('b', SERVERS);
  await fleet.pass(10_000);
  const before = [a.polls, b.polls];
  fleet.engine.isDown = true;
  await fleet.pass(60_000);
  assert.deepEqual([a.polls, b.polls], before);
  fleet.engine.restartEmpty();
  fleet.engine.isDown = false;
  for (let passed = 0; passed < 30_000; passed += STEP_MS) {
    await fleet.pass(STEP_MS);
    assert.deepEqual([a.polls, b.polls], before);
  }
});

test('the first replica of a fleet claims servers after one lease, and the second one at once', async () => {
  const fleet = new SetFleet();
  fleet.engine.restartEmpty();
  const a = fleet.join('a', SERVERS);
  await fleet.pass(LEASE_MS);
  assert.deepEqual(a.polls, []);
  await fleet.pass(STEP_MS);
  assert.equal(a.polls.length, 4);
  const b = fleet.join('b', SERVERS);
  await fleet.pass(3_000);
  assert.deepEqual([a.polls.length, b.polls.length], [2, 2]);
});

for (const [name, comeBack] of [
  ['empty', (engine: MemoryEngine) => engine.restartEmpty()],
  ['with leases that have ended', () => {}],
] as const) {
  test(`a new replica that finds the store back ${name} takes nothing from those who are still connecting`, async () => {
    const fleet = new SetFleet();
    const a = fleet.join('a', SERVERS);
    await fleet.pass(1_000);
    fleet.engine.isDown = true;
    await fleet.pass(60_000);
    comeBack(fleet.engine);
    fleet.engine.isDown = false;
    a.isCutOff = true;
    const b = fleet.join('b', SERVERS);
    await fleet.pass(5_000);
    assert.deepEqual([a.polls.length, b.polls.length], [4, 0]);
    a.isCutOff = false;
    await fleet.pass(STEP_MS);
    assert.deepEqual([a.polls.length, b.polls.length, a.lease.losses], [4, 0, 0]);
    await fleet.pass(LEASE_MS);
    assert.deepEqual([a.polls.length, b.polls.length, a.lease.losses], [2, 2, 0]);
  });
}

test('a store that restarts empty between two renewals changes nothing, whoever notices first, and when', async () => {
  for (const first of ['a', 'b']) {
    for (const steps of [0, 1, 2, 3]) {
      const fleet = new SetFleet();
      const a = fleet.join('a', SERVERS);
      await fleet.pass(1_000);
      const b = fleet.join('b', SERVERS);
      await fleet.pass(10_000 + steps * STEP_MS);
      const before = [a.polls, b.polls];
      if (first === 'b') fleet.replicas.reverse();
      fleet.engine.restartEmpty();
      await fleet.pass(30_000);
      assert.deepEqual([a.polls, b.polls], before);
      assert.deepEqual([a.lease.losses, b.lease.losses], [0, 0]);
    }
  }
});

test('with stop nobody polls beyond the lease while the store is away, and all go on when it is back', async () => {
  const fleet = new SetFleet();
  const a = fleet.join('a', SERVERS, 'stop');
  await fleet.pass(5_000);
  fleet.engine.isDown = true;
  await fleet.pass(LEASE_MS);
  assert.deepEqual(a.polls, []);
  await fleet.pass(60_000);
  assert.deepEqual(a.polls, []);
  const told = a.changes.length;
  fleet.engine.isDown = false;
  await fleet.pass(1_000);
  assert.equal(a.polls.length, 4);
  assert.ok(a.changes.length > told, 'the poller was not told to make up what it missed');
});

test('a replica that was paused while the store is away waits for one more lease', async () => {
  const fleet = new SetFleet();
  const a = fleet.join('a', SERVERS);
  await fleet.pass(5_000);
  fleet.engine.isDown = true;
  await fleet.pass(5_000);
  a.isPaused = true;
  await fleet.pass(30_000);
  a.isPaused = false;
  await fleet.pass(LEASE_MS - STEP_MS);
  assert.deepEqual(a.polls, []);
  await fleet.pass(1_000);
  assert.equal(a.polls.length, 4);
});

test('a replica that never saw the store polls everything after a lease with keep, and nothing with stop', async () => {
  const fleet = new SetFleet();
  fleet.engine.isDown = true;
  const a = fleet.join('a', SERVERS);
  const b = fleet.join('b', SERVERS, 'stop');
  a.isCutOff = true;
  await fleet.pass(LEASE_MS);
  assert.deepEqual([a.polls, b.polls], [[], []]);
  await fleet.pass(1_000);
  assert.deepEqual([a.polls.length, b.polls.length], [4, 0]);
  assert.equal(a.changes.at(-1)?.isClaimed, false);
});

test('a server that a reload brings is polled too where the store was never there', async () => {
  const fleet = new SetFleet();
  fleet.engine.isDown = true;
  const a = fleet.join('a', SERVERS);
  await fleet.pass(LEASE_MS + 1_000);
  a.tenure.replacePlan({
    weights: new Map([
      ['db1', 5],
      ['db9', 5],
    ]),
    configDigest: '',
    serversDigest: '',
  });
  await fleet.pass(STEP_MS);
  assert.deepEqual([a.polls, a.changes.at(-1)?.taken], [['db1', 'db9'], ['db9']]);
});

test('one that goes on after a fault takes nothing that others may have, though it has not reached the store yet', async () => {
  const fleet = new SetFleet();
  fleet.engine.isDown = true;
  const lease = new Lease();
  lease.extend(1);
  const a = fleet.join('a', SERVERS, 'keep', lease);
  await fleet.pass(2 * LEASE_MS);
  assert.deepEqual(a.polls, []);
});

test('one that is cut off keeps polling beside its successor with keep, and gives way when it is back', async () => {
  const fleet = new SetFleet();
  const a = fleet.join('a', SERVERS);
  await fleet.pass(1_000);
  const b = fleet.join('b', SERVERS);
  await fleet.pass(10_000);
  a.isCutOff = true;
  await fleet.pass(30_000);
  assert.deepEqual([a.polls.length, b.polls.length], [2, 4]);
  a.isCutOff = false;
  await fleet.pass(STEP_MS);
  assert.deepEqual([a.polls, a.restocked.at(-1)], [[], []]);
  await fleet.pass(30_000);
  assert.deepEqual([a.polls.length, b.polls.length], [2, 2]);
});

test('a paused replica whose servers nobody took over has what the store knows of them compared when it wakes', async () => {
  const fleet = new SetFleet();
  const a = fleet.join('a', SERVERS);
  await fleet.pass(1_000);
  a.isPaused = true;
  await fleet.pass(30_000);
  a.isPaused = false;
  await fleet.pass(STEP_MS);
  assert.deepEqual(a.restocked, [[], Object.keys(SERVERS)]);
});

for (const replicas of [2, 3]) {
  test(`servers of 9 tasks and of 1 do not move among ${replicas} replicas in ten minutes`, async () => {
    const fleet = new SetFleet();
    const all = ['a', 'b', 'c'].slice(0, replicas).map((id) => fleet.join(id, { large: 9, small: 1 }));
    await fleet.pass(30_000);
    const before = all.map(({ polls }) => polls);
    const told = all.map(({ changes }) => changes.length);
    await fleet.pass(600_000);
    assert.deepEqual(
      all.map(({ polls }) => polls),
      before,
    );
    assert.deepEqual(
      all.map(({ changes }) => changes.length),
      told,
    );
  });
}

test('servers that only one configuration has are polled, though others have less to do', async () => {
  const fleet = new SetFleet();
  const a = fleet.join('a', { db1: 1, db2: 1, db3: 1, db4: 1 });
  fleet.join('b', {});
  await fleet.pass(60_000);
  assert.equal(a.polls.length, 4);
});
