/**
 * What a publication costs the main thread. `node dist/bench/exposition.js`
 *
 * 5,000 tasks of 10 series, of which 125 chosen at random change before each page (500 results a second, gathered for
 * 250 ms), against building and compressing the whole page; then one task of 100,000 series.
 */
import { deflateRawSync, gzipSync } from 'node:zlib';
import { toPart } from '../src/metrics/block.ts';
import type { Plan, Query, Target, Task } from '../src/model/plan.ts';
import type { Part, Update } from '../src/model/update.ts';
import type { LabelName, MetricName, QueryName, TargetName, TaskKey } from '../src/model/words.ts';
import { Exposition } from '../src/snapshot/exposition.ts';
import { Snapshot } from '../src/snapshot/store.ts';

const PAGES = 60;
/** 500 results a second, gathered for a quarter of a second. */
const CHANGED = 125;

const FAMILY = 'query_exporter_orders_by_state' as MetricName;
const STATES = ['new', 'paid', 'packed', 'sent', 'returned', 'refunded', 'lost', 'late', 'on_hold', 'done'];

function query(name: string): Query {
  const interval = { kind: 'interval', everyMs: 10_000 } as const;
  const limits = { timeoutMs: 10_000, maxRows: 10_000, maxBytes: 1 << 24, maxLabelLength: 4_096 };
  const policies = { onError: 'keep', onEmpty: 'clear', maxAgeMs: 300_000, runOnStart: true, catchUpMs: 0 } as const;
  const base = { name: name as QueryName, sql: '', collector: null, schedule: interval, periodMs: 10_000, jitterMs: 0 };
  return { ...base, ...limits, ...policies };
}

function target(name: string): Target {
  return {
    name: name as TargetName,
    engine: 'mysql',
    address: { kind: 'tcp', host: name, port: 3306 },
    user: 'monitor',
    password: { kind: 'none' },
    database: '',
    tls: null,
    groups: [],
    labels: {},
    maxConnections: 2,
    connectTimeoutMs: 5_000,
    readTimeoutMs: null,
    pingIntervalMs: null,
    initSql: [],
    slowLog: true,
  };
}

function planOf(targets: number, queries: number): Plan {
  const allTargets = Array.from({ length: targets }, (_, i) => target(`prod${String(i).padStart(3, '0')}`));
  const allQueries = Array.from({ length: queries }, (_, i) => query(`orders_${i}`));
  const family = { name: FAMILY, type: 'gauge', help: 'Orders by state.', labelNames: [] as LabelName[] } as const;
  const tasks = allTargets.flatMap((on) =>
    allQueries.map((asked): Task => {
      const constantLabels = { target: on.name, query: asked.name };
      const metric = { family: FAMILY, type: 'gauge', labelColumns: [], valueColumn: 'n', constantLabels } as const;
      const key = `${asked.name}@${on.name}` as TaskKey;
      return { key, query: asked, target: on, metrics: [metric], samplesFingerprint: key, termsFingerprint: key };
    }),
  );
  const limits = { targetLabel: 'target' as LabelName, maxRunning: 64, maxSeries: 10_000_000 };
  return { revision: 1, ...limits, targets: allTargets, queries: allQueries, families: [family], tasks };
}

function partOf(task: Task, series: number, salt: number): Part {
  const lines: string[] = [];
  for (let i = 0; i < series; i++) {
    const state = series <= STATES.length ? STATES[i] : `customer ${i}`;
    const value = (Math.imul(i + 1, 2_654_435_761) ^ Math.imul(salt, 40_503)) >>> 12;
    lines.push(`${FAMILY}{query="${task.query.name}",state="${state}",target="${task.target.name}"} ${value}\n`);
  }
  return toPart(FAMILY, series, Buffer.from(lines.join('')));
}

let clockMs = 1_700_000_000_000;

function updateOf(task: Task, part: Part): Update {
  const finishedAtMs = clockMs + Math.floor(Math.random() * 250);
  const durationMs = 1 + Math.random() * 20;
  const nextAtMs = finishedAtMs + 10_000;
  const times = { startedAtMs: finishedAtMs - 5, finishedAtMs, durationMs, nextAtMs };
  const outcome = { kind: 'result', parts: [part], rows: part.series, series: part.series, rejections: [] } as const;
  return { generation: 1, revision: 1, task: task.key, ...times, outcome };
}

