import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { Worker } from 'node:worker_threads';
import { errorText } from '../language/error-text.ts';
import type { FleetSettings, FleetStatus, ShareChange } from '../model/fleet-terms.ts';
import { Lease } from '../model/lease.ts';
import { type Plan, serverKeyOf, type Target, type Task } from '../model/plan.ts';
import { type Steps, takeTurns } from '../model/steps.ts';
import type { KnownResult } from '../model/task-result.ts';
import { settlesWithin } from '../model/wait.ts';
import type { TaskKey } from '../model/words.ts';
import type { RootLogger } from '../root-logger.ts';
import { encodeState } from '../snapshot/state-file.ts';
import type { FleetStart, FromFleet, ToFleet } from './fleet-protocol.ts';
import { sharedIdOf, sharedTasksOf } from './shared-plan.ts';

export interface FleetEvents {
  /** This replica polls other servers now. What is known of their tasks was told before. */
  shareChanged(change: ShareChange): void;
  /** What other replicas wrote, or this one before it was started. */
  results(results: readonly KnownResult[]): void;
  /** The store wants to have what is known of these tasks. */
  missing(tasks: readonly TaskKey[]): void;
  changed(status: FleetStatus): void;
}

export interface FleetOptions {
  readonly settings: FleetSettings;
  readonly plan: Plan;
  /** Where this replica is served, for people: a port, or null. */
  readonly port: number | null;
  readonly version: string;
  readonly logger: RootLogger;
  readonly events: FleetEvents;
  /** Tests hand in what stands for the thread. */
  readonly createThread?: (start: FleetStart) => FleetThread;
}

export type FleetThread = Pick<Worker, 'on' | 'postMessage' | 'terminate'>;

/** A thread that died is started again after this. Its leases last longer. */
const RESTART_MS = 1_000;

/** The main thread's side of the fleet: which servers this replica has, and the way to the thread that holds their leases. */
export class Fleet {
  readonly lease = new Lease();
  readonly #options: FleetOptions;
  readonly #self: FleetStart['self'];
  readonly #owned = new Set<string>();
  /** Given back, while what is under way there ends. */
  readonly #leaving = new Set<string>();
  /** How many losses these take account of. */
  #losses = 0;
  #plan: Plan;
  /** Plans are handed over one after the other, each in steps. */
  #handing: Promise<void> = Promise.resolve();
  #worker: FleetThread | null = null;
  #restart: NodeJS.Timeout | null = null;
  #stopped: (() => void) | null = null;
  #refused = 0;
  #status: FleetStatus | null = null;

  constructor(options: FleetOptions) {
    const { port, version, plan } = options;
    this.#options = options;
    this.#plan = plan;
    const name = port === null ? hostname() : `${hostname()}:${port}`;
    this.#self = { id: `${name}/${randomBytes(4).toString('hex')}`, name, version };
    this.#start();
  }

  /** The servers that this replica has. */
  get owned(): ReadonlySet<string> {
    return this.#owned;
  }

  /** Given back, while what is under way there ends. */
  get leaving(): ReadonlySet<string> {
    return this.#leaving;
  }

  /** How many {@link Lease.losses} the servers that it has take account of. */
  get losses(): number {
    return this.#losses;
  }

  /** Null: nothing was heard yet. */
  get status(): FleetStatus | null {
    return this.#status;
  }

