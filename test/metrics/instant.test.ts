import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseInstant } from '../../src/metrics/instant.ts';
import { createTask, render, textOf } from './render.ts';

test('a date and time with an offset is its Unix time', () => {
  const instants: readonly (readonly [string, number])[] = [
    ['1970-01-01 00:00:00+00', 0],
    ['2026-01-31 12:00:00+09', 1769828400],
    ['2026-01-31 12:00:00.5+09', 1769828400.5],
    ['2026-01-31 12:00:00.123456-03:30', 1769873400.123456],
    [' 2024-02-29 23:59:59+00:00\n', 1709251199],
    ['1969-12-31 23:59:58.75-00', -1.25],
    ['0001-01-01 00:00:00+00', -62135596800],
    ['9999-12-31 23:59:59-12', 253402343999],
  ];
  for (const [text, seconds] of instants) assert.equal(parseInstant(text), seconds, text);
});

test('without its offset, or with a part that does not exist, it is none', () => {
  const others = [
    '2026-01-31 12:00:00',
    '2026-01-31',
    '2026-01-31 12:00+09',
    '2026-01-31 12:00:00 +09',
    '2026-02-29 12:00:00+09',
    '2026-04-31 12:00:00+09',
    '2026-13-01 12:00:00+09',
    '2026-00-00 00:00:00+00',
    '2026-01-31 24:00:00+09',
    '2026-01-31 12:60:00+09',
    '2026-01-31 12:00:60+09',
    '2026-01-31 12:00:00+24',
    '2026-01-31 12:00:00+09:60',
    '2026-01-31 12:00:00.+09',
    '0044-03-15 12:00:00+00 BC',
    '10000-01-01 00:00:00+00',
    'infinity',
    '',
  ];
  for (const text of others) assert.equal(parseInstant(text), null, text);
});

test('any instant is the same in every zone', () => {
  const instant = fc.date({ min: new Date('0001-01-03'), max: new Date('9999-12-29'), noInvalidDate: true });
  fc.assert(
    fc.property(instant, fc.integer({ min: -15 * 60, max: 15 * 60 }), (date, minutes) => {
      const local = new Date(date.getTime() + minutes * 60_000).toISOString().replace('T', ' ').replace('Z', '');
      const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
      const offset = [hours, rest].map((part) => String(part).padStart(2, '0')).join(':');
      const seconds = parseInstant(`${local}${minutes < 0 ? '-' : '+'}${offset}`) ?? assert.fail();
      assert.ok(Math.abs(seconds * 1000 - date.getTime()) < 0.1);
    }),
  );
});

test('it is the value of a sample, of a counter too if it is not negative', () => {
  const rows = [
    ['x', '2026-01-31 12:00:00.5+09'],
    ['y', '1969-12-31 00:00:00+00'],
  ];
  assert.equal(textOf(render(createTask(), ['a', 'n'], rows)), 'm{a="x"} 1769828400.5\nm{a="y"} -86400\n');
  const { rejections } = render(createTask({ metrics: [{ type: 'counter' }] }), ['a', 'n'], rows);
  assert.deepEqual(
    rejections.map(({ reason }) => reason),
    ['negative_counter'],
  );
});
