import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Postgres, startPostgres } from '../test/support/postgres.ts';
import { run } from '../test/support/processes.ts';
import { configFor, dsnOf, exporterProgram, ordersQuery, readTasks } from './support/exporter.ts';
import { DATABASE, MOST_ROWS, selectOrders } from './support/orders.ts';
import { cpuMs } from './support/process-usage.ts';
import { startService } from './support/service.ts';
import { medianOrNull } from './support/statistics.ts';
import { atMost, type Bench, ratio, type Subject } from './support/subject.ts';

const SIZES = [1_000, 10_000, 100_000] as const;
const ROUNDS = 2;
const CONTESTANTS = ['ours', 'ours on MariaDB', 'psql', 'pg'] as const;
type Name = (typeof CONTESTANTS)[number];

/** Gives the CPU of one result in milliseconds; null where it is not on this machine. */
const MEASURE: Readonly<Record<Name, (bench: Bench, server: Postgres, rows: number) => Promise<number | null>>> = {
  ours: (_, server, rows) => measureOurs(dsnOfPostgres(server), rows),
  'ours on MariaDB': async (bench, _, rows) => measureOurs(dsnOf(await bench.database()), rows),
  psql: measurePsql,
  pg: (_, server, rows) => measurePg(server, rows),
};

export const postgres: Subject = {
  name: 'postgres',
  about: 'What rows cost from a PostgreSQL to a finished page, beside clients that read them and make no page.',
  async run(bench) {
    await using server = await startPostgres({ databases: [DATABASE] });
    await server.queryIn(
      DATABASE,
      `CREATE TABLE orders AS SELECT 'shop-' || seq % 977 AS shop, 'st' || seq % 13 AS state,
         'customer_' || seq AS customer, (seq * 7919) % 100003 AS n FROM generate_series(1, ${MOST_ROWS}::bigint) seq;
       GRANT SELECT ON orders TO test`,
    );
    const rows: (number | null)[][] = [];
    for (const size of SIZES) {
      const costs: (number | null)[] = [];
      for (const name of CONTESTANTS) {
        bench.progress(`postgres: ${size} rows, ${name}`);
        const rounds: number[] = [];
        for (let round = 0; round < ROUNDS; round++) {
          const spentMs = await MEASURE[name](bench, server, size);
          if (spentMs !== null) rounds.push((spentMs * 1_000) / size);
        }
        costs.push(medianOrNull(rounds));
      }
      const [ours = null, ...others] = costs;
      rows.push([size, ...costs, ...others.map((cost) => ratio(ours, cost))]);
    }
    return {
      tables: [
        {
          title: 'CPU in µs per row, all threads',
          columns: ['rows', ...CONTESTANTS, ...CONTESTANTS.slice(1).map((name) => `ours / ${name}`)],
          rows,
        },
      ],
      goals: [atMost(1.25, 'of what a MariaDB costs at 100,000 rows', rows.at(-1)?.[CONTESTANTS.length + 1] ?? null)],
    };
  },
};

function dsnOfPostgres({ port, user, password }: Postgres): string {
  return `postgres://${user}:${password}@127.0.0.1:${port}/${DATABASE}`;
}

/** From the end of one refresh to the end of another, after those in which everything is compiled. */
async function measureOurs(dsn: string, rows: number): Promise<number> {
  const interval = `${Math.max(20, rows / 1_000)}ms`;
  await using service = await startService(
    exporterProgram(configFor(dsn, [ordersQuery('orders', selectOrders(rows), { interval })])),
  );
  const until = async (count: number): Promise<number> => {
    for (;;) {
      const refreshes = (await readTasks(service))[0]?.refreshes ?? 0;
      if (refreshes >= count) return refreshes;
      await delay(20);
    }
  };
  const first = await until(10);
  const beforeMs = cpuMs(service.pid);
  const last = await until(first + Math.max(10, 300_000 / rows));
  return (cpuMs(service.pid) - beforeMs) / (last - first);
}

/** The client of the server in C, which reads the rows and prints them as they are. */
async function measurePsql({ peers }: Bench, server: Postgres, rows: number): Promise<number | null> {
  const tool = await peers.find('psql');
  if (tool === null) return null;
  const times = Math.ceil(300_000 / rows);
  const script = `"$@" >/dev/null; times`;
  const options = ['--no-psqlrc', '--no-align', '--tuples-only', '--quiet', dsnOfPostgres(server)];
  const { output } = await run('sh', ['-c', script, 'sh', tool.path, ...options], {
    env: tool.env,
    input: `${selectOrders(rows)};\n`.repeat(times),
  });
  // The second line that `times` prints is of the children: user and system time.
  const spent = [...(output.trim().split('\n').at(-1) ?? '').matchAll(/(\d+)m([\d.]+)s/g)];
  if (spent.length !== 2) throw new Error(`the client failed: ${output}`);
  const seconds = spent.reduce((sum, [, minutes, rest]) => sum + Number(minutes) * 60 + Number(rest), 0);
  return (seconds * 1_000) / times;
}

async function measurePg({ port, user, password }: Postgres, rows: number): Promise<number> {
  const script = fileURLToPath(new URL('./processes/pg-client.js', import.meta.url));
  const times = String(Math.ceil(300_000 / rows));
  const args = [script, String(port), user, password, DATABASE, selectOrders(rows), times];
  const { ok, output } = await run(process.execPath, args);
  if (!ok) throw new Error(`pg failed: ${output}`);
  return Number(output);
}
