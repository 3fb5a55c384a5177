/** A poller thread for tests: it starts the tasks it is told to and then dies as the plan's revision number says. */
import { parentPort, workerData } from 'node:worker_threads';
import type { TaskKey } from '../../../src/model/words.ts';
import type { FromPoller, PollerBirth, PollerStart, ToPoller } from '../../../src/poller/protocol.ts';

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
};

const beat = () => Atomics.add(heartbeat, 0, 1);

parentPort?.once('message', (start: PollerStart) => {
  post({ kind: 'running' });
  setInterval(beat, 5);
  for (const leftover of start.leftovers) {
    post({
      kind: 'log',
      record: { level: 'info', atMs: 0, message: 'leftover', fields: { marker: leftover.mark.marker } },
    });
  }
  for (const { key } of start.plan.tasks) {
    if (start.suspended.includes(key)) continue;
    post({ kind: 'started', task: key, atMs: 1, mark: markOf(key) });
  }
  parentPort?.on('message', (message: ToPoller) => {
    if (message.kind === 'stop') post({ kind: 'stopped' });
    if (message.kind === 'acknowledge') {
      beat();
      post({ kind: 'log', record: { level: 'info', atMs: 0, message: 'beat', fields: {} } });
    }
    if (message.kind !== 'ask' || message.request.task === ('never answered' as TaskKey)) return;
    const isKnown = start.plan.tasks.some(({ key }) => key === message.request.task);
    post({ kind: 'answer', number: message.number, answer: isKnown ? 'running' : 'unknown' });
  });
  // The messages above leave the thread before it dies.
  setTimeout(() => DEATHS[start.plan.revision]?.(), 20);
});
