import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFolder, removeFolder } from '../test/support/daemon.ts';
import type { Tool } from '../test/support/tools.ts';
import { configOf, dsnOf, exporterProgram, ordersQuery, untilFilled } from './support/exporter.ts';
import { nginxProgram, PAGE } from './support/nginx.ts';
import { selectOrders } from './support/orders.ts';
import { Owned } from './support/owned.ts';
import { get, nodeProgram, type Program, type Service, startService } from './support/service.ts';
import { sqlExporterProgram } from './support/sql-exporter.ts';
import { median, medianOrNull } from './support/statistics.ts';
import { atLeast, atMost, type Bench, ratio, type Subject, type Value } from './support/subject.ts';
import { type Load, runWrk } from './support/wrk.ts';

const SIZES = [100, 10_000, 100_000, 1_000_000] as const;
const ROUNDS = 2;
/** Servers that render for each scrape take up to seconds for a larger page: they get one round. */
const LARGEST_RENDERED_OFTEN = 100;
/** Above it they get one connection as well, and a client that waits for each scrape to end. */
const LARGEST_RENDERED_QUICKLY = 10_000;
/** Above it they are not asked for gzip. */
const LARGEST_COMPRESSED_QUICKLY = 100_000;
/** What several connections change shows at these; a page of a hundred megabytes is bound by memory, whoever sends it. */
const SHARED: ReadonlySet<number> = new Set([10_000, 100_000]);

const SERVERS = ['ours', 'nginx', 'node:http', 'prom-client', 'sql-exporter'] as const;
type Server = (typeof SERVERS)[number];
const RENDERING: ReadonlySet<Server> = new Set(['prom-client', 'sql-exporter']);

interface Case {
  readonly series: number;
  readonly gzip: boolean;
  readonly connections: number;
}

type Loads = Readonly<Record<Server, readonly Load[]>>;

export const scrape: Subject = {
  name: 'scrape',
  about: 'What a scrape costs: a finished page, against servers of the same bytes and exporters that render each time.',
  async run(bench) {
    const wrk = await bench.peers.find('wrk');
    const results: { readonly of: Case; readonly loads: Loads }[] = [];
    for (const series of SIZES) {
      bench.progress(`scrape: starting servers of ${series} series`);
      await using servers = new Servers();
      await servers.start(bench, series);
      for (const of of casesOf(series)) {
        bench.progress(`scrape: ${series} series, ${of.gzip ? 'gzip' : 'identity'}, ${of.connections} connections`);
        results.push({ of, loads: await measure(wrk, servers.running, of) });
      }
    }
    const perSecond = results.map(({ of, loads }) => {
      const rates = SERVERS.map((server) => medianOrNull(loads[server].map((load) => load.perSecond)));
      const [ours = null, nginx = null, , , sqlExporter = null] = rates;
      return [...describe(of), ...rates, ratio(ours, nginx), ratio(ours, sqlExporter)] satisfies Value[];
    });
    const ms = results.map(({ of, loads }) => {
      const times = SERVERS.map((server) => medianOrNull(loads[server].map((load) => load.medianMs)));
      return [...describe(of), ...times, ratio(times[0] ?? null, times[1] ?? null)] satisfies Value[];
    });
    const columns = ['series', 'encoding', 'connections', ...SERVERS];
    return {
      tables: [
        { title: 'Scrapes per second', columns: [...columns, 'ours / nginx', 'ours / sql-exporter'], rows: perSecond },
        { title: 'Median time of a scrape in ms', columns: [...columns, 'ours / nginx'], rows: ms },
      ],
      goals: [
        ...(
          [
            [1, 1],
            [4, 0.85],
          ] as const
        ).map(([connections, share]) => {
          const row = find(perSecond, 10_000, 'gzip', connections);
          return atLeast(share, `gzip of 10,000 series, ${connections} connections, of nginx's rate`, number(row?.[8]));
        }),
        ...[1, 4].map((connections) => {
          const row = find(ms, 100_000, 'identity', connections);
          return atMost(2, `plain 100,000 series, ${connections} connections, of nginx's time`, number(row?.[8]));
        }),
        atLeast(
          100,
          "10,000 series and more, times sql-exporter's rate (the least of all cases)",
          leastGain(perSecond),
        ),
      ],
    };
  },
};

function casesOf(series: number): readonly Case[] {
  const connections = SHARED.has(series) ? [1, 4] : [1];
  return [false, true].flatMap((gzip) => connections.map((count) => ({ series, gzip, connections: count })));
}

