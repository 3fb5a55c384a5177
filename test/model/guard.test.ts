import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lockName } from '../../src/model/guard.ts';
import type { TaskKey } from '../../src/model/words.ts';

const ORDERS = '["orders","db1"]' as TaskKey;
const USERS = '["users","db1"]' as TaskKey;

test('a lock has a name that every server takes, and that tells fleets and tasks apart', () => {
  const fleets = ['prod', 'PROD', `a fleet with a long name, it's "quoted"`, 'böse 🍐'];
  const names = fleets.flatMap((fleet) => [ORDERS, USERS].map((task) => lockName(fleet, task)));
  for (const name of names) assert.match(name, /^query-exporter [\w.-]{1,16} [\da-f]{32}$/);
  assert.ok(names.every((name) => name.length <= 64));
  // Case does not count for a server.
  assert.equal(new Set(names.map((name) => name.toLowerCase())).size, names.length);
  assert.equal(lockName('prod', ORDERS), lockName('prod', ORDERS));
});
