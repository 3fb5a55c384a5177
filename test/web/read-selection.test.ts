import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSelection } from '../../src/web/read-selection.ts';
import { taskSearch } from '../../src/web/task-request.ts';

const NOTHING = { queries: [], targets: [], groups: [], collectors: [] };

test('names of each kind are gathered, with brackets or without, escaped or not', () => {
  const url = '/metrics?query[]=a&query%5B%5D=b%20c&query=d&target[]=t&group[]=g&collect[]=shop&collect=s2';
  const selection = { queries: ['a', 'b c', 'd'], targets: ['t'], groups: ['g'], collectors: ['shop', 's2'] };
  assert.deepEqual(readSelection(url), { kind: 'some', selection });
});

test('an empty name is a name, which nothing has', () => {
  assert.deepEqual(readSelection('/metrics?query[]='), { kind: 'some', selection: { ...NOTHING, queries: [''] } });
});

test('an address without these parameters restricts nothing', () => {
  for (const url of ['/metrics', '/metrics?', '/metrics?&&'])
    assert.deepEqual(readSelection(url), { kind: 'all' }, url);
});

test('the address of a task selects that task', () => {
  assert.deepEqual(readSelection(`/metrics${taskSearch('a&b', 't=1')}`), {
    kind: 'some',
    selection: { ...NOTHING, queries: ['a&b'], targets: ['t=1'] },
  });
});

test('a parameter of another name is wrong, with what may have been meant', () => {
  const problemOf = (search: string) => {
    const asked = readSelection(`/metrics?query[]=a&${search}`);
    return asked.kind === 'wrong' ? asked.problem : asked.kind;
  };
  assert.equal(problemOf('colect[]=shop'), 'unknown parameter "colect[]", did you mean "collect[]"?');
  assert.equal(problemOf('Targets=shop'), 'unknown parameter "Targets", did you mean "target"?');
  assert.equal(
    problemOf('timeout=3'),
    'unknown parameter "timeout", expected one of query[], target[], group[], collect[]',
  );
  assert.match(problemOf('='), /^unknown parameter "", expected/);
});
