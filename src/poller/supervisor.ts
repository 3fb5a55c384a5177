import type { Logger, LogLevel, LogRecord } from '../logger.ts';
import type { EncodedPlan } from '../model/encoded-plan.ts';
import type { ShareChange } from '../model/fleet-terms.ts';
import type { KnownTask } from '../model/known-task.ts';
import { serverKeyOf, type Target } from '../model/plan.ts';
import type { PollerEvent } from '../model/poller-event.ts';
import type { PollerRequest, RunReply } from '../model/poller-request.ts';
import type { PollerStatus } from '../model/status.ts';
import { chunksOf, type Steps, takeTurns } from '../model/steps.ts';
import { settlesWithin } from '../model/wait.ts';
import type { TaskKey } from '../model/words.ts';
import type { FleetShareStart } from './fleet-share.ts';
import { InFlight } from './in-flight.ts';
import { PollerWorker } from './poller-worker.ts';
import type { FromPoller, PollerStart, ToPoller } from './protocol.ts';
import { BEATS, HEARTBEAT_MS, PLANNING } from './protocol.ts';
import { planRestart } from './restart.ts';
import { Waiters } from './waiters.ts';

/** What happens, already freed of messages from dead threads. */
export interface SupervisorEvents {
  /** As the thread said it. */
  event(event: PollerEvent): void;
  log(record: LogRecord): void;
  stateChanged(state: PollerStatus['state']): void;
  restarted(): void;
  /** Said again where its server comes back to this exporter. */
  suspended(task: TaskKey): void;
  /** Nothing is under way any more on servers that left the share. */
  left(servers: readonly string[]): void;
}

export interface SupervisorOptions {
  readonly plan: EncodedPlan;
  readonly events: SupervisorEvents;
  readonly logger: Logger;
  readonly logLevel: LogLevel;
  /** What main knows of every task, for a thread that starts. */
  readonly known: () => Iterable<KnownTask>;
  /** Of the plan in force; null: it has no such task. */
  readonly targetOf: (task: TaskKey) => Target | null;
  /** What of the plan a thread that starts polls; default: everything. */
  readonly share?: () => FleetShareStart | null;
  /** The first thread, where it has been started before. */
  readonly first?: PollerWorker;
  /** The script of the thread; tests hand in ones that misbehave. */
  readonly script?: URL;
  readonly heapLimitMb: number;
  readonly beatMs?: number;
}

/** Heartbeats of main without one of the poller. */
const MISSED_BEATS = 10;
/** While a thread takes over a plan: on a busy host, what of that is done in one go takes many times as long. */
const MISSED_WHILE_PLANNING = 60;