  /** Whether a result of the target that came now may be kept: nobody else can have written a newer one meanwhile. */
  mayKeep(target: Target): boolean {
    if (!target.shared) return true;
    const server = serverKeyOf(target);
    if (!this.#owned.has(server) && !this.#leaving.has(server)) return false;
    // A loss that was not told yet may be the loss of this server.
    return this.lease.isHeld && this.lease.losses === this.#losses;
  }

  /** A result of the own poller was not kept. */
  refused(): void {
    this.#refused += 1;
    if (this.#status !== null) this.#take({ kind: 'status', status: this.#status });
  }

  save(task: Task, result: KnownResult): void {
    if (!task.target.shared) return;
    const buffers = encodeState(result);
    const body = new Uint8Array(buffers.reduce((sum, { length }) => sum + length, 0));
    let position = 0;
    for (const buffer of buffers) {
      body.set(buffer, position);
      position += buffer.length;
    }
    this.#post({ kind: 'save', id: sharedIdOf(task), body }, [body.buffer]);
  }

  /** Resolves when the thread has been told. */
  replacePlan(plan: Plan): Promise<void> {
    this.#plan = plan;
    return this.#handOver();
  }

  /** Nothing is under way on these servers any more. */
  left(servers: readonly string[]): void {
    for (const server of servers) this.#leaving.delete(server);
    this.#post({ kind: 'left', servers });
  }

  /** Gives everything back: a change of the share follows. */
  go(): void {
    this.#post({ kind: 'go' });
  }

  /** What still waits for the store is written in the grace time. False where the thread does not end. */
  async stop(graceMs: number): Promise<boolean> {
    if (this.#restart !== null) clearTimeout(this.#restart);
    const worker = this.#worker;
    if (worker === null) return true;
    const stopped = new Promise<void>((resolve) => {
      this.#stopped = resolve;
    });
    this.#post({ kind: 'stop' });
    await settlesWithin(stopped, graceMs);
    this.#worker = null;
    return settlesWithin(worker.terminate(), graceMs);
  }

  #start(): void {
    const { settings, logger } = this.#options;
    const workerData: FleetStart = {
      settings,
      self: this.#self,
      owned: [...this.#owned],
      lease: this.lease.memory,
      logLevel: logger.level,
    };
    const worker = (this.#options.createThread ?? createThread)(workerData);
    this.#worker = worker;
    worker.on('message', (message: FromFleet) => {
      if (worker === this.#worker) this.#take(message);
    });
    worker.on('error', (error) => this.#died(worker, errorText(error)));
    worker.on('exit', (code) => this.#died(worker, `exit code ${code}`));
    void this.#handOver();
  }

  /** To the thread that lives now. One that starts later gets the plan that is in force then. */
  #handOver(): Promise<void> {
    const [worker, plan] = [this.#worker, this.#plan];
    if (worker !== null) this.#handing = this.#handing.then(() => takeTurns(this.#tell(worker, plan)));
    return this.#handing;
  }

  *#tell(worker: FleetThread, plan: Plan): Steps {
    for (const shared of sharedTasksOf(plan)) {
      if (worker !== this.#worker) return;
      this.#post({ kind: 'shared', shared });
      yield;
    }
    if (worker === this.#worker) this.#post({ kind: 'plan' });
  }

  #died(worker: FleetThread, cause: string): void {
    if (worker !== this.#worker) return;
    this.#worker = null;
    this.#stopped?.();
    if (this.#stopped !== null) return;
    this.#options.logger.error('fleet thread died', { cause, restart_in_ms: RESTART_MS });
    this.#restart = setTimeout(() => this.#start(), RESTART_MS);
  }

  #take(message: FromFleet): void {
    const { events, logger } = this.#options;
    switch (message.kind) {
      case 'share':
        this.#changeShare(message.change);
        events.shareChanged(message.change);
        break;
      case 'results':
        events.results(message.results);
        break;
      case 'missing':
        events.missing(message.tasks);
        break;
      case 'status':
        this.#status = message.status;
        events.changed({ ...message.status, refusedUpdates: message.status.refusedUpdates + this.#refused });
        break;
      case 'log':
        logger.write(message.record);
        break;
      case 'stopped':
        this.#stopped?.();
        break;
      default:
        message satisfies never;
    }
  }

  #changeShare({ taken, released, lost, losses }: ShareChange): void {
    this.#losses = losses;
    for (const server of [...released, ...lost]) this.#owned.delete(server);
    for (const server of lost) this.#leaving.delete(server);
    for (const server of released) this.#leaving.add(server);
    for (const server of taken) this.#owned.add(server);
  }

  #post(message: ToFleet, transfer: readonly ArrayBuffer[] = []): void {
    this.#worker?.postMessage(message, [...transfer]);
  }
}

function createThread(workerData: FleetStart): Worker {
  return new Worker(new URL('./fleet-thread.js', import.meta.url), { name: 'fleet', workerData });
}