function describe({ series, gzip, connections }: Case): [number, string, number] {
  return [series, gzip ? 'gzip' : 'identity', connections];
}

function find(rows: readonly Value[][], ...key: readonly Value[]): readonly Value[] | undefined {
  return rows.find((row) => key.every((value, i) => row[i] === value));
}

function number(value: Value | undefined): number | null {
  return typeof value === 'number' ? value : null;
}

function leastGain(rows: readonly Value[][]): number | null {
  const gains = rows.flatMap((row) => {
    const gain = number(row[9]);
    return Number(row[0]) >= 10_000 && gain !== null ? [gain] : [];
  });
  return gains.length === 0 ? null : Math.min(...gains);
}

/** Everybody with the same series; nginx and node:http serve the very bytes of our page. */
class Servers implements AsyncDisposable {
  readonly running = new Map<Server, Service>();
  readonly #owned = new Owned();

  async start(bench: Bench, series: number): Promise<void> {
    const mariadb = await bench.database();
    const sql = selectOrders(series);
    const ours = await this.#start('ours', exporterProgram(configOf(mariadb, [ordersQuery('orders', sql)])));
    await untilFilled(ours);
    const { folder } = this.#owned.add(await PageFolder.of(ours));
    const nginx = await bench.peers.find('nginx');
    if (nginx !== null) await this.#start('nginx', nginxProgram(nginx, folder));
    await this.#start(
      'node:http',
      nodeProgram('node-http', ({ port }) => [String(port), folder]),
    );
    await this.#start(
      'prom-client',
      nodeProgram('prom-client-server', ({ port }) => [String(port), String(series)]),
    );
    const sqlExporter = await bench.peers.find('sql-exporter');
    if (sqlExporter === null) return;
    const job = { tool: sqlExporter, dsns: [dsnOf(mariadb)], sqls: [sql], interval: '1h' };
    const service = await this.#start('sql-exporter', sqlExporterProgram(job));
    await untilItHas(service, series);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned[Symbol.asyncDispose]();
  }

  async #start(server: Server, program: Program): Promise<Service> {
    const service = this.#owned.add(await startService(program));
    this.running.set(server, service);
    return service;
  }
}

/** A page as files, plain and compressed. */
class PageFolder implements AsyncDisposable {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  static async of({ url }: Service): Promise<PageFolder> {
    const folder = await createFolder('bench-page');
    await writeFile(join(folder, PAGE), (await get(`${url}/metrics`)).body);
    await writeFile(join(folder, `${PAGE}.gz`), (await get(`${url}/metrics`, { gzip: true })).body);
    return new PageFolder(folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await removeFolder(this.folder);
  }
}

async function untilItHas({ url }: Service, series: number): Promise<void> {
  for (;;) {
    const { body } = await get(`${url}/metrics`);
    if (body.includes(`customer="customer_${series}"`)) return;
  }
}

async function measure(wrk: Tool | null, running: ReadonlyMap<Server, Service>, of: Case): Promise<Loads> {
  const loads = Object.fromEntries(SERVERS.map((server) => [server, [] as Load[]])) as Record<Server, Load[]>;
  for (let round = 0; round < ROUNDS; round++) {
    for (const [server, { url }] of running) {
      const { gzip, connections, series } = of;
      // It has no compression of its own.
      if (server === 'prom-client' && gzip) continue;
      if (RENDERING.has(server)) {
        if (series > LARGEST_RENDERED_OFTEN && round > 0) continue;
        if (series > LARGEST_RENDERED_QUICKLY) {
          const isQuick = series <= LARGEST_COMPRESSED_QUICKLY || !gzip;
          if (connections === 1 && isQuick) loads[server].push(await scrapeSlowly(url, of));
          continue;
        }
      }
      if (wrk === null) continue;
      loads[server].push(await runWrk(wrk, { url: `${url}/metrics`, gzip, connections, seconds: 1 }));
    }
  }
  return loads;
}

/** For servers that need so long that a client in JavaScript does not matter: for a second, each scrape to its end. */
async function scrapeSlowly(url: string, { gzip }: Case): Promise<Load> {
  const times: number[] = [];
  for (let spentMs = 0; spentMs < 1_000; ) {
    const beginMs = performance.now();
    await get(`${url}/metrics`, { gzip });
    const ms = performance.now() - beginMs;
    times.push(ms);
    spentMs += ms;
  }
  const medianMs = median(times);
  return { perSecond: 1_000 / medianMs, medianMs };
}
