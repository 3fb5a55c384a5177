import { setTimeout as delay } from 'node:timers/promises';
import type { Mariadb } from '../test/support/mariadb.ts';
import { fleetConfig, ordersQuery, readTasks, startExporter, targetName, untilFilled } from './support/exporter.ts';
import { loopbackHosts, startFleet } from './support/fleet.ts';
import { selectOrders } from './support/orders.ts';
import { cpuMs } from './support/process-usage.ts';
import { get, nodeProgram, type Service, startService } from './support/service.ts';
import { median } from './support/statistics.ts';
import { atMost, type Bench, ratio, type Subject } from './support/subject.ts';

const TARGETS = 500;
const ROWS = 100;
const ROUNDS = 3;
const SECONDS = 3;

export const narrowChange: Subject = {
  name: 'narrow-change',
  about: `What the refresh of one target of ${ROWS} rows costs when ${TARGETS} targets feed its family.`,
  async run(bench) {
    const hosts = loopbackHosts(TARGETS);
    await using mariadb = await startFleet(hosts);
    await using alone = await startExporter(config(mariadb, hosts, 1));
    await using among = await startExporter(config(mariadb, hosts, TARGETS));
    const costs = { alone: [] as number[], among: [] as number[] };
    for (const exporter of [alone, among]) await untilFilled(exporter);
    for (let round = 0; round < ROUNDS; round++) {
      for (const [name, exporter] of [
        ['alone', alone],
        ['among', among],
      ] as const) {
        bench.progress(`narrow-change: ${name}`);
        costs[name].push(await measure(exporter));
      }
    }
    const rendering = await measureRendering(bench);
    const [one, many] = [median(costs.alone), median(costs.among)];
    return {
      tables: [
        {
          title: 'CPU in ms per refresh, with the page that shows it',
          columns: ['target alone', `one of ${TARGETS}`, 'ratio', `prom-client: rendering all ${TARGETS}`],
          rows: [[one, many, ratio(many, one), rendering]],
        },
      ],
      goals: [atMost(2, 'of the cost of a target alone', ratio(many, one))],
    };
  },
};

/** One target runs four times a second, the others once. */
function config(mariadb: Mariadb, hosts: readonly string[], targets: number): string {
  const names = hosts.slice(0, targets).map((_, i) => targetName(i));
  const query = (name: string, of: readonly string[], interval: string) =>
    ordersQuery(name, selectOrders(ROWS), { interval, targets: `[${of.join(', ')}]` }).replace(
      /\{orders_\w+:/,
      '{orders:',
    );
  const [first = '', ...others] = names;
  const queries = [query('orders_often', [first], '260ms')];
  if (others.length > 0) queries.push(query('orders_once', others, '1h'));
  return fleetConfig(mariadb, hosts.slice(0, targets), queries);
}

async function measure(exporter: Service): Promise<number> {
  const before = { cpuMs: cpuMs(exporter.pid), refreshes: await countRefreshes(exporter) };
  await delay(SECONDS * 1_000);
  return (cpuMs(exporter.pid) - before.cpuMs) / ((await countRefreshes(exporter)) - before.refreshes);
}

async function countRefreshes(exporter: Service): Promise<number> {
  return (await readTasks(exporter)).reduce((sum, task) => sum + task.refreshes, 0);
}

/** What whoever renders the whole registry pays for any change. */
async function measureRendering(bench: Bench): Promise<number> {
  bench.progress('narrow-change: prom-client');
  const series = String(TARGETS * ROWS);
  await using service = await startService(nodeProgram('prom-client-server', ({ port }) => [String(port), series]));
  await get(`${service.url}/metrics`);
  const before = cpuMs(service.pid);
  const scrapes = 5;
  for (let i = 0; i < scrapes; i++) await get(`${service.url}/metrics`);
  return (cpuMs(service.pid) - before) / scrapes;
}
