import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { anyLabel, anyText, anyValue } from './arbitraries.ts';
import { Reference } from './reference.ts';
import { createTask, labelKey, render, samplesOf } from './render.ts';

const rows = fc.array(fc.tuple(anyLabel, anyLabel, anyValue), { maxLength: 60 });

describe('any rows', () => {
  for (const type of ['gauge', 'counter'] as const) {
    it(`become exactly the samples that the rules say, for a ${type}`, () => {
      const task = createTask({
        metrics: [{ type, labels: ['b', 'a'], constants: { target: 't' } }],
        maxLabelLength: 1e6,
      });
      fc.assert(
        fc.property(rows, (given) => {
          const expected = new Reference(type);
          for (const [a, b, n] of given) expected.add({ a, b, target: 't' }, n);
          // A row that is sure to make a sample, for a result that loses them all has no parts.
          expected.add({ a: 'sure', b: 'sure', target: 't' }, '1');
          const rendered = render(task, ['a', 'b', 'n'], [...given, ['sure', 'sure', '1']]);
          const samples = samplesOf(rendered.parts[0]);
          assert.equal(rendered.series, samples.length);
          assert.deepEqual(new Map(samples.map((sample) => [labelKey(sample.labels), sample.value])), expected.samples);
          const rejected = rendered.rejections.reduce((sum, { count }) => sum + count, 0);
          assert.equal(rejected, expected.rejected);
        }),
        { numRuns: 1000 },
      );
    });
  }

  it('with two different label sets make two series, whatever the labels hold', () => {
    const pair = fc.tuple(anyText, anyText);
    fc.assert(
      fc.property(pair, pair, (one, two) => {
        const task = createTask({ metrics: [{ labels: ['a', 'b'] }] });
        const { parts, series } = render(
          task,
          ['a', 'b', 'n'],
          [
            [...one, '1'],
            [...two, '2'],
          ],
        );
        // Halves of surrogate pairs, which no server sends, all become U+FFFD.
        const isSame = one.every((half, i) => Buffer.from(half).equals(Buffer.from(two[i] ?? '')));
        assert.equal(series, isSame ? 1 : 2);
        assert.deepEqual(samplesOf(parts[0])[0]?.labels, { a: one[0].toWellFormed(), b: one[1].toWellFormed() });
      }),
      { numRuns: 1000 },
    );
  });

  it('keep the first of equal label sets in their order, however far apart they stand', () => {
    const labelOf = (i: number) => `${i}${'x'.repeat(i % 50 === 0 ? 30_000 : i % 13)}`;
    const given = Array.from({ length: 4_000 }, (_, i) => [labelOf((i * i) % 1_201), 'p', `${i}`] as const);
    const expected = new Reference();
    for (const [a, b, n] of given) expected.add({ a, b }, n);
    const { parts, series, rejections } = render(
      createTask({ metrics: [{ labels: ['a', 'b'] }], maxLabelLength: 1e6 }),
      ['a', 'b', 'n'],
      given,
    );
    assert.ok(series > 512 && expected.rejected > 512, 'many of both');
    assert.deepEqual(
      samplesOf(parts[0]).map((sample) => [labelKey(sample.labels), sample.value]),
      [...expected.samples],
    );
    assert.deepEqual(
      rejections.map(({ count, example }) => [count, example]),
      [[expected.rejected, `{a="${labelOf(600 ** 2 % 1_201)}",b="p"}`]],
    );
  });

  it('in great number keep every label set apart and find every duplicate', () => {
    const count = 50_000;
    const given = Array.from({ length: 2 * count }, (_, i) => [`${i % count}`, `${(i % count) * 7}`.slice(-3), `${i}`]);
    const { parts, series, rejections } = render(
      createTask({ metrics: [{ labels: ['a', 'b'] }] }),
      ['a', 'b', 'n'],
      given,
    );
    assert.equal(series, count);
    assert.equal(rejections[0]?.count, count);
    assert.deepEqual(
      samplesOf(parts[0]).map((sample) => sample.value),
      Array.from({ length: count }, (_, i) => i),
    );
  });
});
