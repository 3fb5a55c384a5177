import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { canonicalLength, formatNumber, matchColumns, parseNumber } from '../../src/metrics/mapping.ts';
import { RefreshError } from '../../src/model/failure.ts';

describe('parseNumber', () => {
  const numbers: readonly (readonly [string, number])[] = [
    ['42', 42],
    [' 42 ', 42],
    ['\t42\r\n', 42],
    ['+42', 42],
    ['-0', -0],
    ['007', 7],
    ['.5', 0.5],
    ['5.', 5],
    ['1e-7', 1e-7],
    ['1E21', 1e21],
    ['9007199254740993', 9007199254740992],
    ['18446744073709551615', 18446744073709552000],
    ['12345678901234570000000000000000000.678901234567890123456789012345', 1.234567890123457e34],
    ['1e-400', 0],
    ['NaN', Number.NaN],
    ['nAn', Number.NaN],
    ['inf', Number.POSITIVE_INFINITY],
    ['+Inf', Number.POSITIVE_INFINITY],
    [' -INFINITY ', Number.NEGATIVE_INFINITY],
  ];
  for (const [text, number] of numbers) {
    it(`reads ${JSON.stringify(text)} as ${formatNumber(number)}`, () => assert.equal(parseNumber(text), number));
  }

  const others = ['', '  ', '\n', 'abc', '42abc', '1,5', '1_000', '0x1F', '0b1', '1e', 'e1', '.', '+', '--1', '1 2'];
  const more = ['1e400', '-1e400', '9'.repeat(400), '+nan', 'infinit', 'true', '2024-01-01', '{}', '\u00a042', '٤٢'];
  for (const text of [...others, ...more]) {
    it(`does not take ${JSON.stringify(text.slice(0, 20))} for a number`, () => assert.equal(parseNumber(text), null));
  }

  it('refuses megabytes of digits or spaces that end in a letter without going over them again and again', () => {
    for (const filler of ['1', ' ', '0.', '1e']) assert.equal(parseNumber(`${filler.repeat(2_000_000)}x`), null);
  });
});

describe('formatNumber', () => {
  it('prints what is no number on paper as Prometheus writes it', () => {
    const words = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, -0].map(formatNumber);
    assert.deepEqual(words, ['+Inf', '-Inf', 'NaN', '0']);
  });

  it('prints any float64 so that it reads back the same', () => {
    fc.assert(
      fc.property(fc.double(), (number) => {
        const back = parseNumber(formatNumber(number));
        assert.ok(back === number || (Number.isNaN(number) && Number.isNaN(back)));
      }),
    );
  });
});

/** Of a number that stands between others. */
function lengthOf(text: string): number {
  const bytes = Buffer.from(`1${text}1`);
  return canonicalLength(bytes, 1, bytes.length - 1);
}

describe('canonicalLength', () => {
  const cells: readonly (readonly [string, number])[] = [
    ['0', 1],
    ['42', 2],
    ['-42', 3],
    ['999999999999999', 15],
    ['12.500', 4],
    ['12.000', 2],
    ['12.', 2],
    ['0.000001', 8],
    ['-0.5', -1],
    ['0.0000001', -1],
    ['1000000000000000', -1],
    ['1.234567890123456', -1],
    ['-0', -1],
    ['-', -1],
    ['00', -1],
    ['', -1],
    ['+1', -1],
    ['1e3', -1],
    [' 1', -1],
    ['1.2.3', -1],
  ];
  for (const [text, length] of cells) {
    it(`copies ${length} bytes of "${text}"`, () => assert.equal(lengthOf(text), length));
  }

  it('copies only what printing the parsed number gives', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 18 });
    const zeros = fc.string({ unit: fc.constant('0'), maxLength: 8 });
    const decimal = fc.tuple(fc.constantFrom('', '-'), digits, fc.constantFrom('', '.'), zeros, digits, zeros);
    fc.assert(
      fc.property(decimal, (pieces) => {
        const text = pieces.join('');
        const length = lengthOf(text);
        if (length !== -1) assert.equal(text.slice(0, length), formatNumber(parseNumber(text) ?? Number.NaN));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('matchColumns', () => {
  it('prefers the exact name over one that differs in case', () => {
    assert.equal(matchColumns([['User']], ['user', 'User'])(['User']), 1);
  });

  it('finds a column without case where one alone matches', () => {
    const indexOf = matchColumns([['user'], ['n']], ['USER', 'N']);
    assert.deepEqual([indexOf(['user']), indexOf(['n'])], [0, 1]);
  });

  it('takes the first of several names that came, whatever its case, and looks no further', () => {
    const names = ['Seconds_Behind_Source', 'Seconds_Behind_Master'];
    const indexOf = (columns: string[]) => matchColumns([names], columns)(names);
    assert.equal(indexOf(['a', 'Seconds_Behind_Master']), 1);
    assert.equal(indexOf(['Seconds_Behind_Master', 'seconds_behind_source']), 1);
    assert.equal(indexOf(['Seconds_Behind_Master', 'Seconds_Behind_Source', 'Seconds_Behind_Master']), 1);
  });

  const refused: readonly (readonly [string, readonly (readonly string[])[], readonly string[], string])[] = [
    ['a missing column', [['n']], ['user'], 'the result has no column "n"; it has "user"'],
    [
      'an expression that nobody named',
      [['n']],
      ['user', 'count(*)'],
      'the result has no column "n"; it has "user", "count(*)"; write count(*) AS n',
    ],
    ['every missing column at once', [['n'], ['m']], ['a'], 'the result has no column "n", "m"; it has "a"'],
    ['a column that came twice', [['a']], ['a', 'a'], 'the result has more than one column "a"; it has "a", "a"'],
    [
      'names that differ in case alone',
      [['a']],
      ['A', 'ª', 'A'],
      'the result has more than one column "a"; it has "A", "ª", "A"',
    ],
    [
      'a column of several names, all of which are missing',
      [['n'], ['a', 'b'], ['c', 'd']],
      ['x'],
      'the result has no column "n" and none of "a", "b" and none of "c", "d"; it has "x"',
    ],
    [
      'a missing column beside one that came twice',
      [['n'], ['a']],
      ['a', 'a'],
      'the result has no column "n" and more than one column "a"; it has "a", "a"',
    ],
  ];
  for (const [what, wanted, columns, message] of refused) {
    it(`refuses ${what}`, () => {
      assert.throws(
        () => matchColumns(wanted, columns),
        (error) => error instanceof RefreshError && error.reason === 'missing_column' && error.message === message,
      );
    });
  }

  it('takes no notice of a column that came twice and is not wanted', () => {
    assert.equal(matchColumns([['a']], ['x', 'a', 'x'])(['a']), 1);
  });

  it('lists a readable part of very many columns', () => {
    const columns = Array.from({ length: 4096 }, (_, i) => `column_${i}_${'x'.repeat(100)}`);
    assert.throws(
      () => matchColumns([['n']], columns),
      (error) => error instanceof Error && error.message.length < 2000 && error.message.endsWith(', 4076 more'),
    );
  });
});
