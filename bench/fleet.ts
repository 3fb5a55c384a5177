import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../test/support/daemon.ts';
import type { Mariadb } from '../test/support/mariadb.ts';
import { startRedis } from '../test/support/redis.ts';
import { fleetConfig, ordersQuery, readTask, readTasks, startExporter, type TaskStatus } from './support/exporter.ts';
import { loopbackHosts, startFleet } from './support/fleet.ts';
import { selectOrders } from './support/orders.ts';
import { cpuMs, memoryMb } from './support/process-usage.ts';
import { get, type Service } from './support/service.ts';
import { median, percentile } from './support/statistics.ts';
import { atMost, type Bench, type Subject, type Value } from './support/subject.ts';

const REPLICAS = 3;
const TARGETS = 500;
const QUERIES = 10;
const ROWS = 10;
const PERIOD_SECONDS = 10;
const PERIOD_MS = PERIOD_SECONDS * 1_000;
/** Two periods, so that every task runs as often in both. */
const SECONDS = 20;
/** In a fair share there is nothing more to be claimed or given back. */
const FAIR_SERVERS = Math.floor(TARGETS / REPLICAS) - 1;
const LIMIT_MS = 60_000;
/** A result that is seen nowhere for so long is counted as lost. */
const LOST_MS = 5_000;
const LOOK_EVERY_MS = 4;
/** Before its run a task must be chosen and looked at. */
const AHEAD_MS = { least: 30, most: 90 };

export const fleet: Subject = {
  name: 'fleet',
  about: `${REPLICAS} exporters that share ${TARGETS} targets × ${QUERIES} queries of ${ROWS} rows every ${PERIOD_SECONDS} s by way of a Redis, beside one that polls them alone.`,
  async run(bench) {
    const hosts = loopbackHosts(TARGETS);
    await using mariadb = await startFleet(hosts);
    const alone = await measureAlone(bench, mariadb, hosts);
    const shared = await measureFleet(bench, mariadb, hosts);
    const together = sumOf(shared.exporters);
    const points = (times: readonly number[]): Value[] => [median(times), percentile(times, 0.99), Math.max(...times)];
    const cost = (name: string, { cpuShare, memory }: Usage, perSecond: number): Value[] => {
      return [name, cpuShare * 100, (cpuShare * 1_000_000) / perSecond, memory];
    };
    const lost = alone.delays.lost + shared.delays.lost;
    return {
      tables: [
        {
          title: `What it takes: ${Math.round(alone.perSecond)} results a second alone, ${Math.round(shared.perSecond)} in the fleet`,
          columns: ['', 'CPU in % of a core', 'CPU in µs per result', 'memory in MB'],
          rows: [
            cost('one exporter alone', sumOf(alone.exporters), alone.perSecond),
            ...shared.exporters.map((usage, i) => cost(`replica ${i + 1}`, usage, shared.perSecond)),
            cost(`${REPLICAS} replicas together`, together, shared.perSecond),
            cost('the store', shared.store, shared.perSecond),
          ],
        },
        {
          title: `ms from the end of a run until the API tells its result, of ${alone.delays.own.length} and ${shared.delays.own.length} runs, ${lost} not seen`,
          columns: ['', 'p50', 'p99', 'max'],
          rows: [
            ['alone', ...points(alone.delays.own)],
            ['the replica that ran it', ...points(shared.delays.own)],
            ['another replica', ...points(shared.delays.others)],
          ],
        },
      ],
      goals: [
        atMost(250, 'ms until another replica tells a result, p99', percentile(shared.delays.others, 0.99)),
        atMost(500, "µs of the store's CPU per result", (shared.store.cpuShare * 1_000_000) / shared.perSecond),
      ],
    };
  },
};

/** Of a process, over the time that is measured; 1: a whole core. */
interface Usage {
  readonly cpuShare: number;
  readonly memory: number;
}

async function measureAlone(bench: Bench, mariadb: Mariadb, hosts: readonly string[]) {
  bench.progress('fleet: one exporter alone');
  await using exporter = await startExporter(configOf(mariadb, hosts, []));
  return await measure([exporter], []);
}

async function measureFleet(bench: Bench, mariadb: Mariadb, hosts: readonly string[]) {
  bench.progress(`fleet: ${REPLICAS} replicas`);
  await using redis = await startRedis();
  const config = `fleet: {store: '${redis.url}'}\n${configOf(mariadb, hosts, ['shared: true'])}`;
  await using first = await startExporter(config);
  await using second = await startExporter(config);
  await using third = await startExporter(config);
  const replicas = [first, second, third];
  await until('fair shares', LIMIT_MS, async () => {
    const owned = await Promise.all(replicas.map(readOwned));
    return owned.every((servers) => servers >= FAIR_SERVERS) || undefined;
  });
  const { others, ...measured } = await measure(replicas, [redis.pid]);
  return { ...measured, store: others[0] ?? { cpuShare: 0, memory: 0 } };
}

