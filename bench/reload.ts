import { setTimeout as delay } from 'node:timers/promises';
import { TURN_PROBE, TurnProbe } from '../test/support/turn-probe.ts';
import { exporterProgram, reconfigure } from './support/exporter.ts';
import { get, type Service, startService } from './support/service.ts';
import type { Subject, Value } from './support/subject.ts';

const SIZES = [1_000, 10_000, 100_000];
const QUERIES = 10;
export const reload: Subject = {
  name: 'reload',
  about: 'What starts and reloads cost the thread that answers scrapes: its longest turn, in its own processor time.',
  async run({ progress }) {
    const rows: Value[][] = [];
    for (const tasks of SIZES) {
      progress(`reload: ${tasks} tasks`);
      // On a machine that is busy or slow the largest does not start in time.
      rows.push([tasks, ...(await measure(tasks).catch(() => NOT_RUN))]);
    }
    const columns = ['tasks', 'start to first page, s', 'poller begins', 'at rest', 'reload: nothing changed'];
    const changes = ['a target more', 'every schedule'];
    return { tables: [{ title: 'Longest turn in ms', columns: [...columns, ...changes], rows }], goals: [] };
  },
};

const NOT_RUN: readonly Value[] = [null, null, null, null, null, null];

async function measure(tasks: number): Promise<readonly Value[]> {
  const program = exporterProgram(config(tasks, {}));
  const env = { ...program.env, ...TURN_PROBE };
  const beginMs = performance.now();
  await using exporter = await startService({ ...program, env });
  const startMs = performance.now() - beginMs;
  const { daemon } = exporter;
  const probe = new TurnProbe(
    (signal) => daemon.signal(signal),
    () => daemon.log(),
  );
  await probe.longestTurnMs();
  await untilPolling(exporter, tasks);
  await delay(2_000);
  const turns = [await probe.longestTurnMs()];
  await delay(3_000);
  turns.push(await probe.longestTurnMs());
  for (const change of [{}, { more: true }, { more: true, interval: '25h' }]) {
    await reconfigure(exporter, config(tasks, change));
    await delay(2_000);
    turns.push(await probe.longestTurnMs());
  }
  return [startMs / 1_000, ...turns];
}

/** Targets that are never asked: what they cost is planning alone. */
function config(tasks: number, { more = false, interval = '24h' }): string {
  const host = (i: number) => `127.${1 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`;
  const target = (i: number) => `  db${i}: {dsn: 'monitor@tcp(${host(i)}:3306)/shop', ping_interval: off}`;
  const targets = Array.from({ length: tasks / QUERIES + Number(more) }, (_, i) => target(i));
  const metric = (i: number) => `{orders_${i}: {type: gauge, labels: [shop], value: n}}`;
  const queries = Array.from(
    { length: QUERIES },
    (_, i) => `  orders_${i}: {sql: 'SELECT shop, n FROM orders_${i}', metrics: ${metric(i)}}`,
  );
  const defaults = `defaults: {interval: ${interval}, run_on_start: false}`;
  return ['targets:', ...targets, defaults, 'queries:', ...queries, ''].join('\n');
}

/** The page says when the last task runs once the poller has planned all of them. */
async function untilPolling({ url }: Service, tasks: number): Promise<void> {
  const last = `${url}/metrics?query=orders_${QUERIES - 1}&target=db${tasks / QUERIES - 1}`;
  while (!(await get(last)).body.includes('query_next_refresh_timestamp_seconds{')) await delay(200);
}
