import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Driver } from '../../src/sql/driver.ts';
import type { Postgres } from '../support/postgres.ts';
import { ask, askOne, assertFails, eventually, RowList, requestOf, SetDeadline } from './driver-bench.ts';
import { Detour } from './postgres-detour.ts';
import { openPostgres, startShop } from './postgres-drivers.ts';

const STREAM = `SELECT repeat('x', 1000) AS text FROM generate_series(1, 10000000)`;

describe('in mid-result from PostgreSQL', () => {
  let server: Postgres;
  before(async () => {
    server = await startShop();
  });
  after(() => server?.[Symbol.asyncDispose]());

  /** Begins a result that never ends by itself; `reached` resolves with its first row. */
  const stream = (driver: Driver, deadline: SetDeadline): { ended: Promise<unknown>; reached: Promise<void> } => {
    let onRow: () => void = () => undefined;
    const reached = new Promise<void>((resolve) => {
      onRow = resolve;
    });
    const sink = { columns: () => undefined, row: () => onRow() };
    const request = requestOf(STREAM, { maxRows: 1e9, maxBytes: 1e12 });
    return { ended: driver.run(request, sink, deadline), reached };
  };
  const working = async (): Promise<number[]> =>
    (await server.backends())
      .filter(({ state, sql }) => state === 'active' && sql.includes('10000000'))
      .map(({ pid }) => pid);
  const nothingLeft = (): Promise<unknown> => eventually(working, (pids) => pids.length === 0);

  it('a network that takes everything and gives nothing costs the run its deadline, and the server nothing', async () => {
    const detour = await Detour.before(server.port);
    try {
      await using driver = openPostgres(detour.port);
      using deadline = new SetDeadline(600_000);
      const { ended, reached } = stream(driver, deadline);
      await reached;
      detour.stall();
      deadline.expire();
      await assertFails(ended, 'timeout');
      await nothingLeft();
    } finally {
      await detour.close();
    }
  });

  it('a connection that is reset is lost, and the next run has a new one', async () => {
    const detour = await Detour.before(server.port);
    try {
      await using driver = openPostgres(detour.port);
      using deadline = new SetDeadline(600_000);
      const { ended, reached } = stream(driver, deadline);
      await reached;
      detour.reset();
      await assertFails(ended, 'lost');
      await nothingLeft();
      assert.deepEqual(await askOne(driver, 'SELECT 1'), ['1']);
    } finally {
      await detour.close();
    }
  });

  it('a server process that stands still costs the run its deadline, and is gone when it goes on', async () => {
    await using driver = openPostgres(server.port);
    using deadline = new SetDeadline(600_000);
    const { ended, reached } = stream(driver, deadline);
    await reached;
    const [pid = 0] = await working();
    process.kill(pid, 'SIGSTOP');
    try {
      deadline.expire();
      await assertFails(ended, 'timeout');
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await nothingLeft();
    assert.deepEqual(await askOne(driver, 'SELECT 1'), ['1']);
  });

  it('a sink that has enough ends it on the server, too', async () => {
    await using driver = openPostgres(server.port);
    const list = new RowList();
    await assertFails(driver.run(requestOf(STREAM, { maxRows: 5 }), list, new SetDeadline(600_000)), 'too_large');
    assert.equal(list.rows.length, 5);
    await nothingLeft();
    assert.equal((await ask(driver, 'SELECT 1')).rows.length, 1);
  });
});
