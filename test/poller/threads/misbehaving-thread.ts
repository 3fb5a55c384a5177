/** A poller thread for tests: it starts the tasks it is told to and then dies as the plan's revision number says. */
import { parentPort, workerData } from 'node:worker_threads';
import { decodePlan } from '../../../src/model/encoded-plan.ts';
import type { Plan } from '../../../src/model/plan.ts';
import { finish } from '../../../src/model/steps.ts';
import type { TaskKey } from '../../../src/model/words.ts';
import {
  type FromPoller,
  type Leftover,
  PLANNING,
  type PollerBirth,
  type PollerStart,
  type ToPoller,
} from '../../../src/poller/protocol.ts';

const markOf = (marker: string) => ({ connectionId: '7', address: '127.0.0.1:1', marker, cancelKey: null });
const { heartbeat } = workerData as PollerBirth;
const post = (message: FromPoller) => parentPort?.postMessage(message);

/** How the thread dies, by the revision of its plan. */
const DEATHS: Readonly<Record<number, () => void>> = {
  1: () => {},
  2: () => {
    throw new Error('injected');
  },
  3: () => {
    for (;;);
  },
  4: () => {
    const hoard: unknown[] = [];
    // With a call per element: Node.js 24 ends the whole process where a loop without calls fills the heap.
    for (;;) hoard.push(Array.from({ length: 1_000 }, (_, index) => ({ index })));
  },
  5: () => {
    Atomics.store(heartbeat, PLANNING, 1);
    post({ kind: 'log', record: { level: 'info', atMs: 0, message: 'planning', fields: {} } });
    for (;;);
  },
};

const beat = () => Atomics.add(heartbeat, 0, 1);

parentPort?.once('message', ({ leftovers }: PollerStart) => {
  let plan: Plan | null = null;
  setInterval(beat, 5);
  parentPort?.on('message', (message: ToPoller) => {
    if (message.kind === 'plan') {
      plan = finish(decodePlan(message.plan));
      run(plan, message.suspended, leftovers);
    }
    if (message.kind === 'share') {
      const marker = message.suspended.join(',');
      post({ kind: 'log', record: { level: 'info', atMs: 0, message: 'share', fields: { marker } } });
    }
    if (message.kind === 'stop') post({ kind: 'stopped' });
    // Main has heard what this thread said before.
    if (message.kind === 'acknowledge') {
      beat();
      DEATHS[plan?.revision ?? 1]?.();
      post({ kind: 'log', record: { level: 'info', atMs: 0, message: 'beat', fields: {} } });
    }
    if (message.kind !== 'ask' || message.request.task === ('never answered' as TaskKey)) return;
    const isKnown = plan?.tasks.some(({ key }) => key === message.request.task);
    post({ kind: 'answer', number: message.number, answer: isKnown ? 'running' : 'unknown' });
  });
});

function run({ tasks }: Plan, suspended: readonly TaskKey[], leftovers: readonly Leftover[]): void {
  post({ kind: 'running' });
  for (const { mark } of leftovers) {
    post({ kind: 'log', record: { level: 'info', atMs: 0, message: 'leftover', fields: { marker: mark.marker } } });
  }
  for (const { key } of tasks) {
    if (suspended.includes(key)) continue;
    post({ kind: 'started', task: key, atMs: 1, mark: markOf(key) });
  }
}
