import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pollerHeapLimitMb } from '../../src/poller/heap-limit.ts';

const MIB = 1024 ** 2;

test('the heap of the poller is a half of what the process may use, and no more than a gibibyte', () => {
  assert.equal(pollerHeapLimitMb(1_024 * MIB), 512);
  assert.equal(pollerHeapLimitMb(300 * MIB), 150);
  assert.equal(pollerHeapLimitMb(64 * 1_024 * MIB), 1_024);
});
