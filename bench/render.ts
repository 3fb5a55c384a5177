import { Gauge, Registry } from 'prom-client';
import { createTaskRenderer } from '../src/metrics/renderer.ts';
import type { Task } from '../src/model/plan.ts';
import { metricOf } from '../test/support/metric-of.ts';
import { rowOf } from '../test/support/row-of.ts';
import { createOrders, LABELS, type Order, VALUE } from './support/rows.ts';
import { median } from './support/statistics.ts';
import type { Subject } from './support/subject.ts';

const SIZES = [10, 1_000, 10_000, 100_000] as const;
const ROUNDS = 9;
/** Small results repeat until a round is long enough for the clock. */
const ROWS_PER_ROUND = 20_000;

export const render: Subject = {
  name: 'render',
  about: 'Rendering alone, from cells that are in memory, in turn in one process.',
  async run({ progress }) {
    const rows: number[][] = [];
    for (const size of SIZES) {
      progress(`render: ${size} rows`);
      const orders = createOrders(size);
      const [ours, theirs] = [createOurs(orders), createTheirs(orders)];
      const [our, their]: [number[], number[]] = [[], []];
      for (let round = 0; round < ROUNDS; round++) {
        our.push(await measure(ours, size));
        their.push(await measure(theirs, size));
      }
      rows.push([size, median(our), median(their), median(our) / median(their)]);
    }
    return {
      tables: [
        {
          title: 'CPU in µs per row. Ours checks UTF-8, escapes, finds duplicates and compresses; theirs only renders',
          columns: ['rows', 'ours', 'prom-client', 'ours / prom-client'],
          rows,
        },
      ],
      goals: [],
    };
  },
};

// A renderer looks at nothing else.
const TASK = {
  query: { sql: 'select 1', maxLabelLength: 4096 },
  target: { engine: 'mysql' },
  metrics: [metricOf({ name: 'orders', labels: LABELS, value: VALUE })],
} as unknown as Task;

function createOurs(orders: readonly Order[]): () => void {
  const renderer = createTaskRenderer(TASK);
  const cells = orders.map((order) => rowOf(order));
  return () => {
    const result = renderer.begin({ maxSeries: orders.length });
    result.columns([...LABELS, VALUE]);
    for (const row of cells) result.row(row);
    if (result.finish().series !== orders.length) throw new Error('a series is missing');
  };
}

function createTheirs(orders: readonly Order[]): () => Promise<void> {
  const registry = new Registry();
  const gauge = new Gauge({ name: 'orders', help: 'Orders.', labelNames: LABELS, registers: [registry] });
  const samples = orders.map(([shop, state, customer, n]) => ({ labels: { shop, state, customer }, value: Number(n) }));
  return async () => {
    gauge.reset();
    for (const { labels, value } of samples) gauge.set(labels, value);
    await registry.metrics();
  };
}

/** Microseconds of CPU per row. */
async function measure(run: () => void | Promise<void>, rows: number): Promise<number> {
  const times = Math.ceil(ROWS_PER_ROUND / rows);
  const before = process.cpuUsage();
  for (let i = 0; i < times; i++) await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / (times * rows);
}
