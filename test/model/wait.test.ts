import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settlesWithin } from '../../src/model/wait.ts';

test('work that settles is waited for, however it settles', async () => {
  assert.equal(await settlesWithin(Promise.resolve(), 60_000), true);
  assert.equal(await settlesWithin(Promise.reject(new Error('failed')), 60_000), true);
});

test('work that never settles is given up', async () => {
  assert.equal(await settlesWithin(new Promise(() => {}), 1), false);
});
