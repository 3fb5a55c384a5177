import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashSync } from 'bcryptjs';
import { PasswordChecker } from '../../src/web/password-checker.ts';

const HASH = hashSync('secret', 4);

test('32 passwords wait to be checked, and one more is told that there is too much to do', async () => {
  const checker = new PasswordChecker();
  const asked = Array.from({ length: 32 }, (_, index) => checker.compare(index === 0 ? 'guess' : 'secret', HASH));
  assert.equal(await checker.compare('secret', HASH), null);
  assert.deepEqual(await Promise.all(asked), [false, ...Array.from({ length: 31 }, () => true)]);
  assert.equal(await checker.compare('secret', HASH), true);
  await checker.close();
});

test('those who wait are answered when the thread that compares is gone, and the next starts another', async () => {
  const checker = new PasswordChecker();
  const asked = [checker.compare('secret', HASH), checker.compare('secret', HASH)];
  await checker.close();
  assert.deepEqual(await Promise.all(asked), [null, null]);
  assert.equal(await checker.compare('secret', HASH), true);
  await checker.close();
});
