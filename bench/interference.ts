import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { run } from '../test/support/processes.ts';
import { configOf, ordersQuery, readTasks, reconfigure, startExporter, untilFilled } from './support/exporter.ts';
import { selectOrders } from './support/orders.ts';
import { cpuMs } from './support/process-usage.ts';
import type { Service } from './support/service.ts';
import { median, percentile } from './support/statistics.ts';
import { atMost, type Bench, type Goal, type Subject, type Value } from './support/subject.ts';

const SCRAPER = fileURLToPath(new URL('./processes/steady-scraper.js', import.meta.url));
const ROUNDS = 3;
const SECONDS = 3;

interface Case {
  readonly rows: number;
  readonly what: string;
  readonly path: string;
  readonly perSecond: number;
  /** Of the control's p99. */
  readonly goal: number;
}

const CASES: readonly Case[] = [
  { rows: 100_000, what: 'the whole page', path: '/metrics', perSecond: 200, goal: 1.5 },
  { rows: 100_000, what: 'another query', path: '/metrics?query[]=quiet', perSecond: 200, goal: 1.5 },
  // Not its page: at this rate that would be two gigabytes a second.
  { rows: 1_000_000, what: 'another query', path: '/metrics?query[]=quiet', perSecond: 200, goal: 2 },
];

/** Who refreshes over and over: another process, which takes as much of the machine, or the one that is scraped. */
const STATES = ['control', 'busy'] as const;
type State = (typeof STATES)[number];

export const interference: Subject = {
  name: 'interference',
  about:
    'What a scrape feels of a large result that is refreshed over and over by the process that answers. Control: the same ' +
    'scrapes while another exporter does that.',
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
      await using scraped = await startExporter(config('1h'));
      await using other = await startExporter(config('1h'));
      await untilFilled(scraped);
      await untilFilled(other);
      for (const one of CASES.filter(({ rows }) => rows === size)) {
        const { control, busy } = await measureInTurn(bench, { scraped, other }, one, config);
        const [controlPoints, busyPoints] = [pointsOf(control), pointsOf(busy)];
        const worse = busyPoints[1] / controlPoints[1];
        rows.push([one.rows, one.what, ...controlPoints, ...busyPoints, worse, control.cores, busy.cores]);
        const text = `p99 of ${one.what} while ${one.rows.toLocaleString('en')} rows refresh, of the control's`;
        goals.push(atMost(one.goal, text, worse));
      }
    }
    const points = (state: State) => ['p50', 'p99', 'max'].map((point) => `${state} ${point}`);
    const cores = STATES.map((state) => `${state}: cores of who refreshes`);
    const columns = ['rows', 'scraped', ...STATES.flatMap(points), 'busy / control p99', ...cores];
    return { tables: [{ title: 'Time of a scrape with gzip in ms', columns, rows }], goals };
  },
};

interface Measured {
  readonly rounds: (readonly number[])[];
  /** What the refreshing process took, scrapes included where it is the one that is scraped. */
  cores: number;
}

async function measureInTurn(
  bench: Bench,
  { scraped, other }: { readonly scraped: Service; readonly other: Service },
  { rows, what, path, perSecond }: Case,
  config: (interval: string) => string,
): Promise<Readonly<Record<State, Measured>>> {
  const measured: Record<State, Measured> = { control: { rounds: [], cores: 0 }, busy: { rounds: [], cores: 0 } };
  for (let round = 0; round < ROUNDS; round++) {
    for (const state of STATES) {
      bench.progress(`interference: ${rows} rows, ${what}, ${state}`);
      const [refreshing, resting] = state === 'busy' ? [scraped, other] : [other, scraped];
      await reconfigure(resting, config('1h'));
      await reconfigure(refreshing, config('100ms'));
      const refreshes = await countRefreshes(refreshing);
      // Until the code of the way is compiled; later only until a run has ended here, and one under way elsewhere with it.
      if (round === 0) await delay(2_000);
      while ((await countRefreshes(refreshing)) === refreshes) await delay(100);
      const beforeMs = cpuMs(refreshing.pid);
      const beginMs = performance.now();
      measured[state].rounds.push(await scrapeSteadily(scraped, path, perSecond));
      const spentMs = cpuMs(refreshing.pid) - beforeMs;
      measured[state].cores += spentMs / (performance.now() - beginMs) / ROUNDS;
    }
  }
  return measured;
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
function pointsOf({ rounds }: Measured): readonly [p50: number, p99: number, max: number] {
  const point = (read: (times: readonly number[]) => number) => median(rounds.map(read));
  return [point(median), point((times) => percentile(times, 0.99)), point((times) => Math.max(...times))];
}
