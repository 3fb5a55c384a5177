import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { run } from '../test/support/processes.ts';
import { configOf, ordersQuery, readTasks, reconfigure, startExporter, untilFilled } from './support/exporter.ts';
import { selectOrders } from './support/orders.ts';
import type { Service } from './support/service.ts';
import { median, percentile } from './support/statistics.ts';
import { atMost, type Bench, type Goal, type Subject, type Value } from './support/subject.ts';

const SCRAPER = fileURLToPath(new URL('./processes/steady-scraper.js', import.meta.url));
const ROUNDS = 3;
const SECONDS = 3;
/** The size for which isolation is promised; larger results are shown. */
const PROMISED_ROWS = 100_000;

interface Case {
  readonly rows: number;
  readonly what: string;
  readonly path: string;
  readonly perSecond: number;
}

const CASES: readonly Case[] = [
  { rows: 100_000, what: 'the whole page', path: '/metrics', perSecond: 200 },
  { rows: 100_000, what: 'another query', path: '/metrics?query[]=quiet', perSecond: 200 },
  // Not its page: at this rate that would be two gigabytes a second.
  { rows: 1_000_000, what: 'another query', path: '/metrics?query[]=quiet', perSecond: 200 },
];

export const interference: Subject = {
  name: 'interference',
  about: 'What a scrape feels of a large result that is refreshed over and over, in turn with the same page at rest.',
  async run(bench) {
    const mariadb = await bench.database();
    const rows: Value[][] = [];
    const goals: Goal[] = [];
    for (const size of new Set(CASES.map((one) => one.rows))) {
      const config = (interval: string) =>
        configOf(mariadb, [
          ordersQuery('quiet', selectOrders(10_000)),
          ordersQuery('busy', selectOrders(size), { interval }),
        ]);
      await using exporter = await startExporter(config('1h'));
      await untilFilled(exporter);
      for (const one of CASES.filter(({ rows }) => rows === size)) {
        const { idle, busy, refreshes } = await measureInTurn(bench, exporter, one, config);
        const [idlePoints, busyPoints] = [describe(idle), describe(busy)];
        const worse = busyPoints[1] / idlePoints[1];
        rows.push([one.rows, one.what, one.perSecond, ...idlePoints, ...busyPoints, worse, refreshes]);
        const text = `p99 of ${one.what} while ${one.rows.toLocaleString('en')} rows refresh, of the idle p99`;
        if (size === PROMISED_ROWS) goals.push(atMost(2, text, worse));
      }
    }
    const points = (state: string) => ['p50', 'p99', 'max'].map((point) => `${state} ${point}`);
    const columns = ['rows', 'scraped', 'per s', ...points('idle'), ...points('busy'), 'busy / idle p99', 'refreshes'];
    return { tables: [{ title: 'Time of a scrape with gzip in ms', columns, rows }], goals };
  },
};

async function measureInTurn(
  bench: Bench,
  exporter: Service,
  { rows, what, path, perSecond }: Case,
  config: (interval: string) => string,
) {
  const times: Record<'idle' | 'busy', (readonly number[])[]> = { idle: [], busy: [] };
  let refreshes = 0;
  for (let round = 0; round < ROUNDS; round++) {
    for (const state of ['idle', 'busy'] as const) {
      bench.progress(`interference: ${rows} rows, ${what}, ${state}`);
      await reconfigure(exporter, config(state === 'idle' ? '1h' : '100ms'));
      // Until a run under way has ended and, when busy, the code of the way is compiled.
      await delay(2_000);
      const before = await countRefreshes(exporter);
      times[state].push(await scrapeSteadily(exporter, path, perSecond));
      if (state === 'busy') refreshes += (await countRefreshes(exporter)) - before;
    }
  }
  return { ...times, refreshes };
}

async function countRefreshes(exporter: Service): Promise<number> {
  return (await readTasks(exporter)).reduce((sum, task) => sum + task.refreshes, 0);
}

async function scrapeSteadily({ port }: Service, path: string, perSecond: number): Promise<readonly number[]> {
  const args = [SCRAPER, String(port), path, String(perSecond), String(SECONDS)];
  const { ok, output } = await run(process.execPath, args);
  if (!ok) throw new Error(`the scraper failed: ${output}`);
  return JSON.parse(output) as number[];
}

/** Of each point the median of the rounds, so that one round in which the machine had something else to do is no result. */
function describe(rounds: readonly (readonly number[])[]): readonly [p50: number, p99: number, max: number] {
  const point = (read: (times: readonly number[]) => number) => median(rounds.map(read));
  return [point(median), point((times) => percentile(times, 0.99)), point((times) => Math.max(...times))];
}
