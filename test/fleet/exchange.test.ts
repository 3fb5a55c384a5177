import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Exchange, type SharedTask } from '../../src/fleet/exchange.ts';
import { createRecordLogger } from '../../src/logger.ts';
import type { TaskKey } from '../../src/model/words.ts';
import { until } from '../support/daemon.ts';
import { MemoryEngine } from './memory-store.ts';

/** What never happens is given up after this. */
const LIMIT_MS = 120_000;
const SERVER = 'db1:3306';
const BODY = Buffer.from('what is known');
const OLDER = Buffer.from('what was known an hour ago');

function taskOf(id: string): SharedTask {
  return { key: `${id}@db1` as TaskKey, server: SERVER, id, keepMs: 60_000 };
}

/** Of a replica that owns the server. */
async function anExchange(...tasks: readonly SharedTask[]) {
  const engine = new MemoryEngine();
  const store = engine.openStore('a');
  await store.claim([SERVER], 60_000);
  const missing: TaskKey[] = [];
  const warnings: unknown[] = [];
  const exchange = new Exchange({
    store,
    logger: createRecordLogger((record) => warnings.push(record)),
    owns: () => true,
    isConfirmed: () => !engine.isDown,
    onRefused: () => {},
    onResults: () => {},
    onRelease: () => {},
    onMissing: (tasks) => missing.push(...tasks),
  });
  exchange.replaceTasks(tasks);
  const kept = async () => {
    await exchange.flush(new Set([SERVER]));
    return [...engine.states.keys()];
  };
  return { engine, exchange, kept, missing, warnings };
}

test('what a task brings that the next plan has is kept when that plan is told, and not before', async () => {
  const { exchange, kept } = await anExchange(taskOf('old'));
  exchange.write('new', BODY);
  assert.deepEqual([await kept(), exchange.pending], [[], 1]);
  exchange.replaceTasks([taskOf('old'), taskOf('new')]);
  exchange.pump();
  assert.deepEqual([await kept(), exchange.pending, exchange.refused], [['new'], 0, 0]);
});

test('what a task brought that the plan no longer has is forgotten', async () => {
  const { exchange, kept } = await anExchange(taskOf('old'));
  exchange.write('gone', BODY);
  exchange.replaceTasks([taskOf('old')]);
  exchange.pump();
  assert.deepEqual([await kept(), exchange.pending, exchange.refused], [[], 0, 0]);
});

test('what the store lacks, or has otherwise than it was written, is asked for, and nothing else', async () => {
  const { engine, exchange, kept, missing } = await anExchange(taskOf('same'), taskOf('older'), taskOf('lost'));
  for (const id of ['same', 'older', 'lost']) exchange.write(id, BODY);
  assert.deepEqual(await kept(), ['same', 'older', 'lost']);
  engine.states.set('older', OLDER);
  engine.states.delete('lost');
  await exchange.restock([SERVER]);
  assert.deepEqual(missing, ['older@db1', 'lost@db1']);
});

test('what the store has otherwise is read before it is asked for: another replica may have written it', async () => {
  const { engine, exchange, missing, warnings } = await anExchange(taskOf('task'));
  engine.states.set('task', OLDER);
  await exchange.restock([SERVER]);
  // That it was read is seen by what is said of bytes that are no state.
  assert.deepEqual([warnings.length, missing], [1, ['task@db1']]);
});

test('what waited while the store was away is not written when it is back, but asked for', async () => {
  const { engine, exchange, kept, missing } = await anExchange(taskOf('task'));
  exchange.write('task', OLDER);
  await kept();
  engine.isDown = true;
  exchange.write('task', BODY);
  engine.isDown = false;
  await exchange.restock([SERVER]);
  exchange.pump();
  assert.deepEqual([missing, exchange.pending, engine.states.get('task')], [['task@db1'], 0, OLDER]);
});

test('tasks that are added after a start without any are read', async () => {
  const { engine, exchange, warnings } = await anExchange();
  exchange.start(() => 0);
  await until('all to be read', LIMIT_MS, async () => exchange.hasRead || undefined);
  engine.states.set('task', OLDER);
  exchange.replaceTasks([taskOf('task')]);
  await until('the task to be read', LIMIT_MS, async () => warnings.length > 0 || undefined);
  await exchange.stop();
});
