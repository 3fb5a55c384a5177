import fc from 'fast-check';
import type { TestCell } from './render.ts';

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

export const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(awkward, { maxLength: 5 }).map((parts) => parts.join('')),
);

export const anyLabel: fc.Arbitrary<TestCell> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom<TestCell>('x', 'y', '', null) },
  { weight: 3, arbitrary: anyText },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 12 }) },
);

export const anyValue: fc.Arbitrary<TestCell> = fc.oneof(
  fc.bigInt().map(String),
  fc.double().map(String),
  fc.double({ min: -1000, max: 1000 }).map((number) => number.toFixed(4)),
  fc.constantFrom<TestCell>('NaN', '-inf', ' 7 ', '', '0x10', '1e999', '2024-01-01', null),
  anyText,
);
