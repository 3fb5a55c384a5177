import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Task } from '../../src/model/plan.ts';
import type { PollerEvent } from '../../src/model/poller-event.ts';
import { STATE_FILES } from '../../src/model/result-source.ts';
import { NO_FACTS } from '../../src/model/server-facts.ts';
import { finish } from '../../src/model/steps.ts';
import { Exposition } from '../../src/snapshot/exposition.ts';
import type { Snapshot } from '../../src/snapshot/store.ts';
import { metricOf } from '../support/metric-of.ts';
import {
  aFailure,
  aPart,
  aPlan,
  aQuery,
  aResult,
  aSnapshot,
  aTarget,
  aTask,
  checked,
  finished,
  START_MS,
  samplesOf,
  textOf,
} from './fixtures.ts';

const east = aTarget('east');
const west = aTarget('west');
const orders = aTask(aQuery('orders'), east, ['orders']);
const users = aTask(aQuery('users'), west, ['users']);
const skipped = (task: Task): PollerEvent => ({ kind: 'skipped', task: task.key, reason: 'backoff' });

/** The samples of one family, by their labels. */
function samples(snapshot: Snapshot, family: string): Record<string, number> {
  const page = samplesOf(textOf(new Exposition(snapshot).publish().identity));
  const found = [...page].filter(([key]) => key.startsWith(`${family} `));
  return Object.fromEntries(
    found.map(([key, value]) => [
      (JSON.parse(key.slice(family.length + 1)) as [string, string][]).map(([, label]) => label).join(' '),
      value,
    ]),
  );
}

function states(snapshot: Snapshot): readonly string[] {
  return snapshot.status().tasks.map(({ state }) => state);
}

test('tasks whose runs come to nothing while their target is down wait for it, and count for it', () => {
  const rare = aTask(aQuery('rare'), east, ['rare']);
  const snapshot = aSnapshot(aPlan([orders, rare, users]));
  for (const task of [orders, rare, users]) snapshot.take(finished(task, aResult(task, 1)));
  snapshot.take(checked(east, false));
  snapshot.take(skipped(orders));
  assert.deepEqual(states(snapshot), ['target_down', 'fresh', 'fresh']);
  assert.deepEqual(samples(snapshot, 'query_exporter_query_up'), { 'orders east': 0, 'rare east': 1, 'users west': 1 });
  assert.deepEqual(
    snapshot.status().targets.map(({ tasksWaiting }) => tasksWaiting),
    [1, 0],
  );
  snapshot.take(checked(east, true));
  assert.deepEqual(states(snapshot), ['failing', 'fresh', 'fresh']);
  snapshot.take(finished(orders, aResult(orders, 1)));
  assert.deepEqual(states(snapshot), ['fresh', 'fresh', 'fresh']);
});

test('a poller that is started anew does not make a target that is down look as if it had just gone', () => {
  const snapshot = aSnapshot(aPlan([orders]));
  snapshot.take(checked(east, false));
  snapshot.pollerRestarted();
  snapshot.take(checked(east, false, { downSinceMs: START_MS + 60_000, nextTryAtMs: START_MS + 61_000 }));
  const [target] = snapshot.status().targets;
  assert.deepEqual([target?.health.downSinceMs, target?.health.nextTryAtMs], [START_MS, START_MS + 61_000]);
  snapshot.take(checked(east, true));
  const [up] = snapshot.status().targets;
  assert.deepEqual(
    [up?.health.standing, up?.health.downSinceMs, up?.health.lastFailure?.reason],
    ['up', null, 'connect'],
  );
});

test('the time at which a target was asked is kept, and is no reason for a page', () => {
  const snapshot = aSnapshot(aPlan([orders]));
  snapshot.take(checked(east, true));
  let changes = 0;
  snapshot.onChange(() => {
    changes += 1;
  });
  snapshot.take(checked(east, true, { checkedAtMs: START_MS + 5_000 }));
  assert.equal(snapshot.status().targets[0]?.health.checkedAtMs, START_MS + 5_000);
  assert.equal(changes, 0);
  snapshot.take(checked(east, false));
  assert.equal(changes, 1);
});

