/**
 * The poller thread: owns what is in flight (schedules, connections, rendering) and posts what came of it. It knows
 * nothing of pages, files or clients.
 */
import { clearInterval, setInterval, setTimeout } from 'node:timers';
import { parentPort, workerData } from 'node:worker_threads';
import { createRecordLogger } from '../logger.ts';
import { realClock } from '../model/clock.ts';
import { Deadline } from '../model/deadline.ts';
import type { Part, Update } from '../model/update.ts';
import type { TaskKey } from '../model/words.ts';
import { LAG_TICK_MS, OwnLag } from '../refresh/own-lag.ts';
import { type Polling, startPolling } from '../refresh/polling.ts';
import type { Drivers } from '../sql/driver.ts';
import { createDrivers } from '../sql/drivers.ts';
import type { FromPoller, Leftover, PollerBirth, PollerStart, ToPoller } from './protocol.ts';
import { HEARTBEAT_MS } from './protocol.ts';

if (parentPort === null) throw new Error('the poller runs as a worker thread');
const port = parentPort;
const { heartbeat } = workerData as PollerBirth;

const MIN_TRANSFER_BYTES = 4_096;
/** Statements of a dead thread are given this long to be found and stopped; after that their own time limits end them. */
const LEFTOVERS_MS = 10_000;

/** As often as the metrics of the process are read. */
const TELL_LAG_MS = 5_000;

const post = (message: FromPoller, transfer: readonly ArrayBuffer[] = []) => port.postMessage(message, [...transfer]);

const beating = setInterval(beat, HEARTBEAT_MS);
port.once('message', poll);

function poll({ plan, restored, suspended, leftovers, logLevel }: PollerStart): void {
  const logger = createRecordLogger((record) => post({ kind: 'log', record }), logLevel);
  const drivers = createDrivers(plan.targets, plan.maxRunning, logger, {
    onFacts: (target, facts) => post({ kind: 'facts', target, facts }),
    onUnconfirmedStop: (target) => post({ kind: 'unconfirmed_stop', target }),
  });
  const lag = new OwnLag(() => realClock.monotonic(), logger);
  const running = new Set<TaskKey>();
  const polling = startPolling({
    plan,
    restored,
    suspended,
    drivers,
    clock: realClock,
    random: Math.random,
    logger,
    lag,
    guardOf: () => null,
    emit: (event) => {
      // Planning a hundred thousand tasks takes longer than the watchdog waits, and leaves no timer a moment.
      beat();
      if (event.kind === 'started') running.add(event.task);
      else if (event.kind === 'finished') running.delete(event.update.task);
      else if (event.kind === 'aborted') running.delete(event.task);
      post(event, event.kind === 'finished' ? buffersOf(event.update) : []);
    },
  });
  post({ kind: 'running' });
  clearInterval(beating);
  watchLag(lag, () => running.size > 0);
  port.on('message', (message: ToPoller) => {
    switch (message.kind) {
      case 'plan':
        drivers.replaceTargets(message.plan.targets, message.plan.maxRunning);
        polling.replacePlan(message.plan, message.restored);
        break;
      case 'acknowledge':
        polling.acknowledge(message.task);
        break;
      case 'ask':
        post({ kind: 'answer', number: message.number, answer: polling.run(message.request.task) });
        break;
      case 'stop':
        void stop(polling, drivers);
        break;
      default:
        message satisfies never;
    }
  });
  void stopLeftovers(leftovers, drivers);
}

function beat(): void {
  Atomics.add(heartbeat, 0, 1);
}

/** Beats as well, so that an idle thread wakes up for both at once. */
function watchLag(lag: OwnLag, isBusy: () => boolean): void {
  let told = { lagMs: -1, atMs: realClock.monotonic() };
  const tick = (): void => {
    beat();
    const nextInMs = isBusy() ? LAG_TICK_MS.busy : LAG_TICK_MS.idle;
    lag.tick(nextInMs);
    setTimeout(tick, nextInMs);
    const atMs = realClock.monotonic();
    // A hundredth of a second is as good as none, and no reason for a page.
    const lagMs = Math.round(lag.longestMs / 10) * 10;
    if (lagMs === told.lagMs || atMs - told.atMs < TELL_LAG_MS) return;
    told = { lagMs, atMs };
    post({ kind: 'lag', lagMs });
  };
  tick();
}

async function stop(polling: Polling, drivers: Drivers): Promise<void> {
  await polling.stop();
  await drivers[Symbol.asyncDispose]();
  post({ kind: 'stopped' });
  port.close();
}

async function stopLeftovers(leftovers: readonly Leftover[], drivers: Drivers): Promise<void> {
  using deadline = new Deadline(realClock, LEFTOVERS_MS);
  await Promise.all(leftovers.map(({ target, mark }) => drivers.driverFor(target).stopLeftover(mark, deadline)));
}

/** Moves large texts to the main thread instead of copying them; small ones are cheaper to copy. */
function buffersOf(update: Update): readonly ArrayBuffer[] {
  if (update.outcome.kind !== 'result') return [];
  return update.outcome.parts.flatMap((part: Part) => [part.text, part.deflated].flatMap(wholeBuffer));
}

function wholeBuffer(bytes: Uint8Array | null): readonly ArrayBuffer[] {
  if (bytes === null || bytes.length < MIN_TRANSFER_BYTES || !(bytes.buffer instanceof ArrayBuffer)) return [];
  // A view of less than most of its buffer may share it with others, which a transfer would take from them.
  return bytes.byteOffset === 0 && bytes.length >= bytes.buffer.byteLength * 0.8 ? [bytes.buffer] : [];
}
