import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DURATION_PATTERN, formatDuration, parseDuration, parseGoDuration } from '../../src/language/duration.ts';

test('a duration is read in whole milliseconds', () => {
  const texts = ['500ms', '15s', '1m30s', '2h', '1.5h', '1d', '0s', '0.1ms'];
  assert.deepEqual(texts.map(parseDuration), [500, 15_000, 90_000, 7_200_000, 5_400_000, 86_400_000, 0, 1]);
  for (const text of ['', '5', '5S', '5 s', '-1s', 's', '1s2', '1e3s', '.5s', '1µs', `${'9'.repeat(30)}d`]) {
    assert.equal(parseDuration(text), null, text);
  }
});

test('a duration of Go has smaller units and no days', () => {
  const texts = ['1m30s', '.5s', '1.s', '1500us', '1500µs', '1500μs', '2ns', '0', '0s'];
  assert.deepEqual(texts.map(parseGoDuration), [90_000, 500, 1_000, 2, 2, 2, 1, 0, 0]);
  for (const text of ['', '5', '1d', '-1s', '5 s', '1e3s']) assert.equal(parseGoDuration(text), null, text);
});

test('what was written is read again, and the pattern for editors knows it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10 * 365 * 86_400_000 }), (ms) => {
      assert.equal(parseDuration(formatDuration(ms)), ms);
      assert.match(formatDuration(ms), new RegExp(DURATION_PATTERN));
    }),
  );
});
