import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodePlan } from '../../src/model/encoded-plan.ts';
import { Lease } from '../../src/model/lease.ts';
import { serverKeyOf } from '../../src/model/plan.ts';
import type { QueryName } from '../../src/model/words.ts';
import type { FleetShareStart } from '../../src/poller/fleet-share.ts';
import { PollerWorker } from '../../src/poller/poller-worker.ts';
import { BEATS, type FromPoller, PLANNING, type PollerStart, type ToPoller } from '../../src/poller/protocol.ts';
import { planOf, taskOf } from '../refresh/plans.ts';

const TASKS = 2_000;
const IDLE = { schedule: { kind: 'interval', everyMs: 86_400_000 }, runOnStart: false } as const;

/** A poller thread that waits for its plan. */
function startThread(share: FleetShareStart | null = null) {
  const { worker, heartbeat } = new PollerWorker(512);
  worker.postMessage({ leftovers: [], share, logLevel: 'info' } satisfies PollerStart);
  return {
    heartbeat,
    send: (message: ToPoller) => worker.postMessage(message),
    heard: <Kind extends FromPoller['kind']>(kind: Kind) =>
      new Promise<Extract<FromPoller, { kind: Kind }>>((resolve) => {
        const look = (message: FromPoller) => {
          if (message.kind !== kind) return;
          worker.off('message', look);
          resolve(message as Extract<FromPoller, { kind: Kind }>);
        };
        worker.on('message', look);
      }),
    [Symbol.asyncDispose]: async () => void (await worker.terminate()),
  };
}

test('the heart of the poller beats with each task that it plans, and while it takes over a plan in which nothing changed', async () => {
  await using thread = startThread();
  const { heartbeat, send, heard } = thread;
  const { target } = taskOf();
  const tasks = Array.from({ length: TASKS }, (_, i) => ({
    ...taskOf({ query: { ...IDLE, name: `q${i}` as QueryName } }),
    target,
  }));
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
});

test('a poller that gives servers back before it has a plan has left them, and does not poll them', async () => {
  const task = taskOf({ query: IDLE, target: { shared: true } });
  const server = serverKeyOf(task.target);
  await using thread = startThread({ fleet: 'test', lease: new Lease().memory, servers: [server], losses: 0 });
  const { send, heard } = thread;
  const left = heard('left');
  const change = { taken: [], isClaimed: true, released: [server], lost: [], losses: 0 };
  send({ kind: 'share', change, restored: [], suspended: [] });
  send({ kind: 'plan', plan: encodePlan(planOf([task])), suspended: [] });
  const running = heard('running');
  assert.deepEqual((await left).servers, [server]);
  await running;
  send({ kind: 'ask', number: 1, request: { kind: 'run', task: task.key } });
  assert.equal((await heard('answer')).answer, 'unknown');
});
