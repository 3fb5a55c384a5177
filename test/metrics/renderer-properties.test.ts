import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createTask, labelKey, render, samplesOf, type TestCell, toCell } from './render.ts';

/** What the text format can break on, beside any bytes at all. */
const awkward = fc.constantFrom(
  '"',
  '\\',
  '\n',
  '\\n',
  '\\"',
  '",b="',
  '"} 1\n',
  '{',
  ',',
  '=',
  '#',
  '\ufeff',
  '\r',
  '|',
  ':',
);
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(awkward, { maxLength: 5 }).map((parts) => parts.join('')),
);
const label: fc.Arbitrary<TestCell> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom<TestCell>('x', 'y', '', null) },
  { weight: 3, arbitrary: text },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 12 }) },
);
const value: fc.Arbitrary<TestCell> = fc.oneof(
  fc.bigInt().map(String),
  fc.double().map(String),
  fc.double({ min: -1000, max: 1000 }).map((number) => number.toFixed(4)),
  fc.constantFrom<TestCell>('NaN', '-inf', ' 7 ', '', '0x10', '1e999', '2024-01-01', null),
  text,
);
const rows = fc.array(fc.tuple(label, label, value), { maxLength: 60 });

/** The rules once more, as simply as they can be said and without a thought for speed. */
function expectedSamples(given: readonly (readonly [TestCell, TestCell, TestCell])[], isCounter: boolean) {
  const samples = new Map<string, number>();
  for (const [a, b, n] of given) {
    const number = n === null ? null : toNumber(toText(n));
    if (number === null || (isCounter && (!Number.isFinite(number) || number < 0))) continue;
    const key = labelKey({ a: toText(a), b: toText(b), target: 't' });
    if (!samples.has(key)) samples.set(key, number);
  }
  return samples;
}

function toText(cell: TestCell): string {
  return cell === null ? '' : new TextDecoder('utf-8', { ignoreBOM: true }).decode(toCell(cell) ?? undefined);
}

function toNumber(given: string): number | null {
  const word = given.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '').toLowerCase();
  if (word === 'nan') return Number.NaN;
  if (/^[+-]?inf(inity)?$/.test(word))
    return word.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (!/^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/.test(word)) return null;
  return Number.isFinite(Number(word)) ? Number(word) + 0 : null;
}

describe('any rows', () => {
  for (const type of ['gauge', 'counter'] as const) {
    it(`become exactly the samples that the rules say, for a ${type}`, () => {
      const task = createTask({
        metrics: [{ type, labels: ['b', 'a'], constants: { target: 't' } }],
        maxLabelLength: 1e6,
      });
      fc.assert(
        fc.property(rows, (given) => {
          const rendered = render(task, ['a', 'b', 'n'], given);
          const samples = samplesOf(rendered.parts[0]);
          const expected = expectedSamples(given, type === 'counter');
          assert.equal(rendered.series, samples.length);
          assert.deepEqual(new Map(samples.map((sample) => [labelKey(sample.labels), sample.value])), expected);
          const rejected = rendered.rejections.reduce((sum, { count }) => sum + count, 0);
          assert.equal(samples.length + rejected, given.filter(([, , n]) => n !== null).length);
        }),
        { numRuns: 1000 },
      );
    });
  }

  it('with two different label sets make two series, whatever the labels hold', () => {
    const pair = fc.tuple(text, text);
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
