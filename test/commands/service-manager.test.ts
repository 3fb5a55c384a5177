import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mock, test } from 'node:test';
import { inheritedDescriptors } from '../../src/commands/inherited-descriptors.ts';
import { type Notify, ServiceManager } from '../../src/commands/service-manager.ts';
import { StartError } from '../../src/commands/start-error.ts';
import { createRecordLogger, type LogRecord } from '../../src/logger.ts';

const PID = 4711;
const SERVICE = { NOTIFY_SOCKET: '/run/systemd/notify', WATCHDOG_USEC: '60000000', WATCHDOG_PID: `${PID}` };

function start({ env = SERVICE, notify }: { env?: Record<string, string>; notify?: Notify } = {}) {
  const told: string[] = [];
  const log: LogRecord[] = [];
  const manager = new ServiceManager({
    env,
    pid: PID,
    logger: createRecordLogger((record) => log.push(record)),
    descriptor: null,
    notify: notify ?? (async (assignments) => void told.push(assignments.join(' '))),
  });
  return { manager, told, log };
}

test('the service manager hears that the service is ready, reloads and stops', async () => {
  const { manager, told } = start();
  await manager.ready('serving http://127.0.0.1:9104', () => true);
  await manager.reload(async () => ({ ok: true, problems: [] }));
  await manager.reload(async () => ({ ok: false, problems: ['bad'] }));
  await manager.stopping();
  const anyTime = told.map((text) => text.replace(/USEC=\d+/, 'USEC=N').replace(/\d{4}-\S+Z/, 'TIME'));
  assert.deepEqual(anyTime, [
    'READY=1 STATUS=serving http://127.0.0.1:9104',
    'RELOADING=1 MONOTONIC_USEC=N',
    'READY=1 STATUS=configuration reloaded at TIME',
    'RELOADING=1 MONOTONIC_USEC=N',
    'READY=1 STATUS=configuration refused at TIME, the former one is in force',
    'STOPPING=1 STATUS=stopping',
  ]);
});

test('the watchdog is fed twice in its time, while the exporter is healthy and until it stops', async () => {
  mock.timers.enable({ apis: ['setInterval'] });
  try {
    let healthy = true;
    const { manager, told } = start();
    await manager.ready('', () => healthy);
    const feeds = async (ms: number) => {
      mock.timers.tick(ms);
      await new Promise((resolve) => setImmediate(resolve));
      return told.filter((text) => text === 'WATCHDOG=1').length;
    };
    assert.equal(await feeds(29_999), 0);
    assert.equal(await feeds(1), 1);
    assert.equal(await feeds(30_000), 2);
    healthy = false;
    assert.equal(await feeds(60_000), 2);
    healthy = true;
    assert.equal(await feeds(30_000), 3);
    await manager.stopping();
    assert.equal(await feeds(60_000), 3);
  } finally {
    mock.timers.reset();
  }
});

test('the watchdog of another process is not fed', async () => {
  mock.timers.enable({ apis: ['setInterval'] });
  try {
    const { manager, told } = start({ env: { ...SERVICE, WATCHDOG_PID: '1' } });
    await manager.ready('', () => true);
    mock.timers.tick(120_000);
    assert.deepEqual(told, ['READY=1 STATUS=']);
  } finally {
    mock.timers.reset();
  }
});

test('outside of systemd nothing is told, and a reload works all the same', async () => {
  const { manager, told } = start({ env: {} });
  await manager.ready('', () => true);
  let reloads = 0;
  await manager.reload(async () => {
    reloads += 1;
    return { ok: true, problems: [] };
  });
  await manager.stopping();
  assert.equal(reloads, 1);
  assert.deepEqual(told, []);
});

test('messages arrive in order, and one that is lost holds up nothing', async () => {
  const told: string[] = [];
  let fails = true;
  const { manager, log } = start({
    notify: async ([first = '']) => {
      await new Promise((resolve) => setImmediate(resolve));
      if (fails) {
        fails = false;
        throw new Error('no one there');
      }
      told.push(first);
    },
  });
  void manager.ready('', () => true);
  void manager.reload(async () => ({ ok: true, problems: [] }));
  await manager.stopping();
  assert.deepEqual(told.slice(0, 2), ['RELOADING=1', 'STOPPING=1']);
  assert.deepEqual(
    log.map(({ level, fields }) => [level, fields['error']]),
    [['warn', 'no one there']],
  );
});

test('a message goes out through the descriptor that systemd handed over', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'query-exporter-'));
  const descriptor = openSync(join(folder, 'messages'), 'w');
  try {
    const logger = createRecordLogger(() => {});
    await new ServiceManager({ env: SERVICE, pid: PID, logger, descriptor }).stopping();
    assert.equal(readFileSync(join(folder, 'messages'), 'utf8'), 'STOPPING=1\nSTATUS=stopping');
  } finally {
    closeSync(descriptor);
    rmSync(folder, { recursive: true });
  }
});

test('what systemd handed over is told apart by name', () => {
  const env = { LISTEN_PID: `${PID}`, LISTEN_FDS: '2', LISTEN_FDNAMES: 'query-exporter.socket:notify' };
  assert.deepEqual(inheritedDescriptors(env, PID), { socket: { kind: 'fd', fd: 3 }, notify: 4 });
  assert.deepEqual(inheritedDescriptors({ ...env, LISTEN_FDS: '1', LISTEN_FDNAMES: 'notify' }, PID), {
    socket: null,
    notify: 3,
  });
  assert.deepEqual(inheritedDescriptors({ LISTEN_PID: `${PID}`, LISTEN_FDS: '1' }, PID), {
    socket: { kind: 'fd', fd: 3 },
    notify: null,
  });
});

test('what was handed over to another process is left alone', () => {
  assert.deepEqual(inheritedDescriptors({ LISTEN_PID: '1', LISTEN_FDS: '1' }, PID), { socket: null, notify: null });
  assert.deepEqual(inheritedDescriptors({}, PID), { socket: null, notify: null });
});

test('several sockets are refused, since only one would be served', () => {
  const env = { LISTEN_PID: `${PID}`, LISTEN_FDS: '3', LISTEN_FDNAMES: 'a:b:notify' };
  assert.throws(
    () => inheritedDescriptors(env, PID),
    (error) => error instanceof StartError && /handed over 2 sockets/.test(error.message),
  );
});
