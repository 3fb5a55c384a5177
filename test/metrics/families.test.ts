import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Gauge } from 'prom-client';
import { toPart } from '../../src/metrics/block.ts';
import { decodeSamples } from '../../src/metrics/exposition-text.ts';
import { FamilyRegistry, PartMetric, type SampleFamily } from '../../src/metrics/families.ts';
import type { Family } from '../../src/model/plan.ts';
import { finish } from '../../src/model/steps.ts';
import type { MetricName, MetricType } from '../../src/model/words.ts';
import { checkMetrics } from '../support/prometheus.ts';
import { createTask, labelKey, render, type TestCell } from './render.ts';

function createFamily(options: { name?: string; type?: MetricType; help?: string; labels?: string[] } = {}) {
  const { name = 'm', type = 'gauge', help = 'Some help.', labels = ['a', 'b'] } = options;
  return { name, type, help, labelNames: labels } as unknown as Family;
}

function declared(...families: Family[]): { registry: FamilyRegistry; family: SampleFamily } {
  const registry = new FamilyRegistry();
  finish(registry.declare(families));
  return { registry, family: registry.sorted()[0] ?? assert.fail() };
}

const partOf = (text: string) => toPart('m' as MetricName, text.split('\n').length - 1, Buffer.from(text));

function pageOf(registry: FamilyRegistry): Uint8Array {
  const parts = registry
    .sorted()
    .flatMap((family) => [family.header, ...[...family.parts.values()].map((part) => part.text)]);
  return Buffer.concat(parts);
}

describe('a family', () => {
  it('sums the series of its parts and forgets what was replaced or removed', () => {
    const { family } = declared(createFamily());
    family.replace('t1', partOf('m{a="1"} 1\nm{a="2"} 1\n'));
    family.replace('t2', partOf('m{a="3"} 1\n'));
    assert.equal(family.series, 3);
    family.replace('t1', partOf('m{a="4"} 1\n'));
    assert.equal(family.series, 2);
    family.remove('t1');
    family.remove('t1');
    assert.deepEqual([family.series, [...family.parts.keys()]], [1, ['t2']]);
  });

  it('is a metric of prom-client that has no sample from birth or after a reset', async () => {
    const { registry } = declared(
      createFamily({ labels: [] }),
      createFamily({ name: 'c', type: 'counter', labels: [] }),
    );
    const [gauge, counter] = [registry.registry.getSingleMetric('m'), registry.registry.getSingleMetric('c')];
    for (const metric of [gauge, counter]) assert.ok(metric instanceof PartMetric && metric instanceof Gauge);
    registry.registry.resetMetrics();
    const expected = '# HELP m Some help.\n# TYPE m gauge\n\n# HELP c Some help.\n# TYPE c counter\n';
    assert.equal(await registry.registry.metrics(), expected);
  });
});

describe('declare', () => {
  it('keeps the parts of every family that is still there, however it is defined now', () => {
    const names = ['same', 'help', 'type', 'labels', 'gone'];
    const { registry } = declared(...names.map((name) => createFamily({ name })));
    for (const family of registry.sorted()) family.replace('t', partOf('m 1\n'));
    finish(
      registry.declare([
        createFamily({ name: 'type', type: 'counter' }),
        createFamily({ name: 'labels', labels: ['a'] }),
        createFamily({ name: 'new' }),
        createFamily({ name: 'same' }),
        createFamily({ name: 'help', help: 'Other help.' }),
      ]),
    );
    const series = registry.sorted().map((family) => [family.name, family.series]);
    assert.deepEqual(series, [
      ['help', 1],
      ['labels', 1],
      ['new', 0],
      ['same', 1],
      ['type', 1],
    ]);
    const inRegistry = registry.registry.getMetricsAsArray().map((metric) => metric.name);
    assert.deepEqual(inRegistry.sort(), ['help', 'labels', 'new', 'same', 'type']);
    assert.equal(registry.family('gone' as MetricName), undefined);
  });

  it('changes nothing where prom-client refuses a definition', () => {
    const { registry, family } = declared(createFamily());
    family.replace('t', partOf('m 1\n'));
    assert.throws(
      () => finish(registry.declare([createFamily({ help: 'Other.' }), createFamily({ name: 'no good' })])),
      /name/,
    );
    assert.deepEqual(registry.sorted(), [family]);
    assert.ok(registry.registry.getSingleMetric('m'));
  });

  it('takes names that every object of JavaScript has', () => {
    const { registry } = declared(...['constructor', '__proto__', 'toString'].map((name) => createFamily({ name })));
    assert.deepEqual(
      registry.sorted().map((family) => family.name),
      ['__proto__', 'constructor', 'toString'],
    );
  });
});