function start(plan: Plan, series: number) {
  const buildInfo = { version: '0', revision: '0', branch: '0', nodeVersion: process.version };
  const snapshot = new Snapshot({ plan, buildInfo, startedAtMs: clockMs, now: () => clockMs });
  const exposition = new Exposition(snapshot);
  for (const task of plan.tasks) snapshot.apply(updateOf(task, partOf(task, series, 0)));
  const firstMs = elapsed(() => exposition.publish());
  return { snapshot, exposition, firstMs };
}

function elapsed(run: () => void): number {
  const startedMs = performance.now();
  run();
  return performance.now() - startedMs;
}

function describe(times: number[]): string {
  const sorted = times.sort((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(2);
  return `median ${at(0.5)} ms, p90 ${at(0.9)} ms, max ${at(1)} ms`;
}

function median(times: readonly number[]): number {
  return [...times].sort((a, b) => a - b)[times.length >> 1] ?? 0;
}

function benchMany(): void {
  const plan = planOf(500, 10);
  const { snapshot, exposition, firstMs } = start(plan, 10);
  const applyMs: number[] = [];
  const wholeMs: number[] = [];
  let salt = 0;
  const publishChanged = (count: number): number => {
    clockMs += 250;
    salt++;
    const chosen = Array.from(
      { length: count },
      () => plan.tasks[Math.floor(Math.random() * plan.tasks.length)] as Task,
    );
    const updates = chosen.map((task) => updateOf(task, partOf(task, 10, salt)));
    const ms = elapsed(() => {
      for (const update of updates) snapshot.apply(update);
    });
    if (count === CHANGED) applyMs.push(ms);
    return elapsed(() => exposition.publish());
  };
  const oneMs = Array.from({ length: PAGES }, () => publishChanged(1));
  const publishMs: number[] = [];
  for (let page = 1; page <= PAGES; page++) {
    publishMs.push(publishChanged(CHANGED));
    const { identity } = exposition.current();
    if (page % 6 === 0) wholeMs.push(elapsed(() => gzipSync(Buffer.concat(identity.buffers), { level: 1 })));
  }
  const { identity, gzip, series } = exposition.current();
  const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(2);
  print('5,000 tasks of 10 series');
  print(`  page: ${series} series, ${mib(identity.bytes)} MiB in ${identity.buffers.length} buffers`);
  print(`  gzip: ${mib(gzip.bytes)} MiB in ${gzip.buffers.length} buffers`);
  print(`  first page: ${firstMs.toFixed(1)} ms`);
  print(`  apply 125 updates: ${describe(applyMs)}`);
  print(`  publish after 1 change: ${describe(oneMs)}`);
  print(`  publish after ${CHANGED} changes: ${describe(publishMs)}`);
  print(`  join and gzip the whole page instead: ${describe(wholeMs)}`);
  const ratio = (times: readonly number[]) => (median(wholeMs) / median(times)).toFixed(1);
  print(`  ratios to that: ${ratio(oneMs)} and ${ratio(publishMs)}`);
  const selection = { queries: ['orders_3'], targets: [], groups: [], collectors: [] };
  print(`  narrow to one query of ten: ${elapsed(() => exposition.narrow(selection)).toFixed(1)} ms`);
}

function benchLarge(): void {
  const plan = planOf(1, 1);
  const { snapshot, exposition } = start(plan, 100_000);
  const [task] = plan.tasks as [Task];
  const publishMs: number[] = [];
  const wholeMs: number[] = [];
  for (let page = 1; page <= 10; page++) {
    clockMs += 250;
    snapshot.apply(updateOf(task, partOf(task, 100_000, page)));
    publishMs.push(elapsed(() => exposition.publish()));
    const text = Buffer.concat(exposition.current().identity.buffers);
    wholeMs.push(elapsed(() => deflateRawSync(text, { level: 1 })));
  }
  print('one task of 100,000 series, whose part comes with its block');
  print(`  publish: ${describe(publishMs)}`);
  print(`  gzip the whole page instead: ${describe(wholeMs)}`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

benchMany();
benchLarge();
