/**
 * The poller thread: owns what is in flight (schedules, connections, rendering) and posts what came of it. It knows
 * nothing of pages, files or clients.
 */
import { clearInterval, setInterval, setTimeout } from 'node:timers';
import { parentPort, workerData } from 'node:worker_threads';
import { createRecordLogger } from '../logger.ts';
import { realClock } from '../model/clock.ts';
import { Deadline } from '../model/deadline.ts';
import { decodePlan, type EncodedPlan } from '../model/encoded-plan.ts';
import type { KnownTask } from '../model/known-task.ts';
import type { Plan } from '../model/plan.ts';
import type { RunResult } from '../model/task-result.ts';
import { buffersOf } from '../model/transfer.ts';
import type { TaskKey } from '../model/words.ts';
import { ALONE } from '../refresh/coordinator.ts';
import { LAG_TICK_MS, OwnLag } from '../refresh/own-lag.ts';
import { type Polling, type PollingMeans, startPolling } from '../refresh/polling.ts';
import type { Drivers } from '../sql/driver.ts';
import { createDrivers } from '../sql/drivers.ts';
import { FleetShare } from './fleet-share.ts';
import type { FromPoller, Leftover, PollerBirth, PollerStart, ToPoller } from './protocol.ts';
import { BEATS, HEARTBEAT_MS, PLANNING } from './protocol.ts';

if (parentPort === null) throw new Error('the poller runs as a worker thread');
const port = parentPort;
const { heartbeat } = workerData as PollerBirth;

/** Statements of a dead thread are given this long to be found and stopped; after that their own time limits end them. */
const LEFTOVERS_MS = 10_000;

/** As often as the metrics of the process are read. */
const TELL_LAG_MS = 5_000;

const post = (message: FromPoller, transfer: readonly ArrayBuffer[] = []) => port.postMessage(message, [...transfer]);

const beating = setInterval(beat, HEARTBEAT_MS);
port.once('message', poll);

function poll({ leftovers, logLevel, ...start }: PollerStart): void {
  const share = start.share === null ? null : new FleetShare(start.share);
  const logger = createRecordLogger((record) => post({ kind: 'log', record }), logLevel);
  const drivers = createDrivers([], 0, logger, {
    onFacts: (target, facts) => post({ kind: 'facts', target, facts }),
    onUnconfirmedStop: (target) => post({ kind: 'unconfirmed_stop', target }),
  });
  const lag = new OwnLag(() => realClock.monotonic(), logger);
  const running = new Set<TaskKey>();
  const means: PollingMeans = {
    drivers,
    clock: realClock,
    random: Math.random,
    logger,
    lag,
    coordinator: share ?? ALONE,
    onLeft: (servers) => post({ kind: 'left', servers }),
    emit: (event) => {
      // Planning a hundred thousand tasks takes longer than the watchdog waits, and leaves no timer a moment.
      beat();
      if (event.kind === 'started') running.add(event.task);
      else if (event.kind === 'finished') running.delete(event.result.task);
      else if (event.kind === 'aborted') running.delete(event.task);
      post(event, event.kind === 'finished' ? partBuffers(event.result) : []);
    },
  };
  let polling: Polling | null = null;
  /** Of tasks of the plan that is about to come. */
  let known: KnownTask[] = [];

  const takeOver = (plan: Plan, suspended: readonly TaskKey[]): void => {
    const restored = known;
    known = [];
    // First of all: tasks ask them for their targets.
    drivers.replaceTargets(plan.targets, plan.maxRunning);
    if (polling !== null) {
      polling.replacePlan(plan, restored);
      return;
    }
    polling = startPolling({ ...means, plan, restored, suspended });
    post({ kind: 'running' });
    clearInterval(beating);
    watchLag(lag, () => running.size > 0);
    void stopLeftovers(leftovers, drivers);
  };

  const waitForPlan = ({ change: { released }, restored }: ToPoller & { kind: 'share' }): void => {
    for (const task of restored) known.push(task);
    if (released.length > 0) post({ kind: 'left', servers: released });
  };

  port.on('message', (message: ToPoller) => {
    switch (message.kind) {
      case 'known':
        for (const task of message.tasks) known.push(task);
        break;
      case 'plan':
        Atomics.store(heartbeat, PLANNING, 1);
        takeOver(decode(message.plan), message.suspended);
        beat();
        Atomics.store(heartbeat, PLANNING, 0);
        break;
      case 'share':
        share?.change(message.change);
        if (polling !== null) polling.changeShare(message.change, message.restored, message.suspended);
        else waitForPlan(message);
        break;
      case 'acknowledge':
        polling?.acknowledge(message.task);
        break;
      case 'ask':
        post({ kind: 'answer', number: message.number, answer: polling?.run(message.request.task) ?? 'unknown' });
        break;
      case 'stop':
        void stop(polling, drivers);
        break;
      default:
        message satisfies never;
    }
  });
}

/** Beats with every step: the records of a hundred thousand tasks take longer than a heart rests. */
function decode(encoded: EncodedPlan): Plan {
  const steps = decodePlan(encoded);
  for (;;) {
    beat();
    const step = steps.next();
    if (step.done) return step.value;
  }
}

function beat(): void {
  Atomics.add(heartbeat, BEATS, 1);
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

async function stop(polling: Polling | null, drivers: Drivers): Promise<void> {
  await polling?.stop();
  await drivers[Symbol.asyncDispose]();
  post({ kind: 'stopped' });
  port.close();
}

async function stopLeftovers(leftovers: readonly Leftover[], drivers: Drivers): Promise<void> {
  using deadline = new Deadline(realClock, LEFTOVERS_MS);
  await Promise.all(leftovers.map(({ target, mark }) => drivers.driverFor(target).stopLeftover(mark, deadline)));
}

function partBuffers({ outcome }: RunResult): readonly ArrayBuffer[] {
  return outcome.kind === 'result' ? buffersOf(outcome.parts) : [];
}