test('what is known of a server is exported: protections that it gives and lacks, and stops that nobody saw', () => {
  const snapshot = aSnapshot(aPlan([orders, users]));
  assert.deepEqual(samples(snapshot, 'query_exporter_target_protection'), {});
  const facts = { ...NO_FACTS, version: 'MySQL 5.5', missing: { deadline: 'it knows none' } };
  snapshot.take({ kind: 'facts', target: east.name, facts });
  assert.deepEqual(samples(snapshot, 'query_exporter_target_protection'), {
    'deadline east': 0,
    'kill east': 1,
    'lock_wait east': 1,
    'read_only east': 1,
    'reset east': 1,
  });
  // Where nobody asks for one, nothing is said of it.
  snapshot.take({
    kind: 'facts',
    target: west.name,
    facts: { ...NO_FACTS, isGuarded: true, missing: { guard: '1235' } },
  });
  assert.equal(samples(snapshot, 'query_exporter_target_protection')['guard west'], 0);
  assert.deepEqual(samples(snapshot, 'query_exporter_target_unconfirmed_stops_total'), {});
  for (let count = 0; count < 2; count++) snapshot.take({ kind: 'unconfirmed_stop', target: west.name });
  assert.deepEqual(samples(snapshot, 'query_exporter_target_unconfirmed_stops_total'), { west: 2 });
  snapshot.pollerRestarted();
  const [one, two] = snapshot.status().targets;
  assert.deepEqual([one?.facts, two?.unconfirmedStops], [facts, 2]);
});

test('tasks load the server that their targets share, as long as they are run', () => {
  const shared = { server: 'db1:3306', maxConnections: 2 };
  const [left, right] = [aTarget('left', shared), aTarget('right', { ...shared, maxConnections: 3 })];
  const [one, two] = [aTask(aQuery('orders'), left, ['orders']), aTask(aQuery('users'), right, ['users'])];
  const snapshot = aSnapshot(aPlan([one, two]));
  const loads = () => {
    const { tasks, targets } = snapshot.status();
    return [tasks.map(({ load }) => load), targets.map(({ serverLoad }) => serverLoad.load)];
  };
  assert.deepEqual(loads(), [
    [null, null],
    [null, null],
  ]);
  snapshot.take(finished(one, aResult(one, 1), { durationMs: 30_000 }));
  snapshot.take(finished(one, aFailure(), { durationMs: 60_000 }));
  snapshot.take(finished(two, aResult(two, 1), { durationMs: 15_000 }));
  assert.deepEqual(loads(), [
    [0.75, 0.25],
    [1, 1],
  ]);
  assert.deepEqual(
    snapshot.status().targets.map(({ serverLoad }) => serverLoad.maxConnections),
    [3, 3],
  );
  snapshot.take(finished(one, { kind: 'not_applicable', why: 'it is a replica' }));
  assert.deepEqual(loads(), [
    [null, 0.25],
    [0.25, 0.25],
  ]);
  snapshot.suspend(two.key);
  assert.deepEqual(loads(), [
    [null, null],
    [null, null],
  ]);
});

test('how late the poller is, is exported once it is known', () => {
  const snapshot = aSnapshot(aPlan([orders]));
  assert.deepEqual(samples(snapshot, 'query_exporter_poller_lag_seconds'), {});
  snapshot.take({ kind: 'lag', lagMs: 1_250 });
  assert.deepEqual(samples(snapshot, 'query_exporter_poller_lag_seconds'), { '': 1.25 });
  assert.equal(snapshot.status().poller.lagMs, 1_250);
});

test('a query that is not applicable is neither up nor down, and says so', () => {
  const snapshot = aSnapshot(aPlan([orders]));
  snapshot.take(finished(orders, aFailure()));
  snapshot.take(finished(orders, { kind: 'not_applicable', why: 'it is a replica' }));
  assert.deepEqual(samples(snapshot, 'query_exporter_query_up'), {});
  assert.deepEqual(samples(snapshot, 'query_exporter_query_not_applicable'), { 'orders east': 1 });
  assert.equal(snapshot.status().tasks[0]?.notApplicable, 'it is a replica');
  snapshot.take(finished(orders, aResult(orders, 1)));
  assert.deepEqual(samples(snapshot, 'query_exporter_query_not_applicable'), {});
});