/** Keeps one poller thread alive. A thread that dies takes nothing along but the refreshes in flight. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #inFlight = new InFlight();
  readonly #waiters = new Waiters();
  readonly #watchdog: NodeJS.Timeout;
  #plan: EncodedPlan;
  /** Plans are handed over one after the other, each in steps. */
  #handing: Promise<void> = Promise.resolve();
  #poller: PollerWorker | null = null;
  #lastBeat = 0;
  #missedBeats = 0;
  #patience = MISSED_BEATS;
  #startedAtMs = 0;
  #restartDelayMs = 0;
  #restart: NodeJS.Timeout | null = null;
  #stopped: (() => void) | null = null;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#plan = options.plan;
    this.#start(options.first ?? this.#create());
    // Beats are counted in ticks of main, not in time: a process that was stopped and continued has missed none.
    this.#watchdog = setInterval(() => this.#checkHeartbeat(), options.beatMs ?? HEARTBEAT_MS);
  }

  /** True while the thread's heart beats, or the next thread is on its way. */
  get attended(): boolean {
    return this.#poller === null ? this.#restart !== null : this.#missedBeats < this.#patience;
  }

  /** Resolves when the thread has been told. `known`: of the tasks that cannot go on as they run. */
  async replacePlan(plan: EncodedPlan, known: Iterable<KnownTask>): Promise<void> {
    this.#plan = plan;
    this.#inFlight.forgive();
    await this.#handOver(plan, known);
  }

  /** `restored`: what is known of the tasks of the servers that were taken. Where no thread lives, nothing is under way. */
  changeShare(change: ShareChange, restored: readonly KnownTask[]): void {
    const { events, targetOf } = this.#options;
    const { suspended } = this.#inFlight;
    this.#post({ kind: 'share', change, restored, suspended });
    if (this.#poller === null && change.released.length > 0) events.left(change.released);
    const taken = new Set(change.taken);
    for (const task of suspended) {
      const target = targetOf(task);
      if (target !== null && taken.has(serverKeyOf(target))) events.suspended(task);
    }
  }

  acknowledge(task: TaskKey): void {
    this.#post({ kind: 'acknowledge', task });
  }

  /** Never rejects. Where no thread lives at the moment, the answer is that it died. */
  ask(request: PollerRequest): Promise<RunReply> {
    if (this.#stopped !== null) return Promise.resolve('the poller stopped');
    if (this.#poller === null) return Promise.resolve('the poller died');
    return this.#waiters.add((number) => this.#post({ kind: 'ask', number, request }));
  }

  /**
   * Ends the thread once it has stopped its statements, or after the grace time in any case. False where it does not end:
   * native code, such as a name look-up, cannot be interrupted.
   */
  async stop(graceMs: number): Promise<boolean> {
    clearInterval(this.#watchdog);
    if (this.#restart !== null) clearTimeout(this.#restart);
    const poller = this.#poller;
    const stopped = new Promise<void>((resolve) => {
      this.#stopped = resolve;
    });
    this.#waiters.settleAll('the poller stopped');
    let isGone = true;
    if (poller !== null) {
      this.#post({ kind: 'stop' });
      await settlesWithin(stopped, graceMs);
      this.#poller = null;
      isGone = await settlesWithin(poller.worker.terminate(), graceMs);
    }
    this.#options.events.stateChanged('stopped');
    return isGone;
  }

  #create(): PollerWorker {
    return new PollerWorker(this.#options.heapLimitMb, this.#options.script);
  }

  #start(poller: PollerWorker): void {
    this.#startedAtMs = performance.now();
    this.#lastBeat = 0;
    this.#missedBeats = 0;
    this.#poller = poller;
    this.#options.events.stateChanged('starting');
    poller.worker.on('message', (message: FromPoller) => {
      if (poller === this.#poller) this.#take(message);
    });
    void poller.died.then((cause) => this.#died(poller, cause));
    poller.worker.postMessage({
      leftovers: this.#inFlight.takeLeftovers(),
      share: this.#options.share?.() ?? null,
      logLevel: this.#options.logLevel,
    } satisfies PollerStart);
    void this.#handOver(this.#plan, this.#options.known());
  }

  /** To the thread that lives now. One that starts later gets the plan that is in force then. */
  #handOver(plan: EncodedPlan, known: Iterable<KnownTask>): Promise<void> {
    const poller = this.#poller;
    if (poller !== null) this.#handing = this.#handing.then(() => takeTurns(this.#tell(poller, plan, known)));
    return this.#handing;
  }

  *#tell(poller: PollerWorker, plan: EncodedPlan, known: Iterable<KnownTask>): Steps {
    const isListening = () => poller === this.#poller && this.#stopped === null;
    for (const tasks of chunksOf(known)) {
      if (!isListening()) return;
      this.#post({ kind: 'known', tasks });
      yield;
    }
    if (isListening()) this.#post({ kind: 'plan', plan, suspended: this.#inFlight.suspended });
  }

  #take(message: FromPoller): void {
    const { events } = this.#options;
    switch (message.kind) {
      case 'log':
        events.log(message.record);
        break;
      case 'left':
        events.left(message.servers);
        break;
      case 'running':
        events.stateChanged('running');
        break;
      case 'stopped':
        this.#stopped?.();
        break;
      case 'answer':
        this.#waiters.settle(message.number, message.answer);
        break;
      default:
        this.#note(message);
        events.event(message);
    }
  }

  #note(event: PollerEvent): void {
    if (event.kind === 'started') this.#inFlight.start(event.task, event.mark);
    else if (event.kind === 'finished') this.#inFlight.end(event.result.task);
    else if (event.kind === 'aborted') this.#inFlight.end(event.task);
  }

  #checkHeartbeat(): void {
    const poller = this.#poller;
    if (poller === null) return;
    // Before the beat: one follows the end of planning.
    this.#patience = Atomics.load(poller.heartbeat, PLANNING) === 1 ? MISSED_WHILE_PLANNING : MISSED_BEATS;
    const beat = Atomics.load(poller.heartbeat, BEATS);
    this.#missedBeats = beat === this.#lastBeat ? this.#missedBeats + 1 : 0;
    this.#lastBeat = beat;
    if (this.#missedBeats < this.#patience) return;
    this.#died(poller, 'no heartbeat');
    void poller.worker.terminate();
  }

  /** Called once per thread, by whichever sign of its death comes first. */
  #died(poller: PollerWorker, cause: string): void {
    if (poller !== this.#poller) return;
    this.#poller = null;
    this.#waiters.settleAll('the poller died');
    if (this.#stopped !== null) {
      this.#stopped();
      return;
    }
    const { events, logger } = this.#options;
    const inFlight = this.#inFlight.size;
    const suspended = this.#inFlight.died(this.#options.targetOf);
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
      this.#start(this.#create());
    }, this.#restartDelayMs);
  }

  #post(message: ToPoller): void {
    this.#poller?.worker.postMessage(message);
  }
}
