import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Plan, serverKeyOf, type Task } from '../../src/model/plan.ts';
import { OTHER_REPLICAS, STATE_FILES } from '../../src/model/result-source.ts';
import { finish } from '../../src/model/steps.ts';
import type { LabelName, TaskKey } from '../../src/model/words.ts';
import { Exposition } from '../../src/snapshot/exposition.ts';
import type { Snapshot } from '../../src/snapshot/store.ts';
import {
  aFailure,
  aFamily,
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
const task = aTask(aQuery('orders'), east, ['orders']);
const other = aTask(aQuery('users'), west, ['users']);

const MINUTE = 60_000;

function pageOf(snapshot: Snapshot): string {
  return textOf(new Exposition(snapshot).publish().identity);
}

/** The exporter's own samples of one metric, by their labels. */
function own(snapshot: Snapshot, metric: string): Record<string, number> {
  const prefix = `query_exporter_${metric} `;
  const samples = [...samplesOf(pageOf(snapshot))].filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(
    samples.map(([key, value]) => [
      (JSON.parse(key.slice(prefix.length)) as [string, string][]).map(([, label]) => label).join(' '),
      value,
    ]),
  );
}

function reload(plan: Plan, tasks: readonly Task[], overrides: Partial<Plan> = {}): Plan {
  return aPlan(tasks, { revision: plan.revision + 1, ...overrides });
}

test('before the first result there is no sample, not a 0, and nothing is said of what did not happen', () => {
  const snapshot = aSnapshot(aPlan([task]));
  assert.doesNotMatch(pageOf(snapshot), /^orders/m);
  for (const metric of [
    'query_up',
    'query_refreshes_total',
    'query_failures_total',
    'query_skips_total',
    'query_rows',
  ]) {
    assert.deepEqual(own(snapshot, metric), {}, metric);
  }
  assert.deepEqual(own(snapshot, 'target_up'), {});
  assert.deepEqual(own(snapshot, 'poller_restarts_total'), {});
  assert.deepEqual(own(snapshot, 'query_last_success_timestamp_seconds'), {});
});

test('the own metrics of a task tell its times, counts and sizes', () => {
  const snapshot = aSnapshot(aPlan([task, other]));
  snapshot.take(finished(task, aResult(task, 3), { durationMs: 1_500 }));
  snapshot.take(finished(other, aFailure({ reason: 'auth' })));
  snapshot.take({ kind: 'skipped', task: other.key, reason: 'backoff' });
  snapshot.take({ kind: 'planned', task: other.key, nextAtMs: START_MS + 5_000 });
  snapshot.take(checked(west, false));
  snapshot.pollerRestarted();
  assert.deepEqual(own(snapshot, 'query_up'), { 'orders east': 1, 'users west': 0 });
  assert.deepEqual(own(snapshot, 'query_rows'), { 'orders east': 3 });
  assert.deepEqual(own(snapshot, 'query_series'), { 'orders east': 3 });
  assert.deepEqual(own(snapshot, 'query_last_duration_seconds'), { 'orders east': 1.5, 'users west': 0.02 });
  assert.deepEqual(own(snapshot, 'query_last_success_timestamp_seconds'), { 'orders east': START_MS / 1e3 });
  assert.deepEqual(own(snapshot, 'query_next_refresh_timestamp_seconds'), {
    'orders east': START_MS / 1e3 + 60,
    'users west': START_MS / 1e3 + 5,
  });
  assert.deepEqual(own(snapshot, 'query_failures_total'), { 'users auth west': 1 });
  assert.deepEqual(own(snapshot, 'query_skips_total'), { 'users backoff west': 1 });
  assert.deepEqual(own(snapshot, 'query_period_seconds'), { orders: 60, users: 60 });
  assert.deepEqual(own(snapshot, 'target_up'), { west: 0 });
  assert.deepEqual(own(snapshot, 'poller_restarts_total'), { '': 1 });
  assert.deepEqual(own(snapshot, 'build_info'), { 'main v20 abc 1.2.3': 1 });
});

test('names that need escapes or are not ASCII come out right', () => {
  const strange = aTask(aQuery('né"w\n'), aTarget('日本\\'), ['orders']);
  const snapshot = aSnapshot(aPlan([strange]));
  snapshot.take(finished(strange, aFailure()));
  assert.deepEqual(own(snapshot, 'query_up'), { 'né"w\n 日本\\': 0 });
});

test('a result replaces the samples of its task whole, and an empty one leaves none', () => {
  const snapshot = aSnapshot(aPlan([task]));
  snapshot.take(finished(task, aResult(task, 5, 1)));
  snapshot.take(finished(task, aResult(task, 2, 7)));
  assert.deepEqual([...samplesOf(pageOf(snapshot), 'orders').values()], [7, 7]);
  snapshot.take(finished(task, aResult(task, 0)));
  assert.equal(samplesOf(pageOf(snapshot), 'orders').size, 0);
  assert.deepEqual(own(snapshot, 'query_series'), { 'orders east': 0 });
});

test('results of unknown tasks and of what a task used to be change nothing, and leave no task running', () => {
  const plan = aPlan([task]);
  const snapshot = aSnapshot(plan);
  assert.equal(snapshot.take(finished(other, aResult(other, 1))), false);
  finish(snapshot.replacePlan(reload(plan, [{ ...task, samplesFingerprint: 'changed' }])));
  snapshot.take({ kind: 'started', task: task.key, atMs: START_MS, mark: null });
  assert.equal(snapshot.take(finished(task, aResult(task, 1))), false);
  assert.equal(snapshot.heldSeries, 0);
  assert.equal(snapshot.status().tasks[0]?.runningSinceMs, null);
});

test('a result asked for before a reload counts where the task means the same after it', () => {
  const plan = aPlan([task]);
  const snapshot = aSnapshot(plan);
  finish(snapshot.replacePlan(reload(plan, [{ ...task, samplesFingerprint: 'changed' }, other])));
  finish(snapshot.replacePlan(reload(plan, [task, other])));
  assert.equal(snapshot.take(finished(task, aResult(task, 1))), true);
  assert.equal(snapshot.heldSeries, 1);
});

test('a result of the own poller is taken over also where the clock was set back before it', () => {
  const snapshot = aSnapshot(aPlan([task]));
  snapshot.take(finished(task, aResult(task, 1, 1)));
  const hourAgo = START_MS - 60 * MINUTE;
  assert.equal(snapshot.take(finished(task, aResult(task, 1, 7), { asOfMs: hourAgo })), true);
  assert.deepEqual([...samplesOf(pageOf(snapshot), 'orders').values()], [7]);
  assert.equal(snapshot.status().tasks[0]?.lastSuccessAtMs, hourAgo);
});

test('samples leave at max_age after the success that renewed them, and come back with the next', () => {
  const snapshot = aSnapshot(aPlan([task, other]));
  snapshot.take(finished(task, aResult(task, 1)));
  snapshot.take(finished(other, aResult(other, 1), { asOfMs: START_MS + MINUTE }));
  snapshot.take(finished(task, aFailure(), { asOfMs: START_MS + MINUTE }));
  assert.equal(snapshot.expire(START_MS + 5 * MINUTE - 1), START_MS + 5 * MINUTE);
  assert.equal(snapshot.heldSeries, 2);
  assert.equal(snapshot.expire(START_MS + 5 * MINUTE), START_MS + 6 * MINUTE);
  assert.equal(snapshot.heldSeries, 1);
  assert.equal(snapshot.status().tasks[0]?.state, 'stale');
  assert.equal(snapshot.expire(START_MS + 6 * MINUTE), null);
  snapshot.take(finished(task, aResult(task, 1), { asOfMs: START_MS + 7 * MINUTE }));
  assert.equal(snapshot.status().tasks[0]?.state, 'fresh');
  assert.equal(snapshot.expire(START_MS + 7 * MINUTE), START_MS + 12 * MINUTE);
});

test('samples without a max_age stay, and a clock that is set back makes none immortal', () => {
  const forever = aTask(aQuery('forever', { maxAgeMs: null }), east, ['forever']);
  const snapshot = aSnapshot(aPlan([forever, task]));
  snapshot.take(finished(forever, aResult(forever, 1)));
  snapshot.take(finished(task, aResult(task, 1)));
  snapshot.expire(START_MS);
  const hourAgo = START_MS - 60 * MINUTE;
  assert.equal(snapshot.expire(hourAgo), hourAgo + 5 * MINUTE);
  assert.equal(snapshot.expire(hourAgo + 5 * MINUTE), null);
  assert.equal(snapshot.heldSeries, 1);
});

test('listeners are told once for everything that expires together, when all of it is gone', () => {
  const snapshot = aSnapshot(aPlan([task, other]));
  snapshot.take(finished(task, aResult(task, 1)));
  snapshot.take(finished(other, aResult(other, 1)));
  const held: number[] = [];
  snapshot.onChange(() => held.push(snapshot.heldSeries));
  snapshot.expire(START_MS + 5 * MINUTE);
  assert.deepEqual(held, [0]);
});

test('an unchanged task goes through a reload with samples, times and counters, also where a HELP text changed', () => {
  const plan = aPlan([task, other]);
  const snapshot = aSnapshot(plan);
  snapshot.take(finished(task, aResult(task, 2)));
  snapshot.take(finished(other, aResult(other, 2)));
  const moved = { ...task, query: { ...task.query, maxAgeMs: MINUTE } };
  finish(snapshot.replacePlan(reload(plan, [moved], { families: [aFamily('orders', { help: 'New.' })] })));
  const page = pageOf(snapshot);
  assert.match(page, /# HELP orders New\.\n# TYPE orders gauge\norders\{/);
  assert.doesNotMatch(page, /users|"west"/);
  assert.equal(snapshot.heldSeries, 2);
  assert.deepEqual(own(snapshot, 'query_refreshes_total'), { 'orders east': 1 });
  assert.equal(snapshot.expire(START_MS + MINUTE), null);
  assert.equal(snapshot.heldSeries, 0);
});

test('a changed query shows its old samples until its first new result, in the families it feeds alike', () => {
  const before = aTask(aQuery('orders'), east, ['orders', 'orders_age']);
  const plan = aPlan([before]);
  const snapshot = aSnapshot(plan);
  snapshot.take(finished(before, aResult(before, 2)));
  const after = aTask(aQuery('orders'), east, ['orders', 'orders_new'], { samplesFingerprint: 'changed' });
  const next = reload(plan, [after]);
  finish(snapshot.replacePlan(next));
  assert.deepEqual(
    [...samplesOf(pageOf(snapshot), 'orders').keys()].map((key) => key.split(' ')[0]),
    ['orders', 'orders'],
  );
  assert.equal(snapshot.heldSeries, 2);
  // Nothing speaks against asking at once, and nothing of it is worth a file.
  assert.equal([...snapshot.known()][0]?.lastSuccessAtMs, null);
  assert.equal(snapshot.result(task.key), null);
  snapshot.take(finished(after, aFailure()));
  assert.equal(snapshot.heldSeries, 2);
  snapshot.take(finished(after, aResult(after, 3)));
  assert.equal(snapshot.heldSeries, 6);
  assert.deepEqual(own(snapshot, 'query_refreshes_total'), { 'orders east': 3 });
  assert.notEqual(snapshot.result(task.key), null);
});

test('old samples of a changed query do not outlive its first new result, also where that has no row to replace them', () => {
  const keeping = aTask(aQuery('orders', { onEmpty: 'keep', maxAgeMs: null }), east, ['orders']);
  const plan = aPlan([keeping]);
  const snapshot = aSnapshot(plan);
  snapshot.take(finished(keeping, aResult(keeping, 3)));
  const changed = { ...keeping, samplesFingerprint: 'changed' };
  finish(snapshot.replacePlan(reload(plan, [changed])));
  snapshot.take(finished(changed, aFailure()));
  assert.equal(snapshot.heldSeries, 3);
  snapshot.take(finished(changed, aResult(changed, 0)));
  assert.equal(snapshot.heldSeries, 0);
  assert.notEqual(snapshot.result(changed.key), null);
});

test('old samples whose labels could be those of another task now go at once', () => {
  const labelled = (name: string, shop: string, print: string) => {
    const made = aTask(aQuery(name), east, ['orders'], { samplesFingerprint: print });
    return { ...made, metrics: made.metrics.map((metric) => ({ ...metric, constantLabels: { shop } })) };
  };
  const plan = aPlan([labelled('a', 'eu', '1'), labelled('b', 'us', '2')]);
  const snapshot = aSnapshot(plan);
  for (const one of plan.tasks) snapshot.take(finished(one, aResult(one, 1)));
  finish(snapshot.replacePlan(reload(plan, [labelled('a', 'us', '3'), labelled('b', 'eu', '4')])));
  assert.equal(snapshot.heldSeries, 0);
  assert.deepEqual(own(snapshot, 'query_up'), {});
});

test('a target that moved to another address is not known to be up', () => {
  const plan = aPlan([task, other]);
  const snapshot = aSnapshot(plan);
  snapshot.take(checked(east, true));
  snapshot.take(checked(west, true));
  const moved = aTarget('east', { server: '[::1]:3307' });
  finish(snapshot.replacePlan(reload(plan, [aTask(task.query, moved, ['orders']), other])));
  assert.deepEqual(own(snapshot, 'target_up'), { west: 1 });
  assert.deepEqual(
    snapshot.status().targets.map(({ address, health }) => [address, health.standing]),
    [
      ['[::1]:3307', 'unknown'],
      ['west.test:3306', 'up'],
    ],
  );
});

test('a refused reload is told with its problems and leaves the time of the last good one', () => {
  const snapshot = aSnapshot(aPlan([task]));
  snapshot.reloaded(START_MS + 1_000, ['config.yml:1:1: wrong']);
  assert.deepEqual(own(snapshot, 'config_last_reload_successful'), { '': 0 });
  assert.deepEqual(own(snapshot, 'config_last_reload_success_timestamp_seconds'), { '': START_MS / 1e3 });
  assert.deepEqual(snapshot.status().reload.problems, ['config.yml:1:1: wrong']);
});

test('what was saved comes back with its times, and without its counters', () => {
  const first = aSnapshot(aPlan([task]));
  first.take(finished(task, aResult(task, 4)));
  first.take(finished(task, aFailure({ reason: 'timeout' }), { asOfMs: START_MS + MINUTE }));
  const saved = first.result(task.key);
  assert.ok(saved);

  const second = aSnapshot(aPlan([task]), () => START_MS + 2 * MINUTE);
  assert.equal(second.readiness().ready, false);
  second.restore([saved], STATE_FILES);
  assert.equal(second.heldSeries, 4);
  assert.equal(second.readiness().ready, true);
  assert.deepEqual(own(second, 'query_up'), { 'orders east': 0 });
  assert.deepEqual(own(second, 'query_last_success_timestamp_seconds'), { 'orders east': START_MS / 1e3 });
  assert.deepEqual(own(second, 'query_refreshes_total'), {});
  assert.deepEqual(
    [...second.known()],
    [
      {
        task: task.key,
        lastRefreshAtMs: START_MS + MINUTE,
        lastSuccessAtMs: START_MS,
        series: 4,
        nextAtMs: START_MS + 2 * MINUTE,
      },
    ],
  );
  assert.equal(second.expire(START_MS + 2 * MINUTE), START_MS + 5 * MINUTE);
});

test('what was saved replaces only what is older, and leaves the counters of this process', () => {
  const other = aSnapshot(aPlan([task]));
  other.take(finished(task, aResult(task, 4), { asOfMs: START_MS + MINUTE }));
  const saved = other.result(task.key);
  assert.ok(saved);
  const held = (asOfMs: number) => {
    const snapshot = aSnapshot(aPlan([task]), () => START_MS + 2 * MINUTE);
    snapshot.take(finished(task, aResult(task, 1), { asOfMs }));
    snapshot.restore([saved], STATE_FILES);
    assert.deepEqual(own(snapshot, 'query_refreshes_total'), { 'orders east': 1 });
    return snapshot.heldSeries;
  };
  assert.deepEqual([held(START_MS), held(START_MS + MINUTE), held(START_MS + 2 * MINUTE)], [4, 1, 1]);
});

test('what was saved is not shown for another definition, past its age or over the limit of series', () => {
  const first = aSnapshot(aPlan([task]));
  first.take(finished(task, aResult(task, 4)));
  const saved = first.result(task.key);
  assert.ok(saved);
  const restored = (plan: Plan, nowMs = START_MS) => {
    const snapshot = aSnapshot(plan, () => nowMs);
    snapshot.restore([saved], STATE_FILES);
    return snapshot;
  };
  assert.equal(restored(aPlan([{ ...task, samplesFingerprint: 'changed' }])).heldSeries, 0);
  assert.equal(restored(aPlan([task], { maxSeries: 3 })).heldSeries, 0);
  const late = restored(aPlan([task]), START_MS + 5 * MINUTE);
  assert.deepEqual([late.heldSeries, late.readiness().ready, [...late.known()][0]?.lastSuccessAtMs], [0, false, null]);
  assert.deepEqual(own(late, 'query_last_success_timestamp_seconds'), { 'orders east': START_MS / 1e3 });
  const schedule = { kind: 'interval', everyMs: 2 * MINUTE } as const;
  const rescheduled = restored(aPlan([{ ...task, query: { ...task.query, schedule } }]));
  assert.deepEqual([rescheduled.heldSeries, [...rescheduled.known()][0]?.nextAtMs], [4, null]);
});

test('a query that never had a row to keep is not run again for it after a restart', () => {
  const keeping = aTask(aQuery('orders', { onEmpty: 'keep' }), east, ['orders']);
  const plan = aPlan([keeping]);
  const snapshot = aSnapshot(plan);
  snapshot.take(finished(keeping, aResult(keeping, 0)));
  const saved = snapshot.result(keeping.key);
  assert.ok(saved);
  const second = aSnapshot(plan);
  second.restore([saved], STATE_FILES);
  assert.deepEqual([second.readiness().ready, [...second.known()][0]?.lastSuccessAtMs], [true, START_MS]);
});

test('the exporter is ready when each run due at start has an outcome or an excuse, and stays ready', () => {
  const nightly = aTask(aQuery('nightly', { runOnStart: false }), east, ['nightly']);
  const third = aTask(aQuery('third'), east, ['third']);
  const plan = aPlan([task, other, third, nightly]);
  const snapshot = aSnapshot(plan);
  assert.deepEqual(snapshot.readiness(), {
    ready: false,
    missing: ['query "orders" on target "east"', 'query "users" on target "west"', 'query "third" on target "east"'],
  });
  snapshot.take(finished(task, aFailure()));
  snapshot.take({ kind: 'skipped', task: other.key, reason: 'overlap' });
  assert.equal(snapshot.readiness().missing.length, 2);
  snapshot.take({ kind: 'skipped', task: other.key, reason: 'backoff' });
  snapshot.suspend(third.key);
  assert.deepEqual(snapshot.readiness(), { ready: true, missing: [] });
  finish(snapshot.replacePlan(reload(plan, [aTask(aQuery('new'), east, ['new'])])));
  assert.equal(snapshot.readiness().ready, true);
});

test('what is polled by an exporter with another configuration is not waited for, once all was read that there was', () => {
  const shared = aTarget('east', { shared: true });
  const snapshot = aSnapshot(aPlan([aTask(aQuery('orders'), shared, ['orders'])]));
  const told = (configDigest: string, hasRead: boolean) => {
    const member = { version: '1', serversDigest: 's', servers: 1, tasks: 1 };
    snapshot.fleetChanged({
      ...{ name: 'default', self: 'a', isStoreUp: true, storeSinceMs: START_MS, takeovers: {}, hasRead },
      members: [
        { id: 'a', name: 'a', configDigest: 'new', ...member },
        { id: 'b', name: 'b', configDigest, ...member },
      ],
      owners: { [serverKeyOf(shared)]: 'b' },
      ...{ refusedUpdates: 0, pendingUpdates: 0, replicationMs: null, clockSkewMs: 0 },
    });
    return snapshot.readiness().ready;
  };
  assert.equal(told('old', false), false);
  assert.equal(told('new', true), false);
  assert.equal(told('old', true), true);
});

test('a poller that died leaves no task running, and a reload gives suspended ones another chance', () => {
  const plan = aPlan([task, other]);
  const snapshot = aSnapshot(plan);
  snapshot.take({ kind: 'started', task: task.key, atMs: START_MS, mark: null });
  snapshot.take({ kind: 'started', task: 'nobody' as TaskKey, atMs: START_MS, mark: null });
  snapshot.pollerState('running');
  assert.equal(snapshot.status().tasks[0]?.state, 'running');
  snapshot.pollerRestarted();
  snapshot.suspend(task.key);
  const status = snapshot.status();
  assert.deepEqual([status.tasks[0]?.state, status.tasks[0]?.nextAtMs, status.poller.restarts], ['suspended', null, 1]);
  finish(snapshot.replacePlan(reload(plan, [task])));
  assert.equal(snapshot.status().tasks[0]?.state, 'waiting');
});

test('a suspension is told to other replicas, where nothing more is waited for, and ends with a newer result of one', () => {
  let nowMs = START_MS;
  const plan = aPlan([task]);
  const [a, b] = [aSnapshot(plan, () => nowMs), aSnapshot(plan)];
  const tell = (from: Snapshot, to: Snapshot) => {
    const known = from.result(task.key);
    return to.restore(known === null ? [] : [known], OTHER_REPLICAS);
  };
  a.suspend(task.key);
  assert.equal(b.readiness().ready, false);
  assert.deepEqual(tell(a, b), [task.key]);
  assert.equal(b.readiness().ready, true);
  assert.equal(b.status().tasks[0]?.missed, 'suspended');
  nowMs += MINUTE;
  b.take(finished(task, aResult(task, 1), { asOfMs: nowMs }));
  assert.deepEqual(tell(b, a), [task.key]);
  assert.equal(a.status().tasks[0]?.state, 'fresh');
});

test('the schedule of a suspended task goes on unseen, and is told again after a reload', () => {
  const plan = aPlan([task]);
  const snapshot = aSnapshot(plan);
  snapshot.take(finished(task, aResult(task, 1)));
  const next = () => [own(snapshot, 'query_next_refresh_timestamp_seconds'), snapshot.status().tasks[0]?.nextAtMs];
  snapshot.suspend(task.key);
  snapshot.take({ kind: 'planned', task: task.key, nextAtMs: START_MS + 2 * MINUTE });
  assert.deepEqual(next(), [{}, null]);
  finish(snapshot.replacePlan(reload(plan, [task])));
  assert.deepEqual(next(), [{ 'orders east': START_MS / 1e3 + 120 }, START_MS + 2 * MINUTE]);
});

test('the status says nothing of the memory where the system does not', (context) => {
  context.mock.method(process, 'memoryUsage', () => {
    throw new Error('EMFILE: too many open files');
  });
  const { residentBytes, heapBytes, cpuSeconds } = aSnapshot(aPlan([task])).status().process;
  assert.deepEqual([residentBytes, heapBytes, cpuSeconds > 0], [null, null, true]);
});

test('what is known of one task comes with its query, its target and the first hundred of its lines', () => {
  const wide = aTask(aQuery('wide'), east, ['a', 'b', 'c']);
  const snapshot = aSnapshot(aPlan([task, wide]));
  assert.equal(snapshot.detail('nothing' as TaskKey), null);
  snapshot.take(finished(wide, aResult(wide, 60)));
  const detail = snapshot.detail(wide.key) ?? assert.fail();
  assert.equal(detail.query, wide.query);
  assert.equal(detail.status.state, 'fresh');
  assert.equal(detail.target.address, east.server);
  assert.deepEqual(
    detail.metrics.map(({ name, type, series, lines }) => [name, type, series, lines.length, lines.at(-1)]),
    [
      ['a', 'gauge', 60, 60, 'a{n="59",target="east"} 1'],
      ['b', 'gauge', 60, 40, 'b{n="39",target="east"} 1'],
      ['c', 'gauge', 60, 0, undefined],
    ],
  );
  assert.deepEqual(
    snapshot.detail(task.key)?.metrics.map(({ series, lines }) => [series, lines]),
    [[0, []]],
  );
});

test('the status tells the schedule in words', () => {
  const cron = { kind: 'cron', expression: '0 3 * * *', timezone: 'Asia/Seoul' } as const;
  const plan = aPlan([
    task,
    aTask(aQuery('nightly', { schedule: cron }), east, ['nightly']),
    aTask(aQuery('local', { schedule: { ...cron, timezone: null } }), east, ['local']),
  ]);
  const schedules = aSnapshot(plan)
    .status()
    .tasks.map(({ schedule }) => schedule);
  assert.deepEqual(schedules, ['every 1m', '0 3 * * * (Asia/Seoul)', '0 3 * * * (local time)']);
});

test('a family whose labels changed does not keep samples of changed tasks', () => {
  const plan = aPlan([task]);
  const snapshot = aSnapshot(plan);
  snapshot.take(finished(task, aResult(task, 1)));
  const families = [aFamily('orders', { labelNames: ['n', 'region', 'target'] as LabelName[] })];
  finish(snapshot.replacePlan(reload(plan, [{ ...task, samplesFingerprint: 'changed' }], { families })));
  assert.equal(snapshot.heldSeries, 0);
});

test('queries that exclude each other never have a series twice on the page, whichever hears of a change first', () => {
  const role = (name: 'primary' | 'replica') => aQuery(name, { when: { role: name, version: null, sql: null } });
  const [primary, replica] = [aTask(role('primary'), east, ['lag']), aTask(role('replica'), east, ['lag'])];
  const elsewhere = aTask(role('replica'), west, ['lag']);
  const snapshot = aSnapshot(aPlan([primary, replica, elsewhere]));
  const lag = () =>
    Object.entries(Object.fromEntries(samplesOf(pageOf(snapshot)))).filter(([key]) => key.startsWith('lag '));
  snapshot.take(finished(elsewhere, aResult(elsewhere, 1, 3)));
  snapshot.take(finished(primary, aResult(primary, 1, 1)));
  const saved = snapshot.result(primary.key);
  snapshot.take(finished(replica, aResult(replica, 1, 2)));
  assert.deepEqual(
    lag().map(([, value]) => value),
    [2, 3],
  );
  assert.deepEqual(own(snapshot, 'query_up'), { 'replica east': 1, 'replica west': 1 });
  assert.equal(snapshot.status().tasks[0]?.series, 0);

  // What was saved before the change does not come back beside what came after it.
  assert.ok(saved);
  const later = snapshot.result(replica.key);
  assert.ok(later);
  for (const order of [
    [saved, later],
    [later, saved],
  ]) {
    const restored = aSnapshot(aPlan([primary, replica, elsewhere]));
    restored.restore(order, STATE_FILES);
    assert.equal([...samplesOf(pageOf(restored))].filter(([key]) => key.startsWith('lag ')).length, 1);
  }
});
