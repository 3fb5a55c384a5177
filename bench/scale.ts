import { setTimeout as delay } from 'node:timers/promises';
import type { Mariadb } from '../test/support/mariadb.ts';
import { dsnOf, fleetConfig, ordersQuery, readTasks, startExporter, type TaskStatus } from './support/exporter.ts';
import { countConnections, loopbackHosts, startFleet } from './support/fleet.ts';
import { selectOrders } from './support/orders.ts';
import { cpuMs, memoryMb } from './support/process-usage.ts';
import { type Service, startService } from './support/service.ts';
import { sqlExporterProgram } from './support/sql-exporter.ts';
import { median, percentile } from './support/statistics.ts';
import { atMost, type Bench, type Subject, type Value } from './support/subject.ts';

const TARGETS = 500;
const QUERIES = 10;
const ROWS = 10;
const PERIOD_SECONDS = 10;
/** Two periods, so that every task runs at least once between two looks. */
const SECONDS = 20;
/** Less than a period, so that no run goes unseen. */
const LOOK_EVERY_SECONDS = 5;

/** Each slightly different, as queries are. */
const SQLS = Array.from({ length: QUERIES }, (_, i) => selectOrders(ROWS).replace('orders', `orders WHERE ${i} < 100`));

export const scale: Subject = {
  name: 'scale',
  about: `${TARGETS} targets × ${QUERIES} queries of ${ROWS} rows every ${PERIOD_SECONDS} s in one process: 500 results a second.`,
  async run(bench) {
    const hosts = loopbackHosts(TARGETS);
    await using mariadb = await startFleet(hosts);
    const ours = await measureOurs(bench, mariadb, hosts);
    const theirs = await measureSqlExporter(bench, mariadb, hosts);
    const columns = ['', 'CPU in % of a core', 'memory in MB', 'connections'];
    const rows: Value[][] = [
      ['ours', ...ours.usage],
      theirs === null ? ['sql-exporter', null, null, null] : ['sql-exporter', ...theirs],
    ];
    const points = (times: readonly number[]): Value[] => [median(times), percentile(times, 0.99), Math.max(...times)];
    return {
      tables: [
        { title: 'What it takes', columns, rows },
        {
          title: `Time after the planned moment in ms, ${ours.startMs.length} runs, ${ours.failures} failed, ${ours.skips} skipped`,
          columns: ['', 'p50', 'p99', 'max'],
          rows: [
            ['a run begins', ...points(ours.startMs)],
            ['its result is there', ...points(ours.endMs)],
          ],
        },
      ],
      goals: [
        atMost(10, 'ms of lateness, p99', percentile(ours.startMs, 0.99)),
        atMost(0.5, 'of a core', ours.cpuPercent / 100),
      ],
    };
  },
};

async function measureOurs(bench: Bench, mariadb: Mariadb, hosts: readonly string[]) {
  bench.progress('scale: ours');
  const queries = SQLS.map((sql, i) =>
    ordersQuery(`orders_${i}`, sql, { interval: `${PERIOD_SECONDS}s`, timeout: '10s' }),
  );
  await using exporter = await startExporter(fleetConfig(mariadb, hosts, queries));
  // Everything runs once when it starts, and then settles.
  await delay((PERIOD_SECONDS + 5) * 1_000);
  const startMs: number[] = [];
  const endMs: number[] = [];
  const before = readUsage(exporter);
  let seen = await readTasks(exporter);
  const first = seen;
  for (let seconds = 0; seconds < SECONDS; seconds += LOOK_EVERY_SECONDS) {
    await delay(LOOK_EVERY_SECONDS * 1_000);
    const tasks = await readTasks(exporter);
    for (const [i, task] of tasks.entries()) {
      const late = lateness(seen[i], task);
      if (late === null) continue;
      startMs.push(late.startMs);
      endMs.push(late.endMs);
    }
    seen = tasks;
  }
  const cpuPercent = percentOf(before, readUsage(exporter));
  const usage: Value[] = [cpuPercent, memoryMb(exporter.pid), await countConnections(mariadb)];
  return {
    cpuPercent,
    usage,
    startMs,
    endMs,
    failures: count(first, seen, 'failures'),
    skips: count(first, seen, 'skips'),
  };
}

async function measureSqlExporter({ peers, progress }: Bench, mariadb: Mariadb, hosts: readonly string[]) {
  const tool = await peers.find('sql-exporter');
  if (tool === null) return null;
  progress('scale: sql-exporter');
  const dsns = hosts.map((host) => dsnOf(mariadb, host));
  const job = { tool, dsns, sqls: SQLS, interval: `${PERIOD_SECONDS}s` };
  await using service = await startService(sqlExporterProgram(job));
  await delay(PERIOD_SECONDS * 1_000);
  const before = readUsage(service);
  await delay(SECONDS * 1_000);
  return [percentOf(before, readUsage(service)), memoryMb(service.pid), await countConnections(mariadb)];
}

/** The run that was planned when the task was last looked at, if it has ended since. */
function lateness(before: TaskStatus | undefined, now: TaskStatus) {
  const { next_refresh_timestamp_seconds: planned, refreshes } = before ?? {};
  const { last_refresh_timestamp_seconds: ended, last_duration_seconds: duration } = now;
  if (planned === undefined || planned === null || ended === null || duration === null) return null;
  if (now.refreshes - (refreshes ?? 0) !== 1) return null;
  return { startMs: (ended - duration - planned) * 1_000, endMs: (ended - planned) * 1_000 };
}

function count(before: readonly TaskStatus[], now: readonly TaskStatus[], kind: 'failures' | 'skips'): number {
  const sum = (tasks: readonly TaskStatus[]) =>
    tasks.flatMap((task) => Object.values(task[kind])).reduce((total, one) => total + one, 0);
  return sum(now) - sum(before);
}

function readUsage({ pid }: Service): { readonly cpuMs: number; readonly atMs: number } {
  return { cpuMs: cpuMs(pid), atMs: performance.now() };
}

function percentOf(before: ReturnType<typeof readUsage>, after: ReturnType<typeof readUsage>): number {
  return ((after.cpuMs - before.cpuMs) / (after.atMs - before.atMs)) * 100;
}
