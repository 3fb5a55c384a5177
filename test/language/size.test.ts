import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatSize, parseSize, SIZE_PATTERN } from '../../src/language/size.ts';

test('a size is a number with a unit of 1000 or of 1024', () => {
  const sizes = { '7B': 7, '1kB': 1_000, '1KB': 1_000, '1.5KiB': 1_536, '16MiB': 16_777_216, '1GB': 1_000_000_000 };
  for (const [text, bytes] of Object.entries(sizes)) {
    assert.equal(parseSize(text), bytes, text);
    assert.match(text, new RegExp(SIZE_PATTERN));
  }
  for (const text of ['', '5', '1kib', '1 KiB', '-1B', '1TiB', '1toString']) {
    assert.equal(parseSize(text), null, text);
    assert.doesNotMatch(text, new RegExp(SIZE_PATTERN));
  }
});

test('a limit is said in whole units', () => {
  assert.deepEqual([65_536, 1_048_576].map(formatSize), ['64 KiB', '1 MiB']);
});
