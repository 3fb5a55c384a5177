/**
 * Runs the driver's conformance suite against PostgreSQL 15 and 18 and through a PgBouncer, and shows what one server
 * alone does not: a standby that is promoted, other clients of a pooler, an exporter that is killed.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ConfigFolder, startProgram } from '../end-to-end/program.ts';
import { ask, askOne, assertFails, eventually, NEVER, SetDeadline, watchStart } from '../sql/driver-bench.ts';
import { describeDriver } from '../sql/driver-conformance.ts';
import { openPostgres, POSTGRES_SQL, SKIPS, startShop } from '../sql/postgres-drivers.ts';
import { type Pgbouncer, startPgbouncer } from '../support/pgbouncer.ts';
import { openPostgresConnection, type Postgres, startPostgres } from '../support/postgres.ts';
import { requirePostgres } from '../support/tools.ts';

for (const major of [15, 18] as const) {
  describeDriver(`PostgreSQL ${major}`, async () => {
    const server = await startShop({ server: await requirePostgres(major) });
    return {
      open: (overrides) => openPostgres(server.port, overrides),
      sql: POSTGRES_SQL,
      skips: SKIPS,
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  });
}

describeDriver('PostgreSQL behind PgBouncer', async () => {
  const server = await startShop();
  // One is too few where one client waits for another.
  const pooler = await startPgbouncer(server, 2);
  return {
    open: (overrides) => openPostgres(pooler.port, overrides),
    sql: POSTGRES_SQL,
    skips: { ...SKIPS, leak: 'DISCARD ALL would reach another connection; locks that a query makes stay' },
    [Symbol.asyncDispose]: async () => {
      await pooler[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
});

describe('behind PgBouncer in transaction mode', () => {
  let server: Postgres;
  let pooler: Pgbouncer;
  before(async () => {
    server = await startShop();
    pooler = await startPgbouncer(server);
  });
  after(async () => {
    await pooler?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  it('no other client sees a setting of ours, and it is said what is missing', async () => {
    await using driver = openPostgres(pooler.port, { initSql: ["SET LOCAL work_mem = '123kB'"] });
    const names = ['statement_timeout', 'lock_timeout', 'work_mem', 'datestyle', 'client_connection_check_interval'];
    const sql = `SELECT concat_ws(' ', pg_backend_pid(), ${names.map((name) => `current_setting('${name}')`).join(', ')})`;
    const [ours] = await askOne(driver, sql);
    const other = await openPostgresConnection({ port: pooler.port, database: 'shop' });
    const [[theirs = null] = []] = await other.ask(sql);
    await other.quit();
    assert.equal(ours?.split(' ')[0], theirs?.split(' ')[0], 'both used the one connection to the server');
    assert.match(ours ?? '', /ms .*ms 123kB ISO, MDY 500ms$/);
    assert.match(theirs ?? '', / 0 0 4MB ISO, MDY 0$/);
    assert.deepEqual(Object.keys(driver.facts.missing).sort(), ['kill', 'reset']);
    assert.equal(driver.facts.role, 'primary');
  });

  it('a statement is gone from the server at its deadline', async () => {
    await using driver = openPostgres(pooler.port);
    using deadline = new SetDeadline(600_000);
    const { started, onStart } = watchStart();
    const ended = assertFails(ask(driver, 'SELECT pg_sleep(600)', { onStart }, deadline), 'timeout');
    await started;
    await eventually(
      () => server.backends(),
      (all) => all.some(({ state, sql }) => state === 'active' && /sleep/.test(sql)),
    );
    deadline.expire();
    await ended;
    await eventually(
      () => server.backends(),
      (all) => all.every(({ state }) => state !== 'active'),
    );
    assert.deepEqual(await askOne(driver, 'SELECT 1'), ['1']);
  });

  it('its own console is no database', async () => {
    await using driver = openPostgres(pooler.port, { database: 'pgbouncer' });
    assert.match((await assertFails(askOne(driver, 'SHOW POOLS'), 'connect')).message, /PgBouncer's own console/);
  });
});

describe('a standby', () => {
  it('is known as one, and a ping tells that it was promoted', async () => {
    await using server = await startPostgres({ isStandby: true });
    const roles: (string | null)[] = [];
    const onFacts = (_: unknown, { role }: { role: string | null }): unknown => roles.push(role);
    await using driver = openPostgres(server.port, { database: 'postgres' }, { onFacts });
    assert.deepEqual(await askOne(driver, 'SELECT pg_is_in_recovery()'), ['1']);
    assert.equal(driver.facts.role, 'replica');
    await assertFails(askOne(driver, 'SELECT pg_current_wal_lsn()'), 'query');
    await server.query('SELECT pg_promote()');
    await driver.ping(NEVER);
    assert.deepEqual(
      roles.filter((role) => role !== null),
      ['replica', 'primary'],
    );
    assert.deepEqual(await askOne(driver, 'SELECT pg_is_in_recovery()'), ['0']);
  });
});

describe('an exporter with PostgreSQL', () => {
  let server: Postgres;
  before(async () => {
    server = await startShop();
  });
  after(() => server?.[Symbol.asyncDispose]());

  const sleepers = async (): Promise<number> =>
    (await server.backends()).filter(({ state, sql }) => state === 'active' && /pg_sleep/.test(sql)).length;
  const config = (timeout: string): string => `
targets: {shop01: {dsn: "postgres://test:test123@127.0.0.1:${server.port}/shop"}}
queries:
  fruit: {sql: "select name, id from fruit", interval: 200ms, metrics: {fruit: {type: gauge, labels: [name], value: id}}}
  sleeping: {sql: select pg_sleep(600), interval: 1h, timeout: ${timeout}, metrics: {sleeping: {type: gauge, value: pg_sleep}}}
  writing: {sql: delete from fruit, interval: 200ms, metrics: {writing: {type: gauge, value: n}}}
`;

  it('exports what is there, ends what takes too long and refuses what writes', async () => {
    await using folder = await ConfigFolder.create(config('1s'));
    await using program = await startProgram(folder);
    await program.untilReady();
    await program.untilSample('query_exporter_fruit{name="pear",target="shop01"}', 2);
    await program.until('the server is rid of what took too long', async () => {
      return (await program.task('sleeping')).failures['timeout'] === 1 && (await sleepers()) === 0;
    });
    assert.deepEqual(Object.keys((await program.task('writing')).failures), ['read_only']);
    assert.equal(await program.stop(), 0);
    await eventually(
      () => server.backends(),
      (all) => all.length === 0,
    );
  });

  it('that is killed leaves no statement behind', async () => {
    await using folder = await ConfigFolder.create(config('600s'));
    await using program = await startProgram(folder);
    await program.until('the statement runs', async () => (await sleepers()) === 1);
    program.signal('SIGKILL');
    const killedMs = performance.now();
    await eventually(sleepers, (count) => count === 0);
    process.stdout.write(`gone ${Math.round(performance.now() - killedMs)} ms after the exporter was killed\n`);
  });
});
