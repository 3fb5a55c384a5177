import { gzipSync } from 'node:zlib';
import type { Task } from '../src/model/plan.ts';
import { turnOf } from '../src/model/turn.ts';
import { Exposition } from '../src/snapshot/exposition.ts';
import { aSnapshot, START_MS } from '../test/snapshot/fixtures.ts';
import { createPlan, createResults, elapsedMs } from './support/snapshots.ts';
import { median, percentile } from './support/statistics.ts';
import { atMost, type Subject } from './support/subject.ts';

/** The whole page is compressed beside every one of so many, so that both meet the same load of the machine. */
const COMPARED = 3;

interface Case {
  readonly what: string;
  readonly targets: number;
  readonly queries: number;
  readonly series: number;
  /** Tasks that have a new result on each page: those whose turn it is, or any. */
  readonly changed: number;
  readonly which: 'next' | 'any';
  readonly pages: number;
}

const SMALL_RESULTS = { targets: 500, queries: 10, series: 10 };

/**
 * 500 results a second: on a page that gathers a quarter of a second, and on one that gathers a whole one. They come in
 * the order of their turns; in any order, they are the worst that can come.
 */
const CASES: readonly Case[] = [
  { what: '5,000 tasks of 10 series, 125 results', ...SMALL_RESULTS, changed: 125, which: 'next', pages: 90 },
  { what: '5,000 tasks of 10 series, 500 results', ...SMALL_RESULTS, changed: 500, which: 'next', pages: 60 },
  { what: '5,000 tasks of 10 series, 1 result', ...SMALL_RESULTS, changed: 1, which: 'any', pages: 90 },
  { what: '5,000 tasks of 10 series, any 125 results', ...SMALL_RESULTS, changed: 125, which: 'any', pages: 90 },
  { what: '5,000 tasks of 10 series, any 500 results', ...SMALL_RESULTS, changed: 500, which: 'any', pages: 60 },
  { what: '5,000 tasks of 10 series, all results', ...SMALL_RESULTS, changed: 5_000, which: 'any', pages: 15 },
  { what: '1 task of 100,000 series', targets: 1, queries: 1, series: 100_000, changed: 1, which: 'any', pages: 60 },
];

export const publication: Subject = {
  name: 'publication',
  about: 'How long the main thread is busy with results: taking them over, and making the next page.',
  async run({ progress }) {
    const measured = CASES.map((one) => {
      progress(`publication: ${one.what}`);
      return measure(one);
    });
    const columns = ['', 'take over', 'publish p50', 'publish p99', 'gzip the whole page', 'publish / whole page'];
    const rows = measured.map(({ takeOver, publish, p99, whole }, i) => {
      return [CASES[i]?.what ?? '', takeOver, publish, p99, whole, publish / whole];
    });
    const some = measured[0];
    return {
      tables: [{ title: 'Time in ms', columns, rows }],
      goals:
        some === undefined
          ? []
          : [
              atMost(
                0.5,
                'of compressing the page anew, 125 results of 5,000 tasks, each in its turn',
                some.publish / some.whole,
              ),
            ],
    };
  },
};

interface Times {
  readonly takeOver: number;
  readonly publish: number;
  readonly p99: number;
  readonly whole: number;
}

function measure({ targets, queries, series, changed, which, pages }: Case): Times {
  const plan = createPlan(targets, queries);
  let clockMs = START_MS;
  const snapshot = aSnapshot(plan, () => clockMs);
  const exposition = new Exposition(snapshot);
  for (const result of createResults(plan.tasks, series, clockMs)) snapshot.take({ kind: 'finished', result });
  exposition.publish();
  const takeOverMs: number[] = [];
  const publishMs: number[] = [];
  const wholeMs: number[] = [];
  for (let page = 1; page <= pages; page++) {
    clockMs += 250;
    const tasks = which === 'next' ? inTurn(plan.tasks, changed, page) : choose(plan.tasks, changed);
    const results = createResults(tasks, series, clockMs);
    const take = () => {
      for (const result of results) snapshot.take({ kind: 'finished', result });
    };
    takeOverMs.push(elapsedMs(take));
    publishMs.push(elapsedMs(() => exposition.publish()));
    if (page % COMPARED !== 0) continue;
    const text = Buffer.concat(exposition.current().identity.buffers);
    wholeMs.push(elapsedMs(() => gzipSync(text, { level: 1 })));
  }
  return {
    takeOver: median(takeOverMs),
    publish: median(publishMs),
    p99: percentile(publishMs, 0.99),
    whole: median(wholeMs),
  };
}

/** About so many whose turn it is while a page gathers. */
function inTurn(tasks: readonly Task[], count: number, page: number): readonly Task[] {
  const pages = Math.ceil(tasks.length / count);
  return tasks.filter(({ key }) => Math.floor(turnOf(key) * pages) === page % pages);
}

/** So many at random, or all. */
function choose<Item>(items: readonly Item[], count: number): readonly Item[] {
  if (count >= items.length) return items;
  return Array.from({ length: count }, () => items[Math.floor(Math.random() * items.length)] as Item);
}
