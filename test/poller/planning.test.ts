import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodePlan } from '../../src/model/encoded-plan.ts';
import type { QueryName } from '../../src/model/words.ts';
import { PollerWorker } from '../../src/poller/poller-worker.ts';
import { BEATS, type FromPoller, PLANNING, type PollerStart, type ToPoller } from '../../src/poller/protocol.ts';
import { planOf, taskOf } from '../refresh/plans.ts';

const TASKS = 2_000;

test('the heart of the poller beats with each task that it plans, and while it takes over a plan in which nothing changed', async () => {
  const poller = new PollerWorker(512);
  const { worker, heartbeat } = poller;
  const { target } = taskOf();
  const idle = { schedule: { kind: 'interval', everyMs: 86_400_000 }, runOnStart: false } as const;
  const tasks = Array.from({ length: TASKS }, (_, i) => ({
    ...taskOf({ query: { ...idle, name: `q${i}` as QueryName } }),
    target,
  }));
  const send = (message: ToPoller) => worker.postMessage(message);
  const heard = (kind: FromPoller['kind']) =>
    new Promise<void>((resolve) => {
      const look = (message: FromPoller) => {
        if (message.kind !== kind) return;
        worker.off('message', look);
        resolve();
      };
      worker.on('message', look);
    });
  worker.postMessage({ leftovers: [], share: null, logLevel: 'info' } satisfies PollerStart);
  send({ kind: 'plan', plan: encodePlan(planOf(tasks)), suspended: [] });
  await heard('running');
  const planned = Atomics.load(heartbeat, BEATS);
  assert.ok(planned >= TASKS, `${planned} beats`);

  send({ kind: 'plan', plan: encodePlan(planOf(tasks, { revision: 2 })), suspended: [] });
  send({ kind: 'ask', number: 1, request: { kind: 'run', task: tasks[0]?.key ?? taskOf().key } });
  await heard('answer');
  // A beat with each of its records at least.
  assert.ok(Atomics.load(heartbeat, BEATS) >= planned + TASKS / 64);
  assert.equal(Atomics.load(heartbeat, PLANNING), 0);
  await worker.terminate();
});
