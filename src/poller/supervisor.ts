import { Worker } from 'node:worker_threads';
import { errorText } from '../language/error-text.ts';
import type { Logger, LogRecord } from '../logger.ts';
import type { SkipReason } from '../model/failure.ts';
import type { Plan } from '../model/plan.ts';
import type { PollerStatus } from '../model/status.ts';
import type { Update } from '../model/update.ts';
import type { TargetName, TaskKey } from '../model/words.ts';
import type { RestoredTask } from '../refresh/polling.ts';
import { InFlight } from './in-flight.ts';
import type { FromPoller, PollerStart, ToPoller } from './protocol.ts';
import { HEARTBEAT_MS } from './protocol.ts';
import { planRestart } from './restart.ts';

/** What the poller says, already freed of messages from dead threads. */
export interface PollerEvents {
  started(task: TaskKey, atMs: number): void;
  finished(update: Update): void;
  aborted(task: TaskKey): void;
  skipped(task: TaskKey, reason: SkipReason): void;
  planned(task: TaskKey, nextAtMs: number | null): void;
  targetChecked(target: TargetName, up: boolean, atMs: number): void;
  log(record: LogRecord): void;
  stateChanged(state: PollerStatus['state']): void;
  restarted(): void;
  suspended(task: TaskKey): void;
}

export interface SupervisorOptions {
  readonly plan: Plan;
  readonly events: PollerEvents;
  readonly logger: Logger;
  /** What main knows of every task, for a thread that starts or takes over a plan. */
  readonly restored: () => readonly RestoredTask[];
  /** The script of the thread; tests hand in ones that misbehave. */
  readonly script?: URL;
  readonly heapLimitMb?: number;
  readonly beatMs?: number;
}

/** Ten heartbeats of main without one of the poller. */
const MISSED_BEATS = 10;
/** Rows are streamed and texts live outside the heap, so this much heap is a leak or a bug. */
const HEAP_LIMIT_MB = 1_024;

/** Keeps one poller thread alive. A thread that dies takes nothing along but the refreshes in flight. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #inFlight = new InFlight();
  readonly #watchdog: NodeJS.Timeout;
  #plan: Plan;
  #generation = 0;
  #worker: Worker | null = null;
  #heartbeat = new Int32Array(new SharedArrayBuffer(4));
  #lastBeat = 0;
  #missedBeats = 0;
  #startedAtMs = 0;
  #restartDelayMs = 0;
  #restart: NodeJS.Timeout | null = null;
  #stopped: (() => void) | null = null;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#plan = options.plan;
    this.#start();
    // Beats are counted in ticks of main, not in time: a process that was stopped and continued has missed none.
    this.#watchdog = setInterval(() => this.#checkHeartbeat(), options.beatMs ?? HEARTBEAT_MS);
  }

  get generation(): number {
    return this.#generation;
  }

  /** True while the thread's heart beats, or the next thread is on its way. */
  get attended(): boolean {
    return this.#worker === null ? this.#restart !== null : this.#missedBeats < MISSED_BEATS;
  }

  replacePlan(plan: Plan): void {
    this.#plan = plan;
    this.#inFlight.forgive();
    this.#post({ kind: 'plan', plan, restored: this.#options.restored() });
  }

  acknowledge(task: TaskKey): void {
    this.#post({ kind: 'acknowledge', task });
  }

  /** Ends the thread once it has stopped its statements, or after the grace time in any case. */
  async stop(graceMs: number): Promise<void> {
    clearInterval(this.#watchdog);
    if (this.#restart !== null) clearTimeout(this.#restart);
    const worker = this.#worker;
    if (worker !== null) await this.#end(worker, graceMs);
    this.#options.events.stateChanged('stopped');
  }

  async #end(worker: Worker, graceMs: number): Promise<void> {
    const stopped = new Promise<void>((resolve) => {
      this.#stopped = resolve;
    });
    this.#post({ kind: 'stop' });
    const grace = setTimeout(() => this.#stopped?.(), graceMs);
    await stopped;
    clearTimeout(grace);
    this.#worker = null;
    await worker.terminate();
  }

  #start(): void {
    this.#generation += 1;
    this.#startedAtMs = performance.now();
    this.#heartbeat = new Int32Array(new SharedArrayBuffer(4));
    this.#lastBeat = 0;
    this.#missedBeats = 0;
    const workerData: PollerStart = {
      generation: this.#generation,
      plan: this.#plan,
      restored: this.#options.restored(),
      suspended: this.#inFlight.suspended,
      leftovers: this.#inFlight.takeLeftovers(),
      heartbeat: this.#heartbeat,
    };
    const worker = new Worker(this.#options.script ?? new URL('./poller-thread.js', import.meta.url), {
      name: 'poller',
      workerData,
      resourceLimits: { maxOldGenerationSizeMb: this.#options.heapLimitMb ?? HEAP_LIMIT_MB },
    });
    this.#worker = worker;
    this.#options.events.stateChanged('starting');
    worker.on('message', (message: FromPoller) => {
      if (worker === this.#worker) this.#take(message);
    });
    worker.on('error', (error) => this.#died(worker, errorText(error)));
    worker.on('exit', (code) => this.#died(worker, `exit code ${code}`));
  }

  #take(message: FromPoller): void {
    const { events } = this.#options;
    switch (message.kind) {
      case 'started':
        this.#inFlight.start(message.task, message.mark);
        events.started(message.task, message.atMs);
        break;
      case 'finished':
        this.#inFlight.end(message.update.task);
        events.finished(message.update);
        break;
      case 'aborted':
        this.#inFlight.end(message.task);
        events.aborted(message.task);
        break;
      case 'skipped':
        events.skipped(message.task, message.reason);
        break;
      case 'planned':
        events.planned(message.task, message.nextAtMs);
        break;
      case 'target':
        events.targetChecked(message.target, message.up, message.atMs);
        break;
      case 'log':
        events.log(message.record);
        break;
      case 'running':
        events.stateChanged('running');
        break;
      case 'stopped':
        this.#stopped?.();
        break;
      default:
        message satisfies never;
    }
  }

  #checkHeartbeat(): void {
    if (this.#worker === null) return;
    const beat = Atomics.load(this.#heartbeat, 0);
    this.#missedBeats = beat === this.#lastBeat ? this.#missedBeats + 1 : 0;
    this.#lastBeat = beat;
    if (this.#missedBeats < MISSED_BEATS) return;
    const worker = this.#worker;
    this.#died(worker, 'no heartbeat');
    void worker.terminate();
  }

  /** Called once per thread, by whichever sign of its death comes first. */
  #died(worker: Worker, cause: string): void {
    if (worker !== this.#worker) return;
    this.#worker = null;
    if (this.#stopped !== null) {
      this.#stopped();
      return;
    }
    const { events, logger } = this.#options;
    const inFlight = this.#inFlight.size;
    const targets = new Map(this.#plan.tasks.map((task) => [task.key, task.target]));
    const suspended = this.#inFlight.died((task) => targets.get(task) ?? null);
    this.#restartDelayMs = planRestart(this.#restartDelayMs, performance.now() - this.#startedAtMs);
    events.restarted();
    events.stateChanged('restarting');
    logger.error('poller thread died; the samples it left are served on', {
      cause,
      in_flight: inFlight,
      restart_in_ms: this.#restartDelayMs,
    });
    for (const task of suspended) events.suspended(task);
    this.#restart = setTimeout(() => {
      this.#restart = null;
      this.#start();
    }, this.#restartDelayMs);
  }

  #post(message: ToPoller): void {
    this.#worker?.postMessage(message);
  }
}