/** `keys`: more of each target. */
function configOf(mariadb: Mariadb, hosts: readonly string[], keys: readonly string[]): string {
  const terms = { interval: `${PERIOD_SECONDS}s`, timeout: '10s' };
  const queries = Array.from({ length: QUERIES }, (_, i) => ordersQuery(`orders_${i}`, selectOrders(ROWS), terms));
  return fleetConfig(mariadb, hosts, queries, keys);
}

/** What exporters take that poll the same together, and other processes meanwhile; and then how soon a result is there. */
async function measure(exporters: readonly Service[], others: readonly number[]) {
  // Everything runs once when it starts or changes hands, and then settles.
  await delay(PERIOD_MS + 5_000);
  const pids = [...exporters.map(({ pid }) => pid), ...others];
  const first = await countResults(exporters);
  const [before, beganMs] = [pids.map(cpuMs), performance.now()];
  await delay(SECONDS * 1_000);
  const tookMs = performance.now() - beganMs;
  const usages = pids.map((pid, i): Usage => {
    return { cpuShare: (cpuMs(pid) - (before[i] ?? 0)) / tookMs, memory: memoryMb(pid) };
  });
  const last = await countResults(exporters);
  const perSecond = ((last.results - first.results) / (last.atMs - first.atMs)) * 1_000;
  const delays = await measureDelays(exporters);
  return { perSecond, exporters: usages.slice(0, exporters.length), others: usages.slice(exporters.length), delays };
}

/** One task after the other is watched on all exporters from the moment when it is to run. */
async function measureDelays(exporters: readonly Service[]) {
  const delays = { own: [] as number[], others: [] as number[], lost: 0 };
  const [first] = exporters;
  const tasks = first === undefined ? [] : await readTasks(first);
  for (const endMs = performance.now() + SECONDS * 1_000; performance.now() < endMs; ) {
    const nowMs = Date.now();
    const task = tasks.find((one) => isSoon(msToRun(one, nowMs)));
    if (task === undefined) {
      await delay(AHEAD_MS.least);
      continue;
    }
    const atMs = nowMs + (msToRun(task, nowMs) ?? 0);
    const seen = await Promise.all(exporters.map((exporter) => watch(exporter, task, atMs)));
    for (const one of seen) {
      if (one === null) delays.lost += 1;
      else if (one.isOwn) delays.own.push(one.delayMs);
      else delays.others.push(one.delayMs);
    }
  }
  return delays;
}

/** Null: nothing came. */
async function watch(exporter: Service, task: TaskStatus, atMs: number) {
  const before = await readTask(exporter, task);
  await delay(Math.max(0, atMs - Date.now()));
  for (const endMs = performance.now() + LOST_MS; performance.now() < endMs; ) {
    const now = await readTask(exporter, task);
    const nowMs = Date.now();
    const atSeconds = now?.last_refresh_timestamp_seconds ?? null;
    if (now !== null && atSeconds !== null && atSeconds !== before?.last_refresh_timestamp_seconds) {
      const isOwn = now.owner === null || now.owner.endsWith(`:${exporter.port}`);
      return { isOwn, delayMs: nowMs - atSeconds * 1_000 };
    }
    await delay(LOOK_EVERY_MS);
  }
  return null;
}

/** Until its next run, by when it was planned at some time. */
function msToRun({ next_refresh_timestamp_seconds: planned }: TaskStatus, nowMs: number): number | null {
  if (planned === null) return null;
  const inMs = (planned * 1_000 - nowMs) % PERIOD_MS;
  return inMs < 0 ? inMs + PERIOD_MS : inMs;
}

function isSoon(inMs: number | null): boolean {
  return inMs !== null && inMs >= AHEAD_MS.least && inMs <= AHEAD_MS.most;
}

/** Each exporter counts what it ran itself. */
async function countResults(exporters: readonly Service[]) {
  const all = await Promise.all(exporters.map(readTasks));
  const atMs = performance.now();
  return { results: all.flat().reduce((sum, { refreshes }) => sum + refreshes, 0), atMs };
}

async function readOwned({ url }: Service): Promise<number> {
  const { body } = await get(`${url}/metrics`);
  return Number(/^query_exporter_fleet_owned_servers (\d+)/m.exec(body.toString('latin1'))?.[1] ?? 0);
}

function sumOf(usages: readonly Usage[]): Usage {
  const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);
  return { cpuShare: sum(usages.map(({ cpuShare }) => cpuShare)), memory: sum(usages.map(({ memory }) => memory)) };
}
