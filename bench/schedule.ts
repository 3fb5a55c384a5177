/**
 * What scheduling costs: 5,000 tasks that are due every 10 s, 500 refreshes a second, on a driver that answers at once.
 * Prints the processor time per refresh and how late runs began. Usage: node dist/bench/schedule.js [SECONDS]
 */
import { createRecordLogger } from '../src/logger.ts';
import type { QueryName, TargetName } from '../src/model/words.ts';
import { realClock } from '../src/refresh/clock.ts';
import { startPolling } from '../src/refresh/polling.ts';
import { FakeDrivers } from '../test/refresh/fake-driver.ts';
import { every, planOf, taskOf } from '../test/refresh/plans.ts';

const TASKS = 5_000;
const TARGETS = 100;
const PERIOD_MS = 10_000;
const seconds = Number(process.argv[2] ?? 30);

const tasks = Array.from({ length: TASKS }, (_, index) =>
  taskOf({
    query: { ...every(PERIOD_MS), name: `q${index}` as QueryName },
    target: { name: `db${index % TARGETS}` as TargetName },
  }),
);
const lateMs: number[] = [];
let refreshes = 0;
let skips = 0;
const polling = startPolling({
  plan: planOf(tasks),
  restored: [],
  suspended: [],
  generation: 1,
  drivers: new FakeDrivers(),
  clock: realClock,
  random: Math.random,
  logger: createRecordLogger(() => {}),
  events: {
    started: (_task, _atMs, mark, late) => mark === null && lateMs.push(late),
    finished: ({ task }) => {
      refreshes += 1;
      setImmediate(() => polling.acknowledge(task));
    },
    aborted: () => {},
    skipped: () => {
      skips += 1;
    },
    planned: () => {},
    targetChecked: () => {},
  },
});
const before = process.cpuUsage();
await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
const { user, system } = process.cpuUsage(before);
await polling.stop();

lateMs.sort((a, b) => a - b);
const late = (share: number) => lateMs[Math.floor(share * (lateMs.length - 1))];
const cpuUs = user + system;
process.stdout.write(
  `${refreshes} refreshes in ${seconds} s, ${skips} skips, ${(cpuUs / refreshes).toFixed(0)} us of processor time each ` +
    `(${((cpuUs / seconds / 1e6) * 100).toFixed(1)} % of one core); ` +
    `late by ${late(0.5)} ms (median), ${late(0.99)} ms (p99), ${late(1)} ms (most)\n`,
);
