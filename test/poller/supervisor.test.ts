import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { createRecordLogger, type LogRecord } from '../../src/logger.ts';
import { encodePlan } from '../../src/model/encoded-plan.ts';
import type { ShareChange } from '../../src/model/fleet-terms.ts';
import { serverKeyOf } from '../../src/model/plan.ts';
import type { TaskKey } from '../../src/model/words.ts';
import { Supervisor } from '../../src/poller/supervisor.ts';
import { planOf, taskOf } from '../refresh/plans.ts';

const SCRIPT = new URL('./threads/misbehaving-thread.js', import.meta.url);
const KEY = 'orders on prod01' as TaskKey;

const BEAT_MS = 1_000;
const NO_CHANGE: ShareChange = { taken: [], isClaimed: true, released: [], lost: [], losses: 0 };

// The supervisor looks for beats when a test says so; the threads have timers of their own.
beforeEach(() => mock.timers.enable({ apis: ['setInterval'] }));
afterEach(() => mock.timers.reset());

/** A supervisor over the misbehaving thread; `revision` says how that dies. */
function supervise(revision: number) {
  const task = { ...taskOf(), key: KEY };
  const said: string[] = [];
  const records: LogRecord[] = [];
  const waiting: { readonly pattern: RegExp; readonly resolve: () => void }[] = [];
  const say = (text: string) => {
    said.push(text);
    for (const { pattern, resolve } of waiting) if (pattern.test(text)) resolve();
  };
  const supervisor = new Supervisor({
    plan: encodePlan(planOf([task], { revision })),
    script: SCRIPT,
    known: () => [],
    targetOf: (key) => (key === KEY ? task.target : null),
    beatMs: BEAT_MS,
    heapLimitMb: 32,
    logLevel: 'info',
    logger: createRecordLogger((record) => records.push(record)),
    events: {
      event: (event) => {
        say(event.kind === 'started' ? `started ${event.task}` : event.kind);
        if (event.kind === 'started' && revision !== 1) supervisor.acknowledge(event.task);
      },
      log: (record) => say(`log ${record.message} ${record.fields['marker']}`),
      stateChanged: (state) => say(state),
      restarted: () => say('restarted'),
      left: (servers) => say(`left ${servers}`),
      suspended: (task) => say(`suspended ${task}`),
    },
  });
  return {
    supervisor,
    said,
    records,
    /** Resolves when the supervisor says something that matches; what was said before does not count. */
    heard: (pattern: RegExp) => new Promise<void>((resolve) => waiting.push({ pattern, resolve })),
    [Symbol.asyncDispose]: async () => void (await supervisor.stop(1_000)),
  };
}

for (const [name, revision, cause, beats] of [
  ['an exception', 2, /injected/, 0],
  ['an endless loop', 3, /no heartbeat/, 100],
  ['an exhausted heap', 4, /memory/, 0],
] as const) {
  test(`a thread that dies of ${name} is replaced, and its statement is handed over`, async () => {
    await using poller = supervise(revision);
    const handedOver = poller.heard(/^log leftover/);
    await poller.heard(/^started/);
    mock.timers.tick(beats * BEAT_MS);
    await handedOver;
    assert.match(String(poller.records[0]?.fields['cause']), cause);
    assert.equal(poller.records[0]?.fields['in_flight'], 1);
    assert.deepEqual(
      poller.said.filter((text) => !/^started/.test(text)),
      ['starting', 'running', 'restarted', 'restarting', 'starting', 'running', `log leftover ${KEY}`],
    );
  });
}

test('a task that kills the thread twice is suspended, and the third thread does not run it', async () => {
  await using poller = supervise(2);
  await poller.heard(/^suspended/);
  await poller.heard(/^running$/);
  assert.deepEqual(
    poller.said.filter((text) => /^(started|suspended)/.test(text)),
    [`started ${KEY}`, `started ${KEY}`, `suspended ${KEY}`],
  );
  assert.equal(poller.said.filter((text) => text === 'starting').length, 3);
});

