import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killWriters } from '../crash/state-kill.ts';

test('a writer that is killed at random moments leaves a complete snapshot every time', async () => {
  const { rounds } = await killWriters(3);
  assert.ok(rounds >= 3);
});
