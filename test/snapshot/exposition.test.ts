import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { Selection } from '../../src/model/page.ts';
import type { Task } from '../../src/model/plan.ts';
import { finish } from '../../src/model/steps.ts';
import { Exposition } from '../../src/snapshot/exposition.ts';
import type { Snapshot } from '../../src/snapshot/store.ts';
import {
  aFailure,
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

const ALL: Selection = { queries: [], targets: [], groups: [], collectors: [] };

/** What stands at the end of each stretch of compressed text. */
const EMPTY_BLOCK = '\x00\x00\xff\xff';

const east = aTarget('east', { groups: ['prod', 'eu'] });
const west = aTarget('west', { groups: ['prod'] });
const orders = aQuery('orders', { collector: 'shop' });
const users = aQuery('users', { onError: 'drop', onEmpty: 'keep' });
const tasks: readonly Task[] = [
  aTask(orders, east, ['orders', 'orders_age']),
  aTask(orders, west, ['orders', 'orders_age']),
  aTask(users, east, ['users', 'zz']),
  aTask(users, west, ['users', 'zz']),
];
const [ordersEast, ordersWest, usersEast] = tasks as [Task, Task, Task];

function published(snapshot: Snapshot) {
  const exposition = new Exposition(snapshot);
  return { exposition, page: exposition.publish() };
}

test('a family stands once with its head, its tasks in the order of the plan, between its neighbours', () => {
  const snapshot = aSnapshot(aPlan(tasks));
  snapshot.take(finished(usersEast, aResult(usersEast, 1)));
  snapshot.take(finished(ordersWest, aResult(ordersWest, 1)));
  snapshot.take(finished(ordersEast, aResult(ordersEast, 2)));
  const text = textOf(published(snapshot).page.identity);
  assert.ok(
    text.startsWith(
      [
        '# HELP orders The orders.',
        '# TYPE orders gauge',
        'orders{n="0",target="east"} 1',
        'orders{n="1",target="east"} 1',
        'orders{n="0",target="west"} 1',
        '# HELP orders_age The orders_age.',
        '',
      ].join('\n'),
    ),
  );
  const families = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
  assert.deepEqual(families, [...new Set(families)].sort());
});

test('a family without samples is not on the page, not even its head', () => {
  const snapshot = aSnapshot(aPlan(tasks));
  const { exposition, page } = published(snapshot);
  assert.doesNotMatch(textOf(page.identity), / orders|query_up|target_up|query_failures_total/);
  snapshot.take(finished(ordersEast, aResult(ordersEast, 1)));
  assert.match(textOf(exposition.publish().identity), /# HELP orders The orders\.\n/);
  snapshot.take(finished(ordersEast, aResult(ordersEast, 0)));
  assert.doesNotMatch(textOf(exposition.publish().identity), /# HELP orders /);
});

test('a page that was handed out stays as it was', () => {
  const snapshot = aSnapshot(aPlan(tasks));
  const { exposition, page } = published(snapshot);
  const before = textOf(page.identity);
  snapshot.take(finished(ordersEast, aResult(ordersEast, 100)));
  exposition.publish();
  assert.equal(textOf(page.identity), before);
  assert.notEqual(textOf(exposition.current().identity), before);
});

test('the page tells its own size without the lines that tell it', () => {
  const snapshot = aSnapshot(aPlan(tasks));
  snapshot.take(finished(ordersEast, aResult(ordersEast, 5)));
  const { exposition } = published(snapshot);
  for (let i = 0; i < 3; i++) {
    const page = exposition.publish();
    const text = textOf(page.identity);
    const own = /^(# (HELP|TYPE) )?query_exporter_exposition_(bytes|series)/;
    const others = text.split(/(?<=\n)/).filter((line) => !own.test(line));
    const samples = samplesOf(text);
    assert.equal(samples.get('query_exporter_exposition_bytes []'), others.join('').length);
    assert.equal(samples.get('query_exporter_exposition_series []'), samples.size - 2);
    assert.equal(page.series, samples.size);
    assert.equal(page.identity.bytes, text.length);
    assert.equal(snapshot.status().exposition.series, samples.size);
  }
});

test('a large page is a short list of buffers, and large parts are not copied', () => {
  const many = Array.from({ length: 2_000 }, (_, i) => aTask(orders, aTarget(`t${i}`), ['orders']));
  const large = aTask(users, east, ['users']);
  const snapshot = aSnapshot(aPlan([...many, large]));
  for (const task of many) snapshot.take(finished(task, aResult(task, 3)));
  const result = aResult(large, 20_000);
  snapshot.take(finished(large, result));
  const { page } = published(snapshot);
  assert.ok(result.parts[0] && page.identity.buffers.includes(result.parts[0].text));
  assert.ok(page.identity.buffers.length < 200, `${page.identity.buffers.length} buffers`);
  assert.ok(page.gzip.buffers.length < 20, `${page.gzip.buffers.length} buffers of gzip`);
  assert.equal(gunzipSync(Buffer.concat(page.gzip.buffers)).toString(), textOf(page.identity));
});

test('a change of one task leaves the compressed bytes of its far neighbours as they were', () => {
  const many = Array.from({ length: 4_000 }, (_, i) => aTask(orders, aTarget(`t${i}`), ['orders']));
  const snapshot = aSnapshot(aPlan(many));
  for (const task of many) snapshot.take(finished(task, aResult(task, 10)));
  const { exposition } = published(snapshot);
  const task = many[1_000] as Task;
  const change = (value: number) => {
    snapshot.take(finished(task, aResult(task, 10, value), { asOfMs: START_MS + value * 1_000 }));
    return exposition.publish();
  };
  // At the first change the page is divided around it.
  const [old, fresh] = [change(2), change(3)].map(({ gzip }) => Buffer.concat(gzip.buffers).toString('latin1'));
  const blocks = fresh?.split(EMPTY_BLOCK) ?? [];
  const kept = blocks.filter((block) => old?.includes(block));
  assert.ok(
    blocks.length > 80 && kept.length > blocks.length - 10,
    `${kept.length} of ${blocks.length} blocks are old`,
  );
});

test('a selection shows its tasks with their own metrics and nothing else', () => {
  const snapshot = aSnapshot(aPlan(tasks));
  for (const task of tasks) snapshot.take(finished(task, aResult(task, 2)));
  for (const target of [east, west]) snapshot.take(checked(target, true));
  const { exposition } = published(snapshot);
  const keysOf = (selection: Partial<Selection>) => {
    const narrowed = exposition.narrow({ ...ALL, ...selection });
    assert.equal(narrowed.kind, 'page');
    const { page } = narrowed;
    assert.equal(gunzipSync(Buffer.concat(page.gzip.buffers)).toString(), textOf(page.identity));
    assert.equal(page.series, samplesOf(textOf(page.identity)).size);
    return [...samplesOf(textOf(page.identity)).keys()];
  };
  const whole = [...samplesOf(textOf(exposition.current().identity)).keys()];
  const isOf =
    (...names: string[]) =>
    (key: string) =>
      names.every((name) => key.includes(name));

  const east1 = keysOf({ targets: ['east'] });
  assert.deepEqual(
    east1.filter((key) => key.includes('"target"')),
    whole.filter(isOf('"east"')),
  );
  assert.ok(east1.includes('query_exporter_target_up [["target","east"]]'));
  assert.ok(east1.includes('query_exporter_query_period_seconds [["query","users"]]'));
  assert.ok(!east1.some((key) => /build_info|exposition_|west/.test(key)));

  assert.deepEqual(keysOf({ groups: ['prod'] }), keysOf({ targets: ['west', 'east'] }));
  assert.deepEqual(keysOf({ collectors: ['shop'] }), keysOf({ queries: ['orders'] }));
  assert.deepEqual(
    keysOf({ groups: ['eu'], queries: ['orders'] }),
    keysOf({ targets: ['east'], collectors: ['shop'] }),
  );
  assert.deepEqual(keysOf({ queries: ['users'], collectors: ['shop'] }), []);
  assert.deepEqual(keysOf({}), whole);
});

test('names that do not exist are told by their kind', () => {
  const { exposition } = published(aSnapshot(aPlan(tasks)));
  assert.deepEqual(
    exposition.narrow({ queries: ['ordrs', 'users'], targets: ['n"orth'], groups: ['eu'], collectors: ['null'] }),
    { kind: 'unknown', names: ['query "ordrs"', 'target "n\\"orth"', 'collector "null"'] },
  );
});

test('a selection tells of the same moment as the page, and stays until something changes that it shows', () => {
  const snapshot = aSnapshot(aPlan(tasks));
  const { exposition } = published(snapshot);
  const pageOf = (...targets: string[]) => {
    const narrowed = exposition.narrow({ ...ALL, targets });
    assert.equal(narrowed.kind, 'page');
    return narrowed.page;
  };
  const [both, eastern, western] = [pageOf('east', 'west'), pageOf('east'), pageOf('west')];
  snapshot.take(finished(ordersEast, aResult(ordersEast, 1)));
  assert.equal(pageOf('west', 'east', 'east'), both);
  assert.equal(pageOf('east'), eastern);
  exposition.publish();
  assert.match(textOf(pageOf('east').identity), /orders\{/);
  assert.match(textOf(pageOf('east', 'west').identity), /orders\{/);
  assert.equal(pageOf('west'), western);
});

test('a selection shows what changed of its target or in the lines about its tasks alone', () => {
  const snapshot = aSnapshot(aPlan(tasks));
  const { exposition } = published(snapshot);
  const pageOf = (target: string) => {
    const narrowed = exposition.narrow({ ...ALL, targets: [target] });
    assert.equal(narrowed.kind, 'page');
    return textOf(narrowed.page.identity);
  };
  assert.doesNotMatch(pageOf('east'), /target_up|query_skips/);
  snapshot.take(checked(east, true));
  exposition.publish();
  assert.match(pageOf('east'), /target_up\{target="east"\} 1/);
  snapshot.take({ kind: 'skipped', task: ordersEast.key, reason: 'overlap' });
  exposition.publish();
  assert.match(pageOf('east'), /query_skips_total\{/);
});

test('whatever happens, the page says what the state says, its gzip the same, and the registry too', async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('result'), task: fc.nat(3), series: fc.nat(120), value: fc.nat(9) }),
    fc.record({ kind: fc.constant('failure'), task: fc.nat(3) }),
    fc.record({ kind: fc.constant('wait'), seconds: fc.nat(200) }),
    fc.record({ kind: fc.constant('reload'), tasks: fc.subarray([0, 1, 2, 3]) }),
    fc.record({ kind: fc.constant('publish') }),
  );
  type Step = { kind: string; task?: number; series?: number; value?: number; seconds?: number; tasks?: number[] };
  await fc.assert(
    fc.asyncProperty(fc.array(step as fc.Arbitrary<Step>, { maxLength: 40 }), async (steps) => {
      let nowMs = START_MS;
      let plan = aPlan(tasks);
      const snapshot = aSnapshot(plan, () => nowMs);
      const exposition = new Exposition(snapshot);
      const expected = new Map<Task, { series: number; value: number; atMs: number }>();
      for (const { kind, task: index = 0, series = 0, value = 0, seconds = 0, tasks: chosen = [] } of steps) {
        const task = tasks[index] as Task;
        const at = { asOfMs: nowMs };
        const isThere = plan.tasks.includes(task);
        if (kind === 'result') {
          assert.equal(snapshot.take(finished(task, aResult(task, series, value), at)), isThere);
          const keeps = series === 0 && task.query.onEmpty === 'keep';
          if (isThere && !keeps) expected.set(task, { series, value, atMs: nowMs });
        } else if (kind === 'failure') {
          assert.equal(snapshot.take(finished(task, aFailure(), at)), isThere);
          if (task.query.onError === 'drop') expected.delete(task);
        } else if (kind === 'wait') {
          nowMs += seconds * 1_000;
          snapshot.expire(nowMs);
          for (const [held, { atMs }] of expected) if (atMs + 300_000 <= nowMs) expected.delete(held);
        } else if (kind === 'reload') {
          plan = aPlan(
            tasks.filter((_, i) => chosen.includes(i)),
            { revision: plan.revision + 1 },
          );
          finish(snapshot.replacePlan(plan));
          for (const held of expected.keys()) if (!plan.tasks.includes(held)) expected.delete(held);
        } else {
          exposition.publish();
        }
      }
      const page = exposition.publish();
      const text = textOf(page.identity);
      const wanted = new Map<string, number>();
      for (const [task, { series, value }] of expected) {
        const result = aResult(task, series, value);
        for (const part of result.parts) {
          for (const [key, sample] of samplesOf(Buffer.from(part.text).toString())) wanted.set(key, sample);
        }
      }
      const all = samplesOf(text);
      const samples = new Map([...all].filter(([key]) => !key.startsWith('query_exporter_')));
      assert.deepEqual(samples, wanted);
      assert.equal(snapshot.heldSeries, wanted.size);
      assert.equal(page.series, all.size);
      assert.equal(gunzipSync(Buffer.concat(page.gzip.buffers)).toString(), text);
      const registry = samplesOf(await snapshot.families.registry.metrics());
      assert.deepEqual(registry, all);
    }),
    { numRuns: 150 },
  );
});
