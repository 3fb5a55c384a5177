import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSelection, taskSearch } from '../../src/web/read-selection.ts';

const NOTHING = { queries: [], targets: [], groups: [], collectors: [] };

test('names of each kind are gathered, with brackets or without, escaped or not', () => {
  const url = '/metrics?query[]=a&query%5B%5D=b%20c&query=d&target[]=t&group[]=g&collect[]=shop&collect=s2';
  assert.deepEqual(readSelection(url), {
    queries: ['a', 'b c', 'd'],
    targets: ['t'],
    groups: ['g'],
    collectors: ['shop', 's2'],
  });
});

test('an empty name is a name, which nothing has', () => {
  assert.deepEqual(readSelection('/metrics?query[]='), { ...NOTHING, queries: [''] });
});

test('an address without these parameters restricts nothing', () => {
  for (const url of ['/metrics', '/metrics?', '/metrics?timeout=3&x', '/metrics?%', '/metrics?&=&']) {
    assert.equal(readSelection(url), null, url);
  }
});

test('the address of a task selects that task', () => {
  assert.deepEqual(readSelection(`/metrics${taskSearch('a&b', 't=1')}`), {
    ...NOTHING,
    queries: ['a&b'],
    targets: ['t=1'],
  });
});
