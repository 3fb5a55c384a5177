import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { writeCodeCache } from '../packaging/bundle/code-cache.ts';
import { writeBundle } from '../packaging/bundle/write-bundle.ts';
import { createFolder, Daemon, findFreePort, removeFolder } from '../test/support/daemon.ts';
import { openEarlier } from './support/earlier.ts';
import { configOf, dsnOf, exporterProgram, ordersQuery } from './support/exporter.ts';
import { selectOrders } from './support/orders.ts';
import { cpuMs, memoryMb } from './support/process-usage.ts';
import { get, nodeProgram, type Program, type Service, startService, writeFiles } from './support/service.ts';
import { sqlExporterProgram } from './support/sql-exporter.ts';
import { median } from './support/statistics.ts';
import { atMost, ratio, type Subject } from './support/subject.ts';

const TOP = fileURLToPath(new URL('../../', import.meta.url));
/** The last commit before there was a bundle. */
const BEFORE = '4aa11e3';
const STARTS = 5;
/** V8 collects the garbage of the start some ten to thirty seconds later, which takes more than minutes of rest do. */
const SETTLING_SECONDS = 60;
/** Two periods of the query, so that each has as many refreshes in it. */
const IDLE_SECONDS = 30;
const ROWS = 100;
const LOOK_EVERY_MS = 5;

interface Start {
  readonly pageMs: number;
  /** Null: it has none to wait for. */
  readonly sampleMs: number | null;
}

interface Footprint extends Start {
  readonly memoryMb: number;
  readonly idleMs: number;
}

/** What a program answers with once it has asked the database. */
type Contender = readonly [name: string, program: Program, sample: string | null];

export const footprint: Subject = {
  name: 'footprint',
  about:
    `What it takes to be there: one query of ${ROWS} rows every 15 s, nobody scrapes. --before names a commit, or a folder ` +
    'in which one is built.',
  async run(bench) {
    const mariadb = await bench.database();
    const sql = selectOrders(ROWS);
    const tool = await bench.peers.find('sql-exporter');
    bench.progress('footprint: the bundle, and the commit before');
    const folder = await createFolder('bench-bundle');
    await using before = await openEarlier(bench.before ?? BEFORE);
    try {
      await writeBundle(TOP, join(folder, 'bundle'));
      await writeCodeCache(join(folder, 'bundle'), join(TOP, 'packaging/bundle/keep-code.cjs'));
      const config = configOf(mariadb, [ordersQuery('orders', sql, { interval: '15s' })]);
      const contenders: readonly Contender[] = [
        ['before', exporterProgram(config, before.main), 'orders{'],
        ['ours, as npm installs it', exporterProgram(config), 'orders{'],
        ['ours, as packages install it', exporterProgram(config, join(folder, 'bundle/dist/src/main.js')), 'orders{'],
        ...(tool === null
          ? []
          : [peer(sqlExporterProgram({ tool, dsns: [dsnOf(mariadb)], sqls: [sql], interval: '15s' }))]),
        ['prom-client alone', nodeProgram('prom-client-server', ({ port }) => [String(port), String(ROWS)]), null],
      ];
      const measured = await measureAll(contenders, bench.progress);
      const [first, npm, bundle] = measured;
      const share = (key: keyof Footprint, of: Footprint | undefined) => ratio(of?.[key] ?? null, first?.[key] ?? null);
      return {
        tables: [
          {
            title: 'From the start to the first page and to the first sample, and at rest',
            columns: ['', 'page in ms', 'sample in ms', 'memory in MB', 'idle: CPU in ms per second'],
            rows: contenders.map(([name], i) => {
              const one = measured[i];
              return [name, one?.pageMs ?? null, one?.sampleMs ?? null, one?.memoryMb ?? null, one?.idleMs ?? null];
            }),
          },
        ],
        goals: [
          atMost(0.9, 'as npm installs it: first page, of before', share('pageMs', npm)),
          atMost(0.6, 'as npm installs it: first sample, of before', share('sampleMs', npm)),
          atMost(0.85, 'as npm installs it: memory at rest, of before', share('memoryMb', npm)),
          atMost(0.4, 'as npm installs it: CPU at rest, of before', share('idleMs', npm)),
          atMost(0.45, 'as packages install it: first page, of before', share('pageMs', bundle)),
          atMost(0.4, 'as packages install it: first sample, of before', share('sampleMs', bundle)),
          atMost(0.85, 'as packages install it: memory at rest, of before', share('memoryMb', bundle)),
          atMost(0.4, 'as packages install it: CPU at rest, of before', share('idleMs', bundle)),
        ],
      };
    } finally {
      await removeFolder(folder);
    }
  },
};

function peer(program: Program): Contender {
  return ['sql-exporter', program, null];
}

/** In turns, and at rest beside each other: so what the machine does meanwhile is the same for all. */
async function measureAll(contenders: readonly Contender[], progress: (text: string) => void) {
  const starts: Start[][] = contenders.map(() => []);
  for (let round = 1; round <= STARTS; round++) {
    progress(`footprint: start ${round} of ${STARTS}`);
    for (const [i, [, program, sample]] of contenders.entries()) starts[i]?.push(await measureStart(program, sample));
  }
  progress('footprint: at rest');
  const services: Service[] = [];
  try {
    for (const [, program, sample] of contenders) {
      // A scrape makes ours watch itself for a minute.
      services.push(await startService(sample === null ? program : { ...program, readyPath: '/-/healthy' }));
    }
    return await measureRest(services, starts);
  } finally {
    for (const service of services) await service[Symbol.asyncDispose]();
  }
}

async function measureRest(services: readonly Service[], starts: readonly Start[][]): Promise<readonly Footprint[]> {
  // The garbage of the start goes first.
  await delay(SETTLING_SECONDS * 1_000);
  const before = services.map(({ pid }) => cpuMs(pid));
  await delay(IDLE_SECONDS * 1_000);
  return services.map(({ pid }, i): Footprint => {
    const samples = (starts[i] ?? []).flatMap(({ sampleMs }) => sampleMs ?? []);
    return {
      pageMs: median((starts[i] ?? []).map(({ pageMs }) => pageMs)),
      sampleMs: samples.length === 0 ? null : median(samples),
      memoryMb: memoryMb(pid),
      idleMs: (cpuMs(pid) - (before[i] ?? 0)) / IDLE_SECONDS,
    };
  });
}

/** From the start of the process to its first page, and to the first with a sample, if it has one to wait for. */
async function measureStart(program: Program, sample: string | null): Promise<Start> {
  const folder = await createFolder(`bench-${program.name}`);
  const port = await findFreePort();
  try {
    writeFiles(program, { port, folder });
    const beginMs = performance.now();
    const daemon = new Daemon(program, program.args({ port, folder }), folder);
    try {
      const until = async (text: string): Promise<number> => {
        for (;;) {
          const { status, body } = await get(`http://127.0.0.1:${port}/metrics`);
          if (status === 200 && body.includes(text)) return performance.now() - beginMs;
          if (!daemon.isRunning) throw new Error(`${program.name} ended:\n${daemon.log()}`);
          await delay(LOOK_EVERY_MS);
        }
      };
      return { pageMs: await until(''), sampleMs: sample === null ? null : await until(sample) };
    } finally {
      await daemon.kill();
    }
  } finally {
    await removeFolder(folder);
  }
}
