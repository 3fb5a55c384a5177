import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { When } from '../../src/model/plan.ts';
import { NO_FACTS, type ServerFacts } from '../../src/model/server-facts.ts';
import { excludeEachOther, whyNot } from '../../src/sql/applies.ts';
import { ServerKnowledge } from '../../src/sql/pool/server-knowledge.ts';

const V15 = { version: 'Oracle 15.4', release: { product: 'oracle', numbers: [15, 4] } };
const V16 = { version: 'Oracle 16.1', release: { product: 'oracle', numbers: [16, 1] } };
const FROM_16 = { text: '>=16', spans: [{ product: null, from: [16], before: null }] };
const BEFORE_16 = { text: '<16', spans: [{ product: null, from: [], before: [16] }] };

function whenOf(parts: Partial<When>): When {
  return { role: null, version: null, sql: null, ...parts };
}

test('what an engine learns decides from then on, and a change of role is told once', () => {
  const told: ServerFacts[] = [];
  const knowledge = new ServerKnowledge((facts) => told.push(facts));
  const primary = whenOf({ role: 'primary' });
  assert.equal(whyNot(primary, knowledge.facts), 'role is not known, so not primary');
  knowledge.learn({ ...V15, role: 'replica' });
  assert.equal(whyNot(primary, knowledge.facts), 'role is replica, not primary');
  knowledge.learn({ role: 'primary' });
  knowledge.learn({ role: 'primary' });
  assert.equal(whyNot(primary, knowledge.facts), null);
  assert.deepEqual(
    told.map(({ role, version }) => [role, version]),
    [
      ['replica', 'Oracle 15.4'],
      ['primary', 'Oracle 15.4'],
    ],
  );
});

test('a version that is not known, or another one, is said in words', () => {
  const when = whenOf({ version: FROM_16 });
  assert.equal(whyNot(when, NO_FACTS), 'version is not known, not >=16');
  assert.equal(whyNot(when, { ...NO_FACTS, ...V15 }), 'version is Oracle 15.4, not >=16');
  assert.equal(whyNot(when, { ...NO_FACTS, ...V16 }), null);
});

test('a reload forgets what is missing, but not what the server is: open connections do not say it again', () => {
  const knowledge = new ServerKnowledge(() => undefined);
  knowledge.lacks('kill', 'nobody may');
  knowledge.learn({ ...V15, role: 'primary', isSuperuser: false });
  knowledge.remember('setup', 1);
  assert.deepEqual(knowledge.facts.missing, { kill: 'nobody may' });
  knowledge.forget();
  assert.deepEqual(knowledge.facts, { ...V15, role: 'primary', isSuperuser: false, isGuarded: false, missing: {} });
  assert.equal(knowledge.recall('setup'), undefined);
});

test('another version is another server, of which nothing else is known', () => {
  const knowledge = new ServerKnowledge(() => undefined);
  knowledge.learn({ ...V15, role: 'primary' });
  knowledge.lacks('kill', 'nobody may');
  knowledge.learn(V16);
  assert.deepEqual(knowledge.facts, { ...NO_FACTS, ...V16 });
});

test('two of them exclude each other by role or by version, and never by what their SQL says', () => {
  const primary = whenOf({ role: 'primary' });
  const replica = whenOf({ role: 'replica', version: FROM_16 });
  assert.ok(excludeEachOther(primary, replica));
  assert.ok(excludeEachOther(replica, whenOf({ version: BEFORE_16 })));
  assert.ok(!excludeEachOther(primary, whenOf({ version: BEFORE_16 })));
  assert.ok(!excludeEachOther(whenOf({ sql: 'SELECT 1' }), whenOf({ sql: 'SELECT 0' })));
  assert.ok(!excludeEachOther(primary, null));
});
