import assert from 'node:assert/strict';
import { test } from 'node:test';
import { editDistance, Suggestions } from '../../src/config/suggestion.ts';

test('insertions, deletions, replacements and swaps of neighbours count one each', () => {
  assert.equal(editDistance('interval', 'interval'), 0);
  assert.equal(editDistance('intervall', 'interval'), 1);
  assert.equal(editDistance('intrval', 'interval'), 1);
  assert.equal(editDistance('intorval', 'interval'), 1);
  assert.equal(editDistance('itnerval', 'interval'), 1);
  assert.equal(editDistance('', 'abc'), 3);
});

test('the nearest candidate is suggested, and none that is far', () => {
  const suggestions = new Suggestions();
  assert.equal(suggestions.nearest('Timout', ['timezone', 'timeout']), 'timeout');
  assert.equal(suggestions.nearest('querys', ['queries', 'metrics']), 'queries');
  assert.equal(suggestions.nearest('ab', ['ac', 'b']), null);
  assert.equal(suggestions.nearest('nonsense', ['timeout']), null);
});

test('suggestions end when they have cost enough', () => {
  const suggestions = new Suggestions(1);
  assert.equal(suggestions.nearest('timeot', ['timeout']), 'timeout');
  assert.equal(suggestions.nearest('timeot', ['timeout']), null);
});
