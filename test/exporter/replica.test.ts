import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { Replica } from '../../src/exporter/replica.ts';
import type { FleetThread } from '../../src/fleet/fleet.ts';
import type { FleetStart, FromFleet, ToFleet } from '../../src/fleet/fleet-protocol.ts';
import type { FleetSettings, ShareChange } from '../../src/model/fleet-terms.ts';
import { Lease } from '../../src/model/lease.ts';
import { serverKeyOf } from '../../src/model/plan.ts';
import type { PollerEvent } from '../../src/model/poller-event.ts';
import { aLogger, aPlan, aQuery, aResult, aSnapshot, aTarget, aTask, finished } from '../snapshot/fixtures.ts';

const GRACE_MS = 60_000;
/** No test takes so long. */
const LEASE_MS = 3_600_000;
const SETTINGS: FleetSettings = {
  name: 'test',
  store: { hosts: [], master: null, user: '', password: { kind: 'none' }, database: 0, tls: null },
  leaseMs: 10_000,
  withoutStore: 'stop',
};
const EAST = aTask(aQuery('orders'), aTarget('east', { shared: true }), ['orders']);
const WEST = aTask(aQuery('users'), aTarget('west', { shared: true }), ['users']);
const [EAST_SERVER, WEST_SERVER] = [serverKeyOf(EAST.target), serverKeyOf(WEST.target)];

/** Says what a test lets it say, and remembers what it was told. */
class SetThread extends EventEmitter {
  readonly lease: Lease;
  readonly told: ToFleet[] = [];

  constructor(start: FleetStart) {
    super();
    this.lease = new Lease(start.lease);
  }

  postMessage(message: ToFleet): void {
    this.told.push(message);
    if (message.kind === 'stop') this.say({ kind: 'stopped' });
  }

  terminate(): Promise<number> {
    return Promise.resolve(0);
  }

  say(message: FromFleet): void {
    this.emit('message', message);
  }

  change(change: Partial<ShareChange>): void {
    const { losses } = this.lease;
    this.say({ kind: 'share', change: { taken: [], isClaimed: true, released: [], lost: [], losses, ...change } });
  }
}

/** A replica over a thread that a test sets. */
function replicate() {
  const plan = aPlan([EAST, WEST]);
  const late: PollerEvent[] = [];
  let thread: SetThread | null = null;
  const replica: Replica = new Replica({
    settings: SETTINGS,
    plan,
    snapshot: aSnapshot(plan),
    url: '',
    version: '1.2.3',
    logger: { ...aLogger(), level: 'info', write: () => {}, flush: () => Promise.resolve() },
    onShare: () => {},
    onTaken: () => {},
    onLate: (event) => {
      if (replica.admits(event)) late.push(event);
    },
    createThread: (start) => {
      thread = new SetThread(start);
      return thread as unknown as FleetThread;
    },
  });
  if (thread === null) throw new Error('no thread was created');
  return { replica, late, thread: thread as SetThread };
}

/** Whether a promise has settled once all that is ready has been done. */
async function hasSettled(work: Promise<void>): Promise<boolean> {
  let settled = false;
  void work.then(() => {
    settled = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  return settled;
}

test('a replica that ends waits for all its servers, though the last of some that it gave back before is left meanwhile', async () => {
  const { replica, thread } = replicate();
  thread.change({ taken: [EAST_SERVER, WEST_SERVER] });
  thread.change({ released: [EAST_SERVER] });
  const gone = replica.handOver(GRACE_MS);
  replica.left([EAST_SERVER]);
  assert.equal(await hasSettled(gone), false);
  thread.change({ released: [WEST_SERVER] });
  assert.equal(await hasSettled(gone), false);
  replica.left([WEST_SERVER]);
  assert.equal(await hasSettled(gone), true);
});

test('a replica that ends waits also where all that it had has been given back before, and the fleet is told', async () => {
  const { replica, thread } = replicate();
  thread.change({ taken: [EAST_SERVER] });
  thread.change({ released: [EAST_SERVER] });
  const gone = replica.handOver(GRACE_MS);
  assert.equal(await hasSettled(gone), false);
  assert.ok(thread.told.some(({ kind }) => kind === 'go'));
  replica.left([EAST_SERVER]);
  assert.equal(await hasSettled(gone), true);
});

test('a replica that ends without a server tells the fleet, and waits for nothing', async () => {
  const { replica, thread } = replicate();
  assert.equal(await hasSettled(replica.handOver(GRACE_MS)), true);
  assert.ok(thread.told.some(({ kind }) => kind === 'go'));
});

test('a result is not kept before a loss is known that the fleet knows already, whatever became of the lease', () => {
  const { replica, thread } = replicate();
  thread.change({ taken: [EAST_SERVER, WEST_SERVER] });
  thread.lease.extend(Lease.now() + LEASE_MS);
  const result = finished(EAST, aResult(EAST, 1));
  assert.equal(replica.admits(result), true);
  thread.lease.lose();
  assert.equal(replica.admits(result), false);
  assert.equal(replica.share.losses, 0);
  thread.change({ lost: [WEST_SERVER] });
  assert.equal(replica.admits(result), true);
  assert.equal(replica.share.losses, 1);
});

test('a result that comes while the lease has ended is kept when that is renewed, where nobody took the server over', () => {
  const { replica, late, thread } = replicate();
  thread.change({ taken: [EAST_SERVER, WEST_SERVER] });
  const result = finished(EAST, aResult(EAST, 1));
  for (const event of [result, finished(WEST, aResult(WEST, 1))]) assert.equal(replica.admits(event), false);
  thread.lease.lose();
  thread.change({ lost: [WEST_SERVER] });
  assert.deepEqual(late, []);
  thread.lease.extend(Lease.now() + LEASE_MS);
  thread.change({});
  assert.deepEqual(late, [result]);
  thread.change({ taken: [WEST_SERVER] });
  assert.deepEqual(late, [result]);
});

test('a result that comes while the lease has ended gives way to a newer one of this replica, and to one of another', () => {
  const { replica, late, thread } = replicate();
  thread.change({ taken: [EAST_SERVER, WEST_SERVER] });
  for (const task of [EAST, WEST]) replica.admits(finished(task, aResult(task, 1)));
  const elsewhere = aSnapshot(aPlan([WEST]));
  elsewhere.take(finished(WEST, aResult(WEST, 2)));
  const known = elsewhere.result(WEST.key);
  thread.say({ kind: 'results', results: known === null ? [] : [known] });
  thread.lease.extend(Lease.now() + LEASE_MS);
  assert.equal(replica.admits(finished(EAST, aResult(EAST, 2))), true);
  thread.change({});
  assert.deepEqual(late, []);
});
