import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shiftWeekdays } from '../../src/commands/convert/weekdays.ts';

const CASES: readonly (readonly [there: string, here: string])[] = [
  ['0 6 * * 0', '0 6 * * 1'],
  ['0 6 * * 6', '0 6 * * 0'],
  ['0 6 * * 0-4', '0 6 * * 1-5'],
  ['0 6 * * 5-6', '0 6 * * 6-7'],
  ['0 6 * * 0,2,6', '0 6 * * 1,3,0'],
  ['0 6 * * */2', '0 6 * * 0,1,3,5'],
  ['0 6 * * 1-5/2', '0 6 * * 2,4,6'],
  ['0 6 * * mon-fri', '0 6 * * mon-fri'],
  ['*/5 * * * *', '*/5 * * * *'],
];

for (const [there, here] of CASES) {
  test(`"${there}" of a week that begins with Monday is "${here}"`, () => {
    assert.deepEqual(shiftWeekdays(there), { expression: here, bothDays: false });
  });
}

test('two days that must both fit are told apart from two of which either suffices', () => {
  assert.equal(shiftWeekdays('0 6 1 * 0').bothDays, true);
});
