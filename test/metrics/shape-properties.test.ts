import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Part } from '../../src/model/outcome.ts';
import { anyLabel, anyValue } from './arbitraries.ts';
import { Reference, textsOf, toNumber, toText } from './reference.ts';
import { createTask, labelKey, render, samplesOf, type TestCell } from './render.ts';

const key: fc.Arbitrary<TestCell> = fc.constantFrom('k1', 'k2', 'k3', 'K1', ' k1', '', null);
const word = fc.constantFrom<TestCell>('ON', ' ON\n', 'off', '-', '1', '2', null, '1 ON');
const rows = fc.array(
  fc.record({ a: anyLabel, k: key, l: key, x: fc.oneof(word, anyValue), y: fc.oneof(word, anyValue) }),
  { maxLength: 40 },
);
type Row = Readonly<Record<'a' | 'k' | 'l' | 'x' | 'y', TestCell>>;

const texts = fc.array(fc.constantFrom('k1', 'k2', 'k3', '', 'nobody'), { minLength: 1, maxLength: 3 });
const where = fc.oneof(fc.constant({}), fc.record({ k: texts }), fc.record({ k: texts, l: texts })) as fc.Arbitrary<
  Readonly<Record<string, readonly string[]>>
>;
const map = fc.constantFrom<Readonly<Record<string, number>>>({}, { ON: 1, off: 0, '1': 7 }, { '': 2.5, '1 ON': 1e21 });
const type = fc.constantFrom('gauge' as const, 'counter' as const);
/** The columns of the result, with names that a definition lists before or after. */
const columns = fc.shuffledSubarray(['a', 'k', 'l', 'X', 'y'], { minLength: 5 });

const metric = fc.record({ type, where, map, isPivot: fc.boolean() });

describe('any metrics', () => {
  it('make of any rows exactly the samples that where, map, values and lists of columns say', () => {
    fc.assert(
      fc.property(fc.array(metric, { minLength: 1, maxLength: 4 }), rows, columns, (metrics, given, names) => {
        const task = createTask({
          metrics: [
            ...metrics.map(({ isPivot, ...shape }, i) => ({
              ...shape,
              name: `m${i}`,
              labels: { label: ['no_such', 'a', 'k'] },
              value: 'x',
              ...(isPivot ? { valueLabel: 'v', values: { one: 'x', two: ['no_such', 'y', 'x'] } } : {}),
            })),
            // A result that loses all its samples has no parts.
            { name: 'sure', labels: [], value: 1 },
          ],
        });
        const cellsOf = (row: Row) => names.map((name) => row[name.toLowerCase() as keyof Row]);
        const { parts, rejections } = render(task, names, [...given, SURE].map(cellsOf));
        for (const [i, { type, where, map, isPivot }] of metrics.entries()) {
          const expected = new Reference(type, map);
          for (const row of [...given, SURE]) {
            if (!isFor(row, where)) continue;
            expected.add({ label: row.a, ...(isPivot ? { v: 'one' } : {}) }, row.x);
            if (isPivot) expected.add({ label: row.a, v: 'two' }, row.y);
          }
          assert.deepEqual(toMap(parts[i]), expected.samples);
          assert.equal(parts[i]?.series, expected.samples.size);
          const counts = rejections.filter(({ family }) => family === `m${i}`).map(({ count }) => count);
          assert.equal(
            counts.reduce((sum, count) => sum + count, 0),
            expected.rejected,
          );
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('of type histogram make of any rows whole distributions or nothing', () => {
    const count = fc.oneof(
      { weight: 8, arbitrary: fc.nat(9).map(String) },
      { weight: 1, arbitrary: fc.constantFrom<TestCell>(null, '-1', '2.5', '1e2', 'NaN', 'inf', 'x', ' 3 ') },
    );
    const distributions = fc.array(
      fc.record({ a: fc.constantFrom('p', 'q', 'r', null), b1: count, b2: count, s: anyValue, n: count }),
    );
    const task = createTask({
      metrics: [
        {
          type: 'histogram',
          buckets: [
            [0.1, 'b1'],
            [2, ['none', 'b2']],
          ],
          sum: 's',
          count: 'n',
        },
        { name: 'sure', labels: [], value: 1 },
      ],
    });
    fc.assert(
      fc.property(distributions, (given) => {
        const { parts, rejections } = render(
          task,
          ['n', 's', 'a', 'b2', 'b1'],
          [...given.map(({ a, b1, b2, s, n }) => [n, s, a, b2, b1]), [null, null, null, null, null]],
        );
        const expected = new Map<string, number>();
        for (const { a, b1, b2, s, n } of given) {
          const cells = [b1, b2, n, s];
          if (cells.includes(null)) continue;
          const [low, high, all, sum] = cells.map((cell) => toNumber(toText(cell)));
          const counts = [low, high, all];
          const labels = textsOf({ a });
          if ([...counts, sum].includes(null) || !isAscending(counts as number[])) continue;
          if (expected.has(labelKey({ ...labels, '': 'm_count' }))) continue;
          for (const [le, number] of [
            ['0.1', low],
            ['2', high],
            ['+Inf', all],
          ] as const) {
            expected.set(labelKey({ ...labels, le, '': 'm_bucket' }), number as number);
          }
          expected.set(labelKey({ ...labels, '': 'm_sum' }), sum as number);
          expected.set(labelKey({ ...labels, '': 'm_count' }), all as number);
        }
        const named = samplesOf(parts[0]).map(
          ({ name, labels, value }) => [labelKey({ ...labels, '': name }), value] as const,
        );
        assert.deepEqual(new Map(named), expected);
        assert.equal(named.length, expected.size);
        const ours = rejections.filter(({ family }) => family === 'm');
        const rejected = ours.reduce((sum, rejection) => sum + rejection.count, 0);
        const complete = given.filter(({ b1, b2, s, n }) => ![b1, b2, s, n].includes(null)).length;
        assert.equal(rejected, complete - expected.size / 5);
      }),
      { numRuns: 1000 },
    );
  });
});

const SURE: Row = { a: 'sure', k: null, l: null, x: '1', y: '1' };

function isFor(row: Row, where: Readonly<Record<string, readonly string[]>>): boolean {
  return Object.entries(where).every(([column, wanted]) => {
    const cell = row[column as keyof Row];
    return cell !== null && wanted.includes(toText(cell));
  });
}

function isAscending(counts: readonly number[]): boolean {
  return counts.every((count, i) => Number.isFinite(count) && count >= (i === 0 ? 0 : (counts[i - 1] as number)));
}

function toMap(part: Part | undefined): Map<string, number> {
  return new Map(samplesOf(part).map(({ labels, value }) => [labelKey(labels), value]));
}
