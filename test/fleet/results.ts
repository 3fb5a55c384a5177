/* A part of `npm run test:fleet`: what one exporter asked for, another one shows. Measured alone, since the machine counts. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuMs } from '../../bench/support/process-usage.ts';
import { samplesOf } from '../end-to-end/program.ts';
import { until } from '../support/daemon.ts';
import { TURN_PROBE, TurnProbe } from '../support/turn-probe.ts';
import { Ground } from './ground.ts';
import { Replica } from './replicas.ts';

const TARGETS = 500;
const QUERIES = 10;
const ROUNDS = 20;
const SERIES = 100_000;
const QUICK_MS = 20_000;
/** What never happens is given up after this. */
const LIMIT_MS = 120_000;

describe('the results of another exporter', () => {
  let ground: Ground;
  before(async () => {
    ground = await Ground.open(1, { tasks: 0, intervalMs: 1_000 });
  });
  after(() => ground[Symbol.asyncDispose]());

  /** Of one server with many names, that is asked once an hour. */
  const config = (name: string, targets: number, queries: readonly string[]) => {
    const [server] = ground.servers;
    assert.ok(server);
    const login = 'user: test, password: test123, shared: true, max_connections: 8, ping_interval: off';
    const named = Array.from(
      { length: targets },
      (_, n) => `  t${n}: {host: 127.0.0.1, port: ${server.port}, ${login}}`,
    );
    const defaults = `defaults: {interval: 1h, timeout: 10m, max_rows: ${SERIES}, max_bytes: 64MiB}`;
    const fleet = `fleet: {name: ${name}, store: "${ground.redis.url}"}`;
    return ['namespace: shop', fleet, defaults, 'targets:', ...named, 'queries:', ...queries, ''].join('\n');
  };
  const query = (name: string, sql: string, labels = '') =>
    `  ${name}: {sql: "${sql}", metrics: {${name}: {type: gauge, labels: [${labels}], value: n}}}`;

  it('are complete on one that was just started, and no database was asked for them', async (t) => {
    const queries = Array.from({ length: QUERIES }, (_, n) => query(`q${n}`, 'select rand() n'));
    const all = config('joining', TARGETS, queries);
    await using a = await Replica.start(all);
    await a.program.untilReady();
    const [server] = ground.servers;
    await ground.forgetRuns();
    const startedMs = performance.now();
    await using b = await Replica.start(all);
    await b.program.untilReady();
    t.diagnostic(
      `${TARGETS * QUERIES} results complete ${Math.round(performance.now() - startedMs)} ms after the start`,
    );
    const asked = await server?.query(
      `SELECT command_type, argument FROM mysql.general_log
       WHERE thread_id <> CONNECTION_ID() AND command_type NOT IN ('Ping', 'Quit')`,
    );
    assert.deepEqual(asked, []);
    const samples = (await queriesOf(b)).filter((line) => line.startsWith('shop_'));
    assert.equal(samples.length, TARGETS * QUERIES);
    await untilEqual(a, b);
  });

  it('are the same on its page as on the page of the one that asked', async (t) => {
    const all = config('equal', 2, [query('q', 'select rand() n')]);
    await using a = await Replica.start(all);
    await a.program.untilReady();
    await using b = await Replica.start(all);
    await b.program.untilReady();
    const tookMs: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const before = await a.successes();
      const target = round % 2;
      const answer = await a.program.get(`/-/run?query=q&target=t${target}`, { method: 'POST' });
      assert.equal(answer.status, 202);
      const isNewer = (now: Readonly<Record<string, number>>) =>
        Object.entries(now).some(([key, at]) => at > (before[key] ?? 0));
      await a.program.until('there is a result', async () => isNewer(await a.successes()));
      const shownMs = performance.now();
      await b.program.until('it is there too', async () => isNewer(await b.successes()));
      await untilEqual(a, b);
      tookMs.push(performance.now() - shownMs);
    }
    t.diagnostic(`a page shows it at most ${Math.round(Math.max(...tookMs))} ms after the page of the one that asked`);
  });

  it(`of ${TARGETS} targets, each to be asked every second, come to one that asks nobody`, async (t) => {
    const all = config('quick', TARGETS, [query('quick', 'select rand() n')]).replace('interval: 1h', 'interval: 1s');
    await using a = await Replica.start(all);
    await a.program.untilReady();
    await using b = await Replica.start(all);
    await b.program.untilReady();
    const refreshes = async () =>
      Object.values(await a.program.samples('query_exporter_query_refreshes_total')).reduce((sum, n) => sum + n, 0);
    const before = { refreshes: await refreshes(), cpuMs: cpuMs(ground.redis.pid), atMs: performance.now() };
    await sleep(QUICK_MS);
    const results = (await refreshes()) - before.refreshes;
    assert.ok(results > 0);
    const costMs = (cpuMs(ground.redis.pid) - before.cpuMs) / results;
    const perSecond = (results * 1_000) / (performance.now() - before.atMs);
    t.diagnostic(`${Math.round(perSecond)} results a second, ${costMs.toFixed(2)} ms of the store's CPU for each`);
    const longest = await until('how long they take', LIMIT_MS, () => b.own('fleet_replication_seconds'));
    t.diagnostic(`the longest of them took ${Math.round(longest * 1_000)} ms from the store to the other exporter`);
    assert.equal(await b.own('fleet_owned_servers'), 0);
    await b.untilNextRuns();
  });

  it(`are all on its page, where ${SERIES} series come at once`, async (t) => {
    await ground.servers[0]?.query('CREATE DATABASE shop');
    const all = config('large', 1, [query('large', `select rand() n, seq from shop.seq_1_to_${SERIES}`, 'seq')]);
    await using a = await Replica.start(all);
    await a.program.untilReady();
    await using b = await Replica.start(all, TURN_PROBE);
    await b.program.untilReady();
    const { program } = b;
    const probe = new TurnProbe(
      (signal) => program.signal(signal),
      () => program.stderr,
    );
    const turns: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      const { last_success_timestamp_seconds: before } = await program.task('large');
      await probe.longestTurnMs();
      assert.equal((await a.program.get('/-/run?query=large&target=t0', { method: 'POST' })).status, 202);
      await program.until(
        'it is there',
        async () => (await program.task('large')).last_success_timestamp_seconds !== before,
      );
      turns.push(await probe.longestTurnMs());
    }
    const page = await program.scrape();
    assert.equal(Object.keys(samplesOf(page, 'shop_large')).length, SERIES);
    t.diagnostic(`longest turns of the main thread: ${turns.join(', ')} ms of its time`);
  });
});

/** A page is younger by up to a second than what it shows. */
function untilEqual(a: Replica, b: Replica): Promise<void> {
  return b.program.until('the pages are equal', async () => {
    const [ofA, ofB] = await Promise.all([queriesOf(a), queriesOf(b)]);
    return ofA.join('\n') === ofB.join('\n');
  });
}

/** What a page says of queries and their results, but for what each exporter counts. */
async function queriesOf({ program }: Replica): Promise<readonly string[]> {
  const lines = (await program.scrape()).split('\n');
  return lines.filter((line) => /^(shop_|query_exporter_query_)/.test(line) && !/_total[{ ]/.test(line));
}
