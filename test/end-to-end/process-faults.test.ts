import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Mariadb, startMariadb } from '../support/mariadb.ts';
import { prepareFault } from './injected-fault.ts';
import { ConfigFolder, type Program, startProgram } from './program.ts';

describe('the exporter as a process', () => {
  let mariadb: Mariadb;
  before(async () => {
    mariadb = await startMariadb({ databases: ['shop'] });
  });
  after(async () => {
    await mariadb[Symbol.asyncDispose]();
  });

  const LONG = `
  long: {sql: select sleep(60) n, interval: 1h, timeout: 90s, metrics: {long: {type: gauge, value: n}}}
  quick: {sql: select 7 n, interval: 200ms, metrics: {quick: {type: gauge, value: n}}}`;

  it('leaves no statement on the server when it is told to end, and opens no debugger at SIGUSR1', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      await using folder = await ConfigFolder.create(withQueries(LONG));
      await using program = await startProgram(folder);
      await program.until('the statement runs', async () => (await sleepers()) === 1);
      program.signal('SIGUSR1');
      program.signal(signal);
      await program.ended;
      assert.equal(program.status, 0);
      assert.doesNotMatch(program.stderr, /debugger/i);
      assert.deepEqual(await mariadb.processlist(), []);
    }
  });

  it('ends by the signal when the disk of its state hangs', async () => {
    await using folder = await ConfigFolder.create(nightly(1));
    await using program = await startProgram(folder, ['--state-dir', folder.file('state')]);
    await hangDisk(folder, program);
    assert.equal(await program.stop(), null);
    assert.equal(program.endedBy, 'SIGTERM');
    assert.match(program.stderr, /msg="state was not written in time"/);
  });

  it('ends after a fault of its own also when the disk of its state hangs', async () => {
    await using folder = await ConfigFolder.create(nightly(1));
    const { env, strike } = prepareFault('main, as a rejection', folder.file('fault'));
    const args = ['--state-dir', folder.file('state'), '--log.format', 'json'];
    await using program = await startProgram(folder, args, env);
    await hangDisk(folder, program);
    await strike();
    await program.ended;
    assert.equal(program.endedBy, 'SIGKILL');
    assertOneFault(program);
  });

  it('leaves the state folder to an exporter that is there first', async () => {
    await using folder = await ConfigFolder.create(withQueries(''));
    const state = folder.file('state');
    await using first = await startProgram(folder, ['--state-dir', state]);
    await using second = await startProgram(folder, ['--state-dir', state]);
    await second.untilReady();
    assert.match(second.stderr, /level=error msg="state folder is in use by another exporter/);
    first.signal('SIGKILL');
    await first.ended;
    await using third = await startProgram(folder, ['--state-dir', state]);
    assert.doesNotMatch(third.stderr, /in use/);
    assert.deepEqual([await second.stop(), await third.stop()], [0, 0]);
  });

  it('ends by itself when the server stands still', async () => {
    await using folder = await ConfigFolder.create(withQueries(LONG));
    await using program = await startProgram(folder);
    await program.until('the statement runs', async () => (await sleepers()) === 1);
    await mariadb.pause();
    try {
      assert.equal(await program.stop(), 0);
    } finally {
      mariadb.resume();
    }
    for (const { id } of await mariadb.processlist()) await mariadb.query(`KILL ${id}`).catch(() => undefined);
  });

  it('goes on when the poller dies: serves what is there, stops what it left, and restarts it', async () => {
    await using folder = await ConfigFolder.create(withQueries(LONG));
    const { env, strike } = prepareFault('poller', folder.file('fault'));
    const state = folder.file('state');
    await using program = await startProgram(folder, ['--state-dir', state], env);
    await program.until('both queries run', async () => {
      return (await sleepers()) === 1 && (await program.task('quick')).state === 'fresh';
    });
    const left = (await mariadb.processlist()).find(({ sql }) => /sleep/i.test(sql ?? ''))?.id;
    await program.untilSample('query_exporter_quick{target="shop01"}', 7);
    await strike();
    await program.until('the poller is there again', async () => {
      assert.equal((await program.samples('query_exporter_quick'))['{target="shop01"}'], 7);
      const { poller } = await program.readStatus();
      return poller.restarts === 1 && poller.state === 'running';
    });
    await program.untilSample('query_exporter_poller_restarts_total', 1);
    await program.until('the statement that it left is gone', async () =>
      (await mariadb.processlist()).every(({ id }) => id !== left),
    );
    const { refreshes } = await program.task('quick');
    await program.until('queries run again', async () => (await program.task('quick')).refreshes > refreshes + 1);
    assert.match(program.stderr, /level=error msg="poller thread died.*cause=injected/);

    // It was in flight at both deaths, so it is no longer run.
    await program.until('it runs again', async () => (await sleepers()) === 1);
    await strike();
    await program.until('it is suspended', async () => (await program.task('long')).state === 'suspended');
    await program.until('that is kept', async () => (await readdir(state)).some((name) => name.endsWith('.state')));
    await program.until('queries run again', async () => (await program.task('quick')).state === 'fresh');
    assert.match(program.stderr, /task suspended.*query=long target=shop01/);
  });

  it('ends with one line of log when something is wrong with itself', async () => {
    await using folder = await ConfigFolder.create(withQueries(''));
    const { env, strike } = prepareFault('main', folder.file('fault'));
    await using program = await startProgram(folder, ['--log.format', 'json'], env);
    await strike();
    await program.ended;
    assert.notEqual(program.status, 0);
    assertOneFault(program);
  });

  it('makes up one run for each query after it was stopped for a while', async () => {
    await using folder = await ConfigFolder.create(
      withQueries(`
  each: {sql: select 1 n, interval: 300ms, metrics: {each: {type: gauge, value: n}}}
  other: {sql: select 2 n, interval: 300ms, metrics: {other: {type: gauge, value: n}}}`),
    );
    await using program = await startProgram(folder);
    await program.untilReady();
    const lines = program.stderr.split('\n').length;
    const { refreshes, next_refresh_timestamp_seconds: next } = await program.task('each');
    program.signal('SIGSTOP');
    // It missed four runs then, and a fifth one is near.
    await sleep(((next ?? 0) + 1) * 1_000 - Date.now());
    const continuedMs = Date.now();
    program.signal('SIGCONT');
    await program.until('it runs again', async () => (await program.task('each')).refreshes > refreshes);
    const [each, other] = [await program.task('each'), await program.task('other')];
    const most = 2 + Math.floor((Date.now() - continuedMs) / 300);
    assert.ok(each.refreshes <= refreshes + most, `${each.refreshes - refreshes} runs after the stop`);
    assert.deepEqual([each.failures, other.failures], [{}, {}]);
    assert.ok(program.stderr.split('\n').length - lines <= 3, program.stderr);
  });

  function nightly(value: number): string {
    const query = `{sql: select ${value} n, interval: 1h, metrics: {nightly: {type: gauge, value: n}}}`;
    return withQueries(`\n  nightly: ${query}`);
  }

  /** From here on no write of the program's state ends. */
  async function hangDisk(folder: ConfigFolder, program: Program): Promise<void> {
    const state = folder.file('state');
    const files = async () => (await readdir(state)).filter((name) => name.endsWith('.state'));
    await program.until('its result is kept', async () => existsSync(state) && (await files()).length === 1);
    const [name = ''] = await files();
    // A pipe that nobody reads takes no writer.
    await promisify(execFile)('mkfifo', [join(state, name.replace('.state', '.tmp'))]);
    await folder.write(nightly(2));
    program.signal('SIGHUP');
    await program.untilSample('query_exporter_nightly{target="shop01"}', 2);
  }

  async function sleepers(): Promise<number> {
    return (await mariadb.processlist()).filter(({ sql }) => /sleep/i.test(sql ?? '')).length;
  }

  function withQueries(queries: string): string {
    const target = `{dsn: "test:test123@tcp(127.0.0.1:${mariadb.port})/shop", ping_interval: off}`;
    const idle = `
  idle: {sql: select 1 n, interval: 1h, metrics: {idle: {type: gauge, value: n}}}`;
    return `
targets: {shop01: ${target}}
queries:${queries === '' ? idle : queries}
`;
  }
});

function assertOneFault({ stderr }: Program): void {
  const faults = stderr.split('\n').filter((line) => line.includes('injected'));
  assert.equal(faults.length, 1, stderr);
  const { level, msg, error } = JSON.parse(faults[0] ?? '');
  assert.deepEqual([level, msg], ['error', 'fault of the exporter']);
  assert.match(error, /^Error: injected\n +at /);
}
