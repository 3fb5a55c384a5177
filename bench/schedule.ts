import { setTimeout as delay } from 'node:timers/promises';
import { createRecordLogger } from '../src/logger.ts';
import { realClock } from '../src/model/clock.ts';
import type { PollerEvent } from '../src/model/poller-event.ts';
import type { QueryName, TargetName, TaskKey } from '../src/model/words.ts';
import { ALONE } from '../src/refresh/coordinator.ts';
import { OwnLag } from '../src/refresh/own-lag.ts';
import { startPolling } from '../src/refresh/polling.ts';
import { FakeDrivers } from '../test/refresh/fake-driver.ts';
import { every, planOf, taskOf } from '../test/refresh/plans.ts';
import { median, percentile } from './support/statistics.ts';
import type { Subject } from './support/subject.ts';

const TASKS = 5_000;
const TARGETS = 500;
const PERIOD_MS = 10_000;
const MAX_RUNNING = 64;

export const schedule: Subject = {
  name: 'schedule',
  about: `Scheduling alone: ${TASKS} tasks every ${PERIOD_MS / 1_000} s on a driver that answers at once.`,
  async run({ progress }) {
    progress('schedule');
    const { lateMs, refreshes, cpuUs, seconds } = await measure();
    return {
      tables: [
        {
          title: 'Lateness of the starts, and what a refresh costs without a database',
          columns: ['refreshes', 'per s', 'CPU in µs each', 'late in ms, p50', 'p99', 'max'],
          rows: [
            [
              ...[refreshes, refreshes / seconds, cpuUs / refreshes],
              ...[median(lateMs), percentile(lateMs, 0.99), Math.max(...lateMs)],
            ],
          ],
        },
      ],
      goals: [],
    };
  },
};

async function measure() {
  const tasks = Array.from({ length: TASKS }, (_, index) =>
    taskOf({
      query: { ...every(PERIOD_MS), name: `q${index}` as QueryName },
      target: { name: `db${index % TARGETS}` as TargetName },
    }),
  );
  const lateMs: number[] = [];
  let refreshes = 0;
  const plannedAtMs = new Map<TaskKey, number | null>();
  const take = (event: PollerEvent): void => {
    if (event.kind === 'planned') plannedAtMs.set(event.task, event.nextAtMs);
    if (event.kind === 'started' && event.mark === null) {
      lateMs.push(event.atMs - (plannedAtMs.get(event.task) ?? event.atMs));
    }
    if (event.kind !== 'finished') return;
    const { task, times } = event.result;
    plannedAtMs.set(task, times.nextAtMs);
    refreshes += 1;
    setImmediate(() => polling.acknowledge(task));
  };
  const logger = createRecordLogger(() => undefined);
  const polling = startPolling({
    plan: planOf(tasks, { maxRunning: MAX_RUNNING }),
    restored: [],
    suspended: [],
    coordinator: ALONE,
    onLeft: () => {},
    drivers: new FakeDrivers(MAX_RUNNING),
    clock: realClock,
    random: Math.random,
    logger,
    lag: new OwnLag(() => realClock.monotonic(), logger),
    emit: take,
  });
  const seconds = PERIOD_MS / 1_000;
  const before = process.cpuUsage();
  await delay(seconds * 1_000);
  const { user, system } = process.cpuUsage(before);
  await polling.stop();
  return { lateMs, refreshes, cpuUs: user + system, seconds };
}
