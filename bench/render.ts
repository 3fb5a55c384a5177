/**
 * From rows to a finished page: our byte path against the plain use of prom-client, in turn in one process.
 *
 * Ours turns cells into the text of a part with its checksum and gzip blocks, checked for UTF-8, escaping and duplicates.
 * Theirs is `Gauge.set` per row and `registry.metrics()` once, on strings and numbers that are there already and without
 * compression. Prints medians of CPU time per row and their ratio: `node dist/bench/render.js`.
 */
import { Gauge, Registry } from 'prom-client';
import { createTaskRenderer } from '../src/metrics/renderer.ts';
import type { Task } from '../src/model/plan.ts';

const SIZES = [10, 1_000, 10_000, 100_000] as const;
const ROUNDS = 9;
/** Small results repeat until a round is long enough for the clock. */
const ROWS_PER_ROUND = 20_000;

const LABELS = ['shop', 'state', 'user'];
const task = {
  query: { maxLabelLength: 4096 },
  target: { engine: 'mysql' },
  metrics: [{ family: 'bench_orders', type: 'gauge', labelColumns: LABELS, valueColumn: 'n', constantLabels: {} }],
} as unknown as Task;

type Row = readonly [shop: string, state: string, user: string, n: string];

function createRows(count: number): readonly Row[] {
  return Array.from({ length: count }, (_, i) => {
    return [`shop-${i % 977}`, `st${i % 13}`, `user_${i}`, String((i * 7919) % 100_003)];
  });
}

function createOurs(rows: readonly Row[]): () => void {
  const renderer = createTaskRenderer(task);
  const cells = rows.map((row) => row.map((text) => Buffer.from(text)));
  return () => {
    const result = renderer.begin({ maxSeries: rows.length });
    result.columns([...LABELS, 'n']);
    for (const row of cells) result.row(row);
    if (result.finish().series !== rows.length) throw new Error('a series is missing');
  };
}

function createTheirs(rows: readonly Row[]): () => Promise<void> {
  const registry = new Registry();
  const gauge = new Gauge({ name: 'bench_orders', help: 'Orders.', labelNames: LABELS, registers: [registry] });
  const samples = rows.map(([shop, state, user, n]) => ({ labels: { shop, state, user }, value: Number(n) }));
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

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
}

async function compare(size: number): Promise<string> {
  const rows = createRows(size);
  const [ours, theirs] = [createOurs(rows), createTheirs(rows)];
  const [our, their]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    our.push(await measure(ours, size));
    their.push(await measure(theirs, size));
  }
  const [a, b] = [median(our), median(their)];
  const cells = [size.toLocaleString('en'), `${a.toFixed(2)} µs`, `${b.toFixed(2)} µs`, `${(b / a).toFixed(1)}`];
  return cells.map((cell) => cell.padStart(14)).join('');
}

const lines = [['rows', 'ours per row', 'prom-client', 'ratio'].map((cell) => cell.padStart(14)).join('')];
for (const size of SIZES) lines.push(await compare(size));
process.stdout.write(`${lines.join('\n')}\n`);