const cell = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom<TestCell>('a"b', 'c\\n', 'x,b:y', '\n', null));
const value = fc.oneof(fc.double().map(String), fc.constantFrom('NaN', '-Inf', '+Inf', '9007199254740993'));
const total = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map(String);
const counts = fc.array(fc.nat(), { minLength: 3, maxLength: 3 }).map((some) => some.sort((a, b) => a - b).map(String));

/** Of each type a metric, as a query would make it, and rows for it. */
const KINDS = {
  gauge: { metric: {}, rows: rowsOf(value.map((number) => [number])) },
  counter: { metric: {}, rows: rowsOf(total.map((number) => [number])) },
  histogram: {
    metric: {
      buckets: [
        [0.005, 'n'],
        [1e21, 'second'],
      ],
      count: 'third',
    },
    rows: rowsOf(fc.tuple(counts, value).map(([some, sum]) => [...some, sum])),
  },
} as const satisfies Record<MetricType, unknown>;

function rowsOf(values: fc.Arbitrary<readonly string[]>): fc.Arbitrary<(readonly TestCell[])[]> {
  return fc.array(
    fc.tuple(cell, cell, values).map(([a, b, numbers]) => [a, b, ...numbers]),
    { maxLength: 20 },
  );
}

describe('the page of any samples', () => {
  for (const type of Object.keys(KINDS) as MetricType[]) {
    const { metric, rows } = KINDS[type];
    const task = createTask({ metrics: [{ type, labels: ['a', 'b'], ...metric }] });
    const partOf = (given: readonly (readonly TestCell[])[]) =>
      render(task, ['a', 'b', 'n', 'second', 'third', 'sum'], given).parts[0] ?? assert.fail();

    it(`says the same as the registry of prom-client, of a ${type}`, async () => {
      await fc.assert(
        fc.asyncProperty(rows, rows, async (one, two) => {
          const { registry, family } = declared(createFamily({ type }));
          for (const [key, given] of Object.entries({ one, two })) family.replace(key, partOf(given));
          const read = (text: Uint8Array) =>
            [...decodeSamples(text)].map(({ name, labels, value }) => [name, labelKey(labels), value]);
          // prom-client writes "Nan", where Prometheus writes "NaN" and reads both.
          const theirs = (await registry.registry.metrics()).replaceAll(/ Nan$/gm, ' NaN');
          assert.deepEqual(read(pageOf(registry)), read(Buffer.from(theirs)));
          assert.ok(theirs.startsWith(Buffer.from(family.header).toString()));
        }),
      );
    });

    it(`is read by promtool, of a ${type}`, async () => {
      const name = type === 'counter' ? 'm_total' : 'm';
      const { registry, family } = declared(createFamily({ name, type, help: 'A "help"\nof \\ two lines' }));
      const { text, ...part } = partOf(fc.sample(rows, { numRuns: 300, seed: 1 }).flat());
      const named = Buffer.from(text)
        .toString()
        .replaceAll(/^m(?=[{_])/gm, name);
      family.replace('t', { ...part, text: Buffer.from(named) });
      assert.ok(family.series > 500);
      const checked = await checkMetrics(pageOf(registry));
      assert.deepEqual(checked, { ok: true, output: '' });
    });
  }
});
