import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Mariadb, startMariadb } from '../support/mariadb.ts';
import { connectCrowd } from './crowd.ts';
import { ConfigFolder, startProgram, type TaskJson } from './program.ts';

const TARGET_UP = 'query_exporter_target_up{target="shop01"}';

describe('the exporter while a server', () => {
  let mariadb: Mariadb;
  before(async () => {
    mariadb = await startMariadb({ databases: ['shop'] });
    await mariadb.query('CREATE TABLE shop.pace (seconds INT)');
    await mariadb.query('INSERT INTO shop.pace VALUES (0)');
  });
  after(async () => {
    await mariadb[Symbol.asyncDispose]();
  });

  it('is down at the start: serves all the same, and makes up what failed once it is up', async () => {
    await mariadb.stop();
    await using folder = await ConfigFolder.create(`
targets: {shop01: ${target()}}
queries:
  hourly: {sql: select 7 n, interval: 1h, metrics: {hourly: {type: gauge, value: n}}}
`);
    await using program = await startProgram(folder);
    await program.untilSample(
      'query_exporter_query_failures_total{query="hourly",reason="connect",target="shop01"}',
      1,
    );
    await program.untilSample(TARGET_UP, 0);
    assert.deepEqual(await program.samples('query_exporter_hourly'), {});
    assert.equal((await program.get('/-/ready')).status, 200);

    await mariadb.restart();
    await program.untilSample('query_exporter_hourly{target="shop01"}', 7);
    await program.untilSample(TARGET_UP, 1);
  });

  it('refuses the password: asks it once and no more, until the right one comes', async () => {
    const config = (password: string): string => `
targets: {shop01: {host: 127.0.0.1, port: ${mariadb.port}, user: test, password: ${password}, ping_interval: 100ms}}
queries:
  one: {sql: select 1 n, interval: 50ms, metrics: {one: {type: gauge, value: n}}}
  two: {sql: select 2 n, interval: 50ms, metrics: {two: {type: gauge, value: n}}}
`;
    await using folder = await ConfigFolder.create(config('hunter2'));
    const attempts = await status('Aborted_connects');
    await using program = await startProgram(folder);
    await program.until('many runs are skipped', async () =>
      (await program.tasks()).every(({ skips }) => (skips.backoff ?? 0) >= 10),
    );
    // One for each connection that may be open, since both queries ask at the same moment.
    const more = (await status('Aborted_connects')) - attempts;
    assert.ok(more >= 1 && more <= 2, `${more} attempts to log in`);
    const failed = (await program.tasks()).flatMap(({ failures }) => Object.keys(failures));
    assert.deepEqual(new Set(failed), new Set(['auth']));
    await program.untilSample(TARGET_UP, 0);

    await folder.write(config(mariadb.password));
    program.signal('SIGHUP');
    await program.until('all is well', async () => (await program.tasks()).every(({ state }) => state === 'fresh'));
    await program.untilSample(TARGET_UP, 1);
  });

  it('stands still: the queries of another one go on', async () => {
    await using other = await startMariadb({ databases: ['shop'] });
    await using folder = await ConfigFolder.create(`
targets:
  still: ${target()}
  lively: ${target(other)}
queries:
  hung: {sql: select 1 n, targets: [still], interval: 100ms, timeout: 1s, metrics: {hung: {type: gauge, value: n}}}
  pace: {sql: select 1 n, targets: [lively], interval: 100ms, metrics: {pace: {type: gauge, value: n}}}
`);
    await using program = await startProgram(folder);
    await program.untilReady();
    await mariadb.pause();
    try {
      let refreshes = Number.POSITIVE_INFINITY;
      await program.until('one has failed, and the other one has gone on', async () => {
        const lively = await program.task('pace');
        const hasFailed = (await program.task('hung')).failing_since_timestamp_seconds !== null;
        if (refreshes === Number.POSITIVE_INFINITY && hasFailed) {
          refreshes = lively.refreshes;
        }
        return lively.refreshes >= refreshes + 10;
      });
    } finally {
      mariadb.resume();
    }
    assert.deepEqual((await program.task('pace')).failures, {});
    await program.until('the first one answers again', async () => (await program.task('hung')).state === 'fresh');
    await program.until('it has its usual connections', async () => {
      const sessions = await mariadb.processlist();
      return sessions.length <= 2 && sessions.every(({ sql }) => sql === null);
    });
  });

  it('is killed and comes back: counts what failed, and goes on', async () => {
    await using folder = await ConfigFolder.create(`
targets: {shop01: ${target()}}
queries:
  often: {sql: select 1 n, interval: 100ms, metrics: {often: {type: gauge, value: n}}}
`);
    await using program = await startProgram(folder);
    await program.untilReady();
    await mariadb.kill();
    await program.until('a run has failed', async () => (await program.task('often')).state === 'target_down');
    await program.untilSample(TARGET_UP, 0);
    assert.deepEqual(await program.samples('query_exporter_often'), { '{target="shop01"}': 1 });
    await mariadb.restart();
    await program.until('it goes on', async () => (await program.task('often')).state === 'fresh');
    await program.untilSample(TARGET_UP, 1);
    const { failures } = await program.task('often');
    const count = Object.values(failures).reduce((sum, one) => sum + one, 0);
    assert.ok(count <= 2, JSON.stringify(failures));
  });

  it('is killed: whoever looks is told what waits for it, since when, why, and when it is tried again', async () => {
    await using folder = await ConfigFolder.create(`
targets: {shop01: ${target()}}
queries:
  often: {sql: select 1 n, interval: 100ms, metrics: {often: {type: gauge, value: n}}}
  rare: {sql: select 2 n, interval: 1h, metrics: {rare: {type: gauge, value: n}}}
`);
    await using program = await startProgram(folder);
    await program.untilReady();
    const before = await program.readStatus();
    assert.equal(before.headline, 'All 2 tasks fresh');
    assert.match(before.targets[0]?.server?.version ?? '', /^MariaDB \d/);
    await mariadb.kill();
    try {
      await program.untilSample('query_exporter_query_up{query="often",target="shop01"}', 0);
      await program.until('it waits', async () => (await program.task('often')).state === 'target_down');
      const status = await program.readStatus();
      const [target] = status.targets;
      assert.deepEqual([target?.state, target?.tasks_waiting, target?.last_failure?.reason], ['down', 1, 'connect']);
      // One that was connecting just then is cut off.
      assert.match(target?.last_failure?.message ?? '', /ECONNREFUSED|ECONNRESET/);
      const { down_since_timestamp_seconds: since, next_try_timestamp_seconds: next } = target ?? assert.fail();
      assert.ok(since !== null && since > before.now_timestamp_seconds && since <= status.now_timestamp_seconds);
      assert.ok(next !== null && next > since);
      assert.match(
        status.headline,
        /^1 of 2 tasks waits for target shop01, down for \d+s \(connect\), next try (in \d+s|now)/,
      );
      assert.equal((await program.task('rare')).state, 'fresh');
      assert.deepEqual(await program.samples('query_exporter_query_up'), {
        '{query="often",target="shop01"}': 0,
        '{query="rare",target="shop01"}': 1,
      });
      const page = await (await program.get('/')).text();
      assert.match(page, /role="status">1 of 2 tasks waits for target shop01</);
      const closed = await program.get('/-/run?query=often&target=shop01', { method: 'POST' });
      assert.equal(closed.status, 403);
    } finally {
      await mariadb.restart();
    }
    await program.until('all is well', async () => (await program.readStatus()).headline === 'All 2 tasks fresh');
    assert.equal((await program.readStatus()).targets[0]?.down_since_timestamp_seconds, null);
    await program.until('the poller has told how late it is', async () => {
      return ((await program.samples('query_exporter_poller_lag_seconds'))[''] ?? -1) >= 0;
    });
    assert.notEqual((await program.readStatus()).poller.lag_seconds, null);
  });

  it('is down: a task is run now only when it answers, and a reload does not wait for its back-off', async () => {
    await using folder = await ConfigFolder.create(`
targets: {shop01: ${target()}}
queries:
  rare: {sql: select 2 n, interval: 1h, metrics: {rare: {type: gauge, value: n}}}
`);
    await using program = await startProgram(folder, ['--web.enable-lifecycle']);
    await program.untilReady();
    const run = async () => (await program.get('/-/run?query=rare&target=shop01', { method: 'POST' })).status;
    assert.equal((await program.task('rare')).refreshes, 1);
    assert.equal(await run(), 202);
    await program.until('it ran again', async () => (await program.task('rare')).refreshes === 2);
    await mariadb.kill();
    try {
      await program.until('a run finds that out', async () => (await run()) === 409);
    } finally {
      await mariadb.restart();
    }
    assert.equal((await program.get('/-/reload', { method: 'POST' })).status, 200);
    await program.until('it is fresh', async () => (await program.task('rare')).state === 'fresh');
    assert.equal((await program.get('/-/run?query=nobody&target=shop01', { method: 'POST' })).status, 404);
  });

  it('is restarted: each query fails once at most, and what was cut off is done again', async () => {
    await mariadb.query('UPDATE shop.pace SET seconds = 30');
    await using folder = await ConfigFolder.create(`
targets: {shop01: ${target()}}
queries:
  idle: {sql: select 1 n, interval: 100ms, metrics: {idle: {type: gauge, value: n}}}
  long: {sql: "select sleep(seconds) + 3 n from pace", interval: 1h, timeout: 1m, metrics: {long: {type: gauge, value: n}}}
`);
    await using program = await startProgram(folder);
    await program.until('both are under way', async () => {
      const [idle, long] = await Promise.all([program.task('idle'), sleepers()]);
      return idle.refreshes > 0 && long === 1;
    });
    // The server waits for nobody when it is told to stop.
    await mariadb.query('UPDATE shop.pace SET seconds = 0');
    await mariadb.restart();
    await program.until('both are fresh', async () =>
      (await program.tasks()).every(({ state, refreshes }) => state === 'fresh' && refreshes > 1),
    );
    assert.deepEqual((await program.task('long')).failures, { lost: 1 });
    const failures = Object.values((await program.task('idle')).failures);
    assert.ok(failures.length <= 1 && failures.every((count) => count === 1), failures.join());
    await program.untilSample('query_exporter_long{target="shop01"}', 3);
  });

  it('closes idle connections sooner than they are needed: nobody notices', async () => {
    await mariadb.query('SET GLOBAL wait_timeout = 1');
    try {
      await using folder = await ConfigFolder.create(`
targets: {shop01: ${target()}}
queries:
  rare: {sql: select connection_id() id, interval: 1500ms, metrics: {rare: {type: gauge, value: id}}}
`);
      await using program = await startProgram(folder);
      const ids = new Set<number>();
      await program.until('two connections have been used', async () => {
        for (const id of Object.values(await program.samples('query_exporter_rare'))) ids.add(id);
        return ids.size === 2;
      });
      assert.deepEqual((await program.task('rare')).failures, {});
    } finally {
      await mariadb.query('SET GLOBAL wait_timeout = DEFAULT');
    }
  });

  it('is full: says so, and goes on when there is room', async () => {
    await using folder = await ConfigFolder.create(`
targets: {shop01: ${target()}}
queries:
  wanted: {sql: select 1 n, interval: 100ms, metrics: {wanted: {type: gauge, value: n}}}
`);
    const [before] = await mariadb.query('SELECT @@max_connections AS most');
    await mariadb.query('SET GLOBAL max_connections = 10');
    try {
      await using crowd = await connectCrowd(mariadb);
      await using program = await startProgram(folder);
      await program.until('it has failed', async () => (await program.task('wanted')).state === 'target_down');
      const { last_failure: failure } = await program.task('wanted');
      assert.deepEqual([failure?.reason, failure?.errno], ['connect', 1040]);
      await crowd[Symbol.asyncDispose]();
      await program.until('it is fresh', async () => (await program.task('wanted')).state === 'fresh');
    } finally {
      await mariadb.query(`SET GLOBAL max_connections = ${before?.['most']}`);
    }
  });

  it('has one connection for a hundred queries: some are told that all is busy, and all are counted', async () => {
    const names = Array.from({ length: 100 }, (_, index) => `q${index}`);
    // The last one can wait, however busy the machine is.
    const query = (name: string): string =>
      `  ${name}: {sql: select sleep(1) n, interval: 1h, timeout: ${name === 'q99' ? '5m' : '5s'}, metrics: {${name}: {type: gauge, value: n}}}`;
    await using folder = await ConfigFolder.create(`
targets: {shop01: ${target(mariadb, 'max_connections: 1')}}
queries:
${names.map(query).join('\n')}
`);
    await using program = await startProgram(folder);
    await program.untilReady();
    const ended = await program.tasks();
    const count = (isSo: (task: TaskJson) => boolean): number => ended.filter(isSo).length;
    const succeeded = count(({ state }) => state === 'fresh');
    const busy = count(({ failures }) => failures.busy === 1);
    // Those whose turn came shortly before their time was over.
    const late = count(({ failures }) => failures.timeout === 1);
    assert.ok(succeeded >= 1 && busy >= 60, `${succeeded} succeeded, ${busy} were told that all is busy`);
    assert.equal(succeeded + busy + late, 100);
    assert.equal((await program.readStatus()).targets[0]?.state, 'up');
    assert.equal((await mariadb.processlist()).length, 1);
  });

  function target(server = mariadb, more = ''): string {
    const dsn = `test:test123@tcp(127.0.0.1:${server.port})/shop`;
    return `{dsn: "${dsn}", ping_interval: off${more === '' ? '' : `, ${more}`}}`;
  }

  async function status(name: string): Promise<number> {
    const [row] = await mariadb.query(`SHOW GLOBAL STATUS LIKE '${name}'`);
    return Number(row?.['Value']);
  }

  async function sleepers(): Promise<number> {
    return (await mariadb.processlist()).filter(({ sql }) => /sleep/i.test(sql ?? '')).length;
  }
});
