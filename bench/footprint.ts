import { setTimeout as delay } from 'node:timers/promises';
import { configOf, dsnOf, exporterProgram, ordersQuery, untilFilled } from './support/exporter.ts';
import { selectOrders } from './support/orders.ts';
import { cpuMs, memoryMb } from './support/process-usage.ts';
import { nodeProgram, type Program, startService } from './support/service.ts';
import { sqlExporterProgram } from './support/sql-exporter.ts';
import { median } from './support/statistics.ts';
import type { Subject, Value } from './support/subject.ts';

const STARTS = 5;
const SETTLING_SECONDS = 10;
const IDLE_SECONDS = 8;
const ROWS = 100;

export const footprint: Subject = {
  name: 'footprint',
  about: `What it takes to be there: one query of ${ROWS} rows every 15 s, nobody scrapes.`,
  async run(bench) {
    const mariadb = await bench.database();
    const sql = selectOrders(ROWS);
    const tool = await bench.peers.find('sql-exporter');
    const programs: readonly (readonly [string, Program | null])[] = [
      ['ours', exporterProgram(configOf(mariadb, [ordersQuery('orders', sql, { interval: '15s' })]))],
      ['sql-exporter', tool && sqlExporterProgram({ tool, dsns: [dsnOf(mariadb)], sqls: [sql], interval: '15s' })],
      ['prom-client alone', nodeProgram('prom-client-server', ({ port }) => [String(port), String(ROWS)])],
    ];
    const rows: Value[][] = [];
    for (const [name, program] of programs) {
      bench.progress(`footprint: ${name}`);
      rows.push([name, ...(program === null ? [null, null, null] : await measure(program))]);
    }
    return {
      tables: [
        {
          title: 'Idle',
          columns: ['', 'start to first page in ms', 'memory in MB', 'CPU in ms per second'],
          rows,
        },
      ],
      goals: [],
    };
  },
};

async function measure(program: Program): Promise<readonly number[]> {
  const startMs: number[] = [];
  for (let i = 1; i < STARTS; i++) {
    const beginMs = performance.now();
    await using _service = await startService(program);
    startMs.push(performance.now() - beginMs);
  }
  await using service = await startService(program);
  if (program.name === 'exporter') await untilFilled(service);
  // The garbage of the start goes first.
  await delay(SETTLING_SECONDS * 1_000);
  const before = cpuMs(service.pid);
  await delay(IDLE_SECONDS * 1_000);
  return [median(startMs), memoryMb(service.pid), (cpuMs(service.pid) - before) / IDLE_SECONDS];
}