test('a thread whose heart beats is left alone, and stops when it is told to', async () => {
  const poller = supervise(1);
  await poller.heard(/^running$/);
  for (let round = 0; round < 3; round++) {
    const beat = poller.heard(/^log beat/);
    poller.supervisor.acknowledge(KEY);
    await beat;
    mock.timers.tick(9 * BEAT_MS);
    assert.ok(poller.supervisor.attended);
  }
  await poller.supervisor.stop(60_000);
  assert.deepEqual(poller.said.at(-1), 'stopped');
  assert.equal(poller.said.filter((text) => text === 'starting').length, 1);
  assert.deepEqual(poller.records, []);
});

test('a thread that takes over a plan may be silent for a minute, and no longer', async () => {
  await using poller = supervise(5);
  await poller.heard(/^log planning/);
  mock.timers.tick(60 * BEAT_MS);
  assert.ok(poller.supervisor.attended);
  assert.equal(poller.records.length, 0);
  const restarted = poller.heard(/^restarted/);
  mock.timers.tick(BEAT_MS);
  await restarted;
  assert.equal(poller.records[0]?.fields['cause'], 'no heartbeat');
});

test('a thread that does not stop is ended after the grace time', async () => {
  const poller = supervise(3);
  await poller.heard(/^started/);
  await poller.supervisor.stop(50);
  assert.equal(poller.said.filter((text) => text === 'starting').length, 1);
});

test('a question is answered by the thread, whatever it is about', async () => {
  await using poller = supervise(1);
  await poller.heard(/^running$/);
  const ask = (task: string) => poller.supervisor.ask({ kind: 'run', task: task as TaskKey });
  assert.deepEqual(await Promise.all([ask(KEY), ask('another')]), ['running', 'unknown']);
});

test('a question that the thread does not live to answer is answered for it, and so is one asked before the next lives', async () => {
  await using poller = supervise(2);
  await poller.heard(/^started/);
  const restarted = poller.heard(/^restarted$/);
  const asked = poller.supervisor.ask({ kind: 'run', task: 'never answered' as TaskKey });
  assert.equal(await asked, 'the poller died');
  await restarted;
  assert.equal(await poller.supervisor.ask({ kind: 'run', task: KEY }), 'the poller died');
});

test('servers that are given back while no thread lives have been left, and the next thread does not hear of them', async () => {
  await using poller = supervise(2);
  await poller.heard(/^restarted$/);
  const running = poller.heard(/^running$/);
  poller.supervisor.changeShare({ ...NO_CHANGE, released: ['db1', 'db2'] }, []);
  assert.equal(poller.said.at(-1), 'left db1,db2');
  await running;
  assert.equal(poller.said.filter((text) => /^left/.test(text)).length, 1);
});

test('a suspended task is said to be suspended again when its server is taken over, and the thread is told', async () => {
  await using poller = supervise(2);
  await poller.heard(/^suspended/);
  await poller.heard(/^running$/);
  const told = poller.heard(/^log share/);
  poller.supervisor.changeShare({ ...NO_CHANGE, taken: ['another'] }, []);
  await told;
  assert.deepEqual(poller.said.slice(-1), [`log share ${KEY}`]);
  poller.supervisor.changeShare({ ...NO_CHANGE, taken: [serverKeyOf(taskOf().target)] }, []);
  assert.equal(poller.said.at(-1), `suspended ${KEY}`);
});

test('a question that is open when the poller is stopped is answered so, and so is every later one', async () => {
  const poller = supervise(1);
  await poller.heard(/^running$/);
  const asked = poller.supervisor.ask({ kind: 'run', task: 'never answered' as TaskKey });
  const stopped = poller.supervisor.stop(60_000);
  assert.equal(await asked, 'the poller stopped');
  await stopped;
  assert.equal(await poller.supervisor.ask({ kind: 'run', task: KEY }), 'the poller stopped');
});
