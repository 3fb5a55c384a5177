import assert from 'node:assert/strict';
import { test } from 'node:test';
import { haveCommonVersion, holdsVersion, isEmptySpan, parseVersionRange } from '../../src/language/version-range.ts';
import type { VersionRange } from '../../src/model/plan.ts';

test('a range is bounds of a product or of any, a product in any version, and alternatives', () => {
  assert.deepEqual(rangeOf('mysql >=8.0.22 || MariaDB >= 10.5 <11').spans, [
    { product: 'mysql', from: [8, 0, 22], before: null },
    { product: 'mariadb', from: [10, 5], before: [11] },
  ]);
  assert.deepEqual(rangeOf('mariadb').spans, [{ product: 'mariadb', from: [], before: null }]);
  assert.deepEqual(rangeOf('>=14 <17').spans, [{ product: null, from: [14], before: [17] }]);
});

test('what is no range is not read', () => {
  for (const text of ['', '8', '8.0', '>=', '>=x', '>=8.', '=>8', '!=8', '>=8 ||', '>=8 | <5', '>=8, <9', 'a b >=8'])
    assert.equal(parseVersionRange(text), null, text);
});

test('a version is compared as far as the bound is written', () => {
  const held: Readonly<Record<string, readonly [string[], string[]]>> = {
    '>=14 <17': [
      ['14', '14.0', '16.4'],
      ['13.9', '17', '17.0'],
    ],
    '<=16': [['16', '16.4', '9'], ['17']],
    '>16': [
      ['17', '17.1'],
      ['16', '16.4'],
    ],
    '=10.11': [
      ['10.11', '10.11.6'],
      ['10.1', '10.12', '10'],
    ],
    '>=8.0.22': [
      ['8.0.22', '8.0.100', '8.4'],
      ['8.0', '8.0.3', '5.7.44'],
    ],
    '<5 || >9': [
      ['4.9', '10'],
      ['5', '9.9'],
    ],
  };
  for (const [text, [inside, outside]] of Object.entries(held)) {
    for (const version of inside) assert.ok(holds(text, version), `${version} is ${text}`);
    for (const version of outside) assert.ok(!holds(text, version), `${version} is not ${text}`);
  }
});

test('a product has versions of its own', () => {
  assert.ok(holds('mysql >=8 || mariadb >=10.5', '10.11', 'mariadb'));
  assert.ok(!holds('mysql >=8 || mariadb >=10.5', '10.4', 'mariadb'));
  assert.ok(!holds('mysql >=8', '10.11', 'mariadb'));
});

test('ranges without a common version are told from those with one', () => {
  const disjoint = [
    ['<17', '>=17'],
    ['>=14 <17', '>=17 || <14'],
    ['mysql >=8', 'mariadb >=8'],
    ['=10.11', '>10.11'],
  ] as const;
  const common = [
    ['<17', '>=16.9'],
    ['mysql >=8', '>=9'],
    ['<=16', '=16.4'],
    ['<5 || >=9', '=9'],
  ] as const;
  for (const [a, b] of disjoint) assert.ok(!haveCommonVersion(rangeOf(a), rangeOf(b)), `${a} and ${b}`);
  for (const [a, b] of common) assert.ok(haveCommonVersion(rangeOf(a), rangeOf(b)), `${a} and ${b}`);
});

test('bounds that no version meets make an empty span', () => {
  assert.deepEqual(rangeOf('>=17 <14 || >14 <15 || =8 <9').spans.map(isEmptySpan), [true, true, false]);
});

function rangeOf(text: string): VersionRange {
  return parseVersionRange(text) ?? assert.fail(`${text} is no range`);
}

function holds(range: string, version: string, product = 'postgres'): boolean {
  return holdsVersion(rangeOf(range), { product, numbers: version.split('.').map(Number) });
}
