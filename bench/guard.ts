import { createRecordLogger } from '../src/logger.ts';
import { realClock } from '../src/model/clock.ts';
import { Deadline } from '../src/model/deadline.ts';
import type { Guard } from '../src/model/guard.ts';
import type { Target } from '../src/model/plan.ts';
import type { Driver, RunRequest } from '../src/sql/driver.ts';
import { createDrivers } from '../src/sql/drivers.ts';
import { type TargetParts, targetOf } from '../test/support/plan-parts.ts';
import { startPostgres } from '../test/support/postgres.ts';
import { median } from './support/statistics.ts';
import type { Subject, Value } from './support/subject.ts';

/** With and without take turns, so that whatever else the machine does strikes both. */
const ROUNDS = 9;
const RUNS = 500;
const GUARD: Guard = { lock: 'query-exporter bench 0123456789abcdef0123456789abcdef', claimedMs: null };

export const guard: Subject = {
  name: 'guard',
  about:
    'What the lock in the polled server costs that keeps exporters of a fleet from running one query twice at a time.',
  async run(bench) {
    const mariadb = await bench.database();
    await using postgres = await startPostgres({ databases: ['shop'] });
    const rows: Value[][] = [];
    for (const [engine, { port, user, password }, database] of [
      ['mysql', mariadb, ''],
      ['postgres', postgres, 'shop'],
    ] as const) {
      bench.progress(`guard: ${engine}`);
      const parts: TargetParts = { user, password: { kind: 'text', text: password }, database };
      rows.push([
        engine,
        ...(await measure(targetOf({ engine, address: { kind: 'tcp', host: '127.0.0.1', port }, ...parts }))),
      ]);
    }
    return {
      tables: [
        {
          title: `µs of a run of SELECT 1 that has a connection, median of ${ROUNDS} rounds of ${RUNS}`,
          columns: ['engine', 'without', 'with', 'CPU without', 'CPU with'],
          rows,
        },
      ],
      goals: [],
    };
  },
};

async function measure(target: Target): Promise<number[]> {
  await using drivers = createDrivers(
    [target],
    1,
    createRecordLogger(() => {}),
  );
  const driver = drivers.driverFor(target);
  const costs = [null, GUARD].map((lock) => ({ lock, wallUs: [] as number[], cpuUs: [] as number[] }));
  // The first round compiles.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const { lock, wallUs, cpuUs } of costs) {
      const [startedMs, usage] = [performance.now(), process.cpuUsage()];
      for (let run = 0; run < RUNS; run++) await runOnce(driver, lock);
      const { user, system } = process.cpuUsage(usage);
      if (round === 0) continue;
      wallUs.push(((performance.now() - startedMs) * 1_000) / RUNS);
      cpuUs.push((user + system) / RUNS);
    }
  }
  return [...costs.map(({ wallUs }) => median(wallUs)), ...costs.map(({ cpuUs }) => median(cpuUs))];
}

async function runOnce(driver: Driver, lock: Guard | null): Promise<void> {
  const terms = { when: null, query: 'one', guest: driver, maxRows: 1, maxBytes: 1_000 };
  const events = { onTurn: () => {}, onStart: () => {} };
  const request: RunRequest = { sql: 'SELECT 1', guard: lock, ...terms, ...events };
  using deadline = new Deadline(realClock, 60_000);
  const notSent = await driver.run(request, { columns: () => {}, row: () => {} }, deadline);
  if (notSent !== null) throw new Error(notSent.why);
}
