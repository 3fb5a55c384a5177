import { setTimeout as delay } from 'node:timers/promises';
import { run } from '../test/support/processes.ts';
import {
  type Contestant,
  type StartContestant,
  startOurs,
  startPromClient,
  startSqlExporter,
} from './support/contestants.ts';
import { countSelects, DATABASE, selectOrders } from './support/orders.ts';
import { cpuMs, peakMemoryMb } from './support/process-usage.ts';
import { median, medianOrNull } from './support/statistics.ts';
import { atMost, type Bench, ratio, type Subject, type Table, type Value } from './support/subject.ts';

const SIZES = [1_000, 10_000, 100_000, 1_000_000] as const;

const CONTESTANTS = ['ours', 'sql-exporter', 'prom-client', 'mariadb'] as const;
type Name = (typeof CONTESTANTS)[number];
const POLLING = ['ours', 'sql-exporter', 'prom-client'] as const satisfies readonly Name[];

/** What refreshing cost, per refresh. */
interface Cost {
  readonly cpuMs: number;
  readonly wallMs: number | null;
  readonly peakMemoryMb: number | null;
}

const MEASURE: Readonly<Record<Name, (bench: Bench, rows: number) => Promise<Cost | null>>> = {
  ours: (bench, rows) => measurePolling(bench, rows, startOurs),
  'sql-exporter': (bench, rows) => measurePolling(bench, rows, startSqlExporter),
  'prom-client': (bench, rows) => measurePolling(bench, rows, startPromClient),
  mariadb: measureClient,
};

export const refresh: Subject = {
  name: 'refresh',
  about: 'What rows cost on their way from a MariaDB to a finished page, in processes that do nothing else.',
  async run(bench) {
    const results: { readonly rows: number; readonly costs: Readonly<Record<Name, readonly Cost[]>> }[] = [];
    for (const rows of SIZES) {
      const costs: Record<Name, Cost[]> = { ours: [], 'sql-exporter': [], 'prom-client': [], mariadb: [] };
      // What most is said of is measured twice; a million rows take the slowest of them ten seconds.
      for (let round = 0; round < (rows === 100_000 ? 2 : 1); round++) {
        for (const name of CONTESTANTS) {
          bench.progress(`refresh: ${rows} rows, ${name}`);
          const cost = await MEASURE[name](bench, rows);
          if (cost !== null) costs[name].push(cost);
        }
      }
      results.push({ rows, costs });
    }
    const table = (
      title: string,
      names: readonly Name[],
      read: (cost: Cost, rows: number) => number | null,
    ): Table => ({
      title,
      columns: ['rows', ...names, ...names.slice(1).map((name) => `ours / ${name}`)],
      rows: results.map(({ rows, costs }): readonly Value[] => {
        const values = names.map((name) => medianOrNull(costs[name].flatMap((cost) => read(cost, rows) ?? [])));
        return [rows, ...values, ...values.slice(1).map((value) => ratio(values[0] ?? null, value))];
      }),
    });
    const cpu = table('CPU in µs per row, all threads', CONTESTANTS, ({ cpuMs }, rows) => (cpuMs * 1_000) / rows);
    const wall = table('Median time of a refresh in ms', POLLING, ({ wallMs }) => wallMs);
    const memory = table('Peak memory in MB', POLLING, (cost) => cost.peakMemoryMb);
    const share = ({ columns, rows }: Table, size: (typeof SIZES)[number], of: Name): number | null => {
      const value = rows.find((row) => row[0] === size)?.[columns.indexOf(`ours / ${of}`)];
      return typeof value === 'number' ? value : null;
    };
    return {
      tables: [cpu, wall, memory],
      goals: [
        atMost(2.5, "CPU per row at 100,000 rows, of `mariadb --quick`'s", share(cpu, 100_000, 'mariadb')),
        atMost(0.13, "CPU per row at 100,000 rows, of sql-exporter's", share(cpu, 100_000, 'sql-exporter')),
        atMost(0.2, "CPU per row at 1,000,000 rows, of sql-exporter's", share(cpu, 1_000_000, 'sql-exporter')),
        atMost(0.4, "CPU per row at 1,000 rows, of sql-exporter's", share(cpu, 1_000, 'sql-exporter')),
        atMost(
          0.2,
          "memory at the peak with a million series, of sql-exporter's",
          share(memory, 1_000_000, 'sql-exporter'),
        ),
      ],
    };
  },
};

/** The first refreshes, in which everything is compiled and grows, are left out of the time but not of the memory. */
async function measurePolling(bench: Bench, rows: number, start: StartContestant): Promise<Cost | null> {
  const mariadb = await bench.database();
  await using contestant: Contestant | null = await start(
    bench,
    mariadb,
    selectOrders(rows),
    Math.max(20, rows / 1_000),
  );
  if (contestant === null) return null;
  const begun = async (count: number, leastMs: number): Promise<number> => {
    const startMs = performance.now();
    for (;;) {
      const selects = await countSelects(mariadb);
      if (selects >= count && performance.now() - startMs >= leastMs) return selects;
      await delay(2);
    }
  };
  const before = await countSelects(mariadb);
  // Of 1,000 rows it takes hundreds of refreshes until V8 has compiled all.
  const [atFirst, measured] = rows < 1_000_000 ? [3, 6] : [1, 1];
  // From the beginning of one statement to the beginning of another: whole refreshes, whatever the phase.
  const warm = await begun(before + atFirst, rows > 1_000 ? 4_000 : 8_000);
  const first = await begun(warm + 1, 0);
  const firstCpuMs = cpuMs(contestant.pid);
  const last = await begun(first + measured - 1, 1_500).then((selects) => begun(selects + 1, 0));
  const spentMs = cpuMs(contestant.pid) - firstCpuMs;
  return {
    cpuMs: spentMs / (last - first),
    wallMs: median((await contestant.durationsMs()).slice(-(last - first))),
    peakMemoryMb: peakMemoryMb(contestant.pid),
  };
}

/** MariaDB's own client in C, which fetches the rows and prints them as they are: one process for many statements. */
async function measureClient({ peers, database }: Bench, rows: number): Promise<Cost | null> {
  const tool = await peers.find('mariadb');
  if (tool === null) return null;
  const { port, user, password } = await database();
  const times = Math.ceil(1_000_000 / rows);
  const options = ['--no-defaults', '--host=127.0.0.1', `--port=${port}`, `--user=${user}`, '--quick', '--batch'];
  const script = `"$@" >/dev/null; times`;
  const { output } = await run('sh', ['-c', script, 'sh', tool.path, ...options, DATABASE], {
    env: { ...tool.env, MYSQL_PWD: password },
    input: `${selectOrders(rows)};\n`.repeat(times),
  });
  // The second line that `times` prints is of the children: user and system time.
  const spent = [...(output.trim().split('\n').at(-1) ?? '').matchAll(/(\d+)m([\d.]+)s/g)];
  if (spent.length !== 2) throw new Error(`the client failed: ${output}`);
  const seconds = spent.reduce((sum, [, minutes, rest]) => sum + Number(minutes) * 60 + Number(rest), 0);
  return { cpuMs: (seconds * 1_000) / times, wallMs: null, peakMemoryMb: null };
}