test('rejections are shown until the next result', () => {
  const snapshot = aSnapshot(aPlan([orders]));
  const [metric] = orders.metrics;
  const family = metric?.family ?? assert.fail();
  const rejection = { reason: 'not_a_number', count: 1, family, column: 'v', example: 'x', hint: '' } as const;
  snapshot.take(finished(orders, aResult(orders, 1, 1, { rejections: [rejection], rejecting: [family] })));
  assert.deepEqual(snapshot.status().tasks[0]?.rejections, [rejection]);
  assert.deepEqual(states(snapshot), ['rejecting']);
  assert.deepEqual(samples(snapshot, 'query_exporter_query_up'), { 'orders east': 1 });
  snapshot.take(finished(orders, aResult(orders, 1)));
  assert.deepEqual([snapshot.status().tasks[0]?.rejections, states(snapshot)], [[], ['fresh']]);
});

/** A task with a metric that says 0 while it fails, and one that says nothing then. */
function watched(overrides: Parameters<typeof aQuery>[1] = {}): Task {
  const metrics = [
    metricOf({ name: 'alive', labels: [], constants: { target: 'east' }, value: 1, errorValue: 0 }),
    metricOf({ name: 'count', labels: ['n'], constants: { target: 'east' }, value: 'v' }),
  ];
  return aTask(aQuery('watched', overrides), east, ['alive', 'count'], { metrics });
}

function resultOf(task: Task): ReturnType<typeof aResult> {
  const text = Buffer.from('alive{target="east"} 1\n');
  const alive = { ...aPart('alive', 'east', 1, 1), text };
  return aResult(task, 1, 7, { parts: [alive, aPart('count', 'east', 1, 7)], series: 2 });
}

test('a metric has its error_value while the newest run that was due failed, or was not made', () => {
  const task = watched();
  const snapshot = aSnapshot(aPlan([task]));
  const alive = () => samples(snapshot, 'alive')['east'];
  assert.equal(alive(), undefined);
  snapshot.take(skipped(task));
  assert.equal(alive(), 0);
  snapshot.take(finished(task, resultOf(task)));
  assert.equal(alive(), 1);
  snapshot.take(skipped(task));
  assert.equal(alive(), 0);
  assert.deepEqual(samples(snapshot, 'count'), { '0 east': 7 });
  snapshot.take(finished(task, aFailure({ reason: 'timeout' })));
  assert.equal(alive(), 0);
  snapshot.take(finished(task, { kind: 'not_applicable', why: 'it is a replica' }));
  assert.equal(alive(), undefined);
});

test('an error_value outlasts the samples: dropped, aged, reloaded or saved', () => {
  const task = watched({ onError: 'drop', maxAgeMs: 1_000 });
  const plan = aPlan([task]);
  const snapshot = aSnapshot(plan);
  const alive = (of = snapshot) => samples(of, 'alive')['east'];
  snapshot.take(finished(task, resultOf(task)));
  snapshot.take(skipped(task));
  snapshot.expire(START_MS + 2_000);
  assert.deepEqual([alive(), samples(snapshot, 'count')], [0, {}]);
  snapshot.take(finished(task, aFailure()));
  finish(snapshot.replacePlan({ ...plan, revision: 2 }));
  assert.equal(alive(), 0);
  const saved = snapshot.result(task.key) ?? assert.fail();
  assert.deepEqual(saved.outcome.parts, []);
  const next = aSnapshot(plan);
  next.restore([saved], STATE_FILES);
  assert.equal(alive(next), 0);
});

test('what stands behind an error_value comes back where an empty success keeps it, and is what is saved', () => {
  const task = watched({ onEmpty: 'keep' });
  const snapshot = aSnapshot(aPlan([task]));
  snapshot.take(finished(task, resultOf(task)));
  snapshot.take(finished(task, aFailure({ reason: 'timeout' })));
  assert.equal(samples(snapshot, 'alive')['east'], 0);
  const [part] = snapshot.result(task.key)?.outcome.parts ?? [];
  assert.equal(part && Buffer.from(part.text).toString(), 'alive{target="east"} 1\n');
  snapshot.take(finished(task, aResult(task, 0, 0, { parts: [], series: 0 })));
  assert.deepEqual([samples(snapshot, 'alive'), samples(snapshot, 'count')], [{ east: 1 }, { '0 east': 7 }]);
});
