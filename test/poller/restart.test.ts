import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planRestart } from '../../src/poller/restart.ts';

test('restarts come at once, then ever more slowly, up to half a minute', () => {
  const delays: number[] = [];
  for (let last = 0, death = 0; death < 12; death += 1) {
    last = planRestart(last, 500);
    delays.push(last);
  }
  assert.deepEqual(delays, [100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000, 30000]);
});

test('a thread that lived for a minute starts a new series', () => {
  assert.equal(planRestart(30_000, 60_000), 100);
});
