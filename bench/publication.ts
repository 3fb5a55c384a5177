import { gzipSync } from 'node:zlib';
import { toPart } from '../src/metrics/block.ts';
import type { Plan, Task } from '../src/model/plan.ts';
import type { Result } from '../src/model/update.ts';
import { Exposition } from '../src/snapshot/exposition.ts';
import type { Snapshot } from '../src/snapshot/store.ts';
import { anUpdate, aPlan, aQuery, aSnapshot, aTarget, aTask, START_MS } from '../test/snapshot/fixtures.ts';
import { createOrders } from './support/rows.ts';
import { median, percentile } from './support/statistics.ts';
import type { Subject } from './support/subject.ts';

const PAGES = 60;

interface Case {
  readonly what: string;
  readonly targets: number;
  readonly queries: number;
  readonly series: number;
  /** Tasks that have a new result on each page. */
  readonly changed: number;
}

const CASES: readonly Case[] = [
  { what: '5,000 tasks of 10 series, 1 result', targets: 500, queries: 10, series: 10, changed: 1 },
  // 500 results a second, gathered for a quarter of a second.
  { what: '5,000 tasks of 10 series, 125 results', targets: 500, queries: 10, series: 10, changed: 125 },
  { what: '1 task of 100,000 series', targets: 1, queries: 1, series: 100_000, changed: 1 },
];

export const publication: Subject = {
  name: 'publication',
  about: 'How long the main thread is busy with results: taking them over, and making the next page.',
  async run({ progress }) {
    const rows = CASES.map((one) => {
      progress(`publication: ${one.what}`);
      return [one.what, ...measure(one)];
    });
    const columns = ['', 'take over', 'publish p50', 'publish p99', 'gzip the whole page', 'publish / whole page'];
    return { tables: [{ title: 'Time in ms', columns, rows }], goals: [] };
  },
};

function measure({ targets, queries, series, changed }: Case): readonly number[] {
  const plan = createPlan(targets, queries);
  let clockMs = START_MS;
  const snapshot = aSnapshot(plan, () => clockMs);
  const exposition = new Exposition(snapshot);
  takeOver(snapshot, plan.tasks, series, clockMs);
  exposition.publish();
  const takeOverMs: number[] = [];
  const publishMs: number[] = [];
  const wholeMs: number[] = [];
  for (let page = 1; page <= PAGES; page++) {
    clockMs += 250;
    const chosen = Array.from({ length: changed }, () => {
      return plan.tasks[Math.floor(Math.random() * plan.tasks.length)] as Task;
    });
    takeOverMs.push(takeOver(snapshot, chosen, series, clockMs));
    publishMs.push(elapsedMs(() => exposition.publish()));
    const { buffers } = exposition.current().identity;
    if (page % 6 === 0) wholeMs.push(elapsedMs(() => gzipSync(Buffer.concat(buffers), { level: 1 })));
  }
  const [publish, whole] = [median(publishMs), median(wholeMs)];
  return [median(takeOverMs), publish, percentile(publishMs, 0.99), whole, publish / whole];
}

function createPlan(targets: number, queries: number): Plan {
  const allTargets = Array.from({ length: targets }, (_, i) => aTarget(`target_${i}`));
  const allQueries = Array.from({ length: queries }, (_, i) => aQuery(`orders_${i}`));
  return aPlan(allTargets.flatMap((on) => allQueries.map((asked) => aTask(asked, on, [asked.name]))));
}

/** How long it took. The results are rendered before: another thread does that. */
function takeOver(snapshot: Snapshot, tasks: readonly Task[], series: number, atMs: number): number {
  const updates = tasks.map((task) => anUpdate(task, resultOf(task, series, atMs), { finishedAtMs: atMs }));
  return elapsedMs(() => {
    for (const update of updates) snapshot.take({ kind: 'finished', update });
  });
}

/** With numbers that differ from page to page as real ones do, since what repeats compresses in no time. */
function resultOf({ metrics, target }: Task, series: number, salt: number): Result {
  const parts = metrics.map(({ family }) => {
    const lines = createOrders(series).map(([shop, state, customer], i) => {
      const n = (Math.imul(i + 1, 2_654_435_761) ^ Math.imul(salt + target.name.length, 40_503)) >>> 12;
      return `${family}{customer="${customer}",shop="${shop}",state="${state}",target="${target.name}"} ${n}\n`;
    });
    return toPart(family, series, Buffer.from(lines.join('')));
  });
  return { kind: 'result', parts, rows: series, series, rejections: [], rejecting: [] };
}

function elapsedMs(run: () => void): number {
  const beginMs = performance.now();
  run();
  return performance.now() - beginMs;
}
