import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Exchange, type SharedTask } from '../../src/fleet/exchange.ts';
import { createRecordLogger } from '../../src/logger.ts';
import type { TaskKey } from '../../src/model/words.ts';
import { MemoryEngine } from './memory-store.ts';

const SERVER = 'db1:3306';
const BODY = Buffer.from('what is known');

function taskOf(id: string): SharedTask {
  return { key: `${id}@db1` as TaskKey, server: SERVER, id, keepMs: 60_000 };
}

/** Of a replica that owns the server. */
async function anExchange(...tasks: readonly SharedTask[]) {
  const engine = new MemoryEngine();
  const store = engine.openStore('a');
  await store.claim([SERVER], 60_000);
  const exchange = new Exchange({
    store,
    logger: createRecordLogger(() => {}),
    owns: () => true,
    isConfirmed: () => true,
    onRefused: () => {},
    onResults: () => {},
    onRelease: () => {},
    onMissing: () => {},
  });
  exchange.replaceTasks(tasks);
  const kept = async () => {
    await exchange.flush(new Set([SERVER]));
    return [...engine.states.keys()];
  };
  return { exchange, kept };
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
