import type { Clock, Timer } from '../model/clock.ts';
import { Deadline, Stopped } from '../model/deadline.ts';
import { type Failure, RefreshError } from '../model/failure.ts';
import { type TargetHealth, UNKNOWN_HEALTH } from '../model/standing.ts';
import type { Driver } from '../sql/driver.ts';
import type { Voice } from './cause-log.ts';
import type { OwnLag } from './own-lag.ts';
import {
  afterAnswer,
  afterDoubt,
  afterMending,
  afterNoConnection,
  atStart,
  type BackoffCause,
  type Health,
  signOf,
} from './target-health.ts';

export interface TargetWatchOptions {
  readonly driver: Driver;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Voice;
  readonly lag: OwnLag;
  /** The target was asked, or its health is another one; while it answers, every few seconds at most. */
  readonly onHealth: (health: TargetHealth) => void;
  /** The target is up again, or has answered the probe that a doubtful run asked for: what failed can be made up. */
  readonly onAnswer: (wasDown: boolean) => void;
}

/** How old the time of the last answer may look: targets with hundreds of runs in a second must not tell of each. */
const TELL_EVERY_MS = 5_000;
/** `setTimeout` fires at once above this. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Follows one target: hears how its runs end, and probes it by a ping where they do not tell. */
export class TargetWatch {
  readonly driver: Driver;
  readonly #options: TargetWatchOptions;
  readonly #log: Voice;
  readonly #stopping = new AbortController();
  #health: Health;
  #told: TargetHealth = UNKNOWN_HEALTH;
  /** When it was last told that the target answers. */
  #toldMs = Number.NEGATIVE_INFINITY;
  #timer: Timer | null = null;
  #timerAtMs = Number.POSITIVE_INFINITY;
  #probe: Promise<void> | null = null;
  #probeDeadline: Deadline | null = null;

  constructor(options: TargetWatchOptions) {
    const { driver, clock, log } = options;
    this.driver = driver;
    this.#options = options;
    this.#log = log;
    this.#health = atStart(clock.monotonic(), driver.target.pingIntervalMs);
    this.#arm();
  }

  /** False while the target is down and its back-off lasts: only probes ask it then. */
  get mayAsk(): boolean {
    return this.#health.standing !== 'down';
  }

  runAnswered(): void {
    this.#answered();
  }

  /** A run that began at `startedMs` (monotonic) failed. */
  runFailed(failure: Failure, startedMs: number): void {
    const sign = signOf(failure);
    switch (sign) {
      case 'answer':
        this.#answered();
        break;
      case 'doubt':
        this.#health = afterDoubt(this.#health, this.#options.clock.monotonic());
        this.#arm();
        break;
      case 'silent':
        break;
      default:
        // A probe that still waits for its turn would only be refused once more.
        this.#probeDeadline?.stop();
        this.#noConnection(sign, failure, startedMs);
    }
  }

  /** What is wrong may have been mended: a target that is down is asked after this delay, however long its back-off is. */
  tryAgain(delayMs: number): void {
    const { clock } = this.#options;
    const health = afterMending(this.#health, clock.monotonic(), delayMs);
    if (health === this.#health) return;
    this.#health = health;
    this.#tell({ ...this.#told, nextTryAtMs: clock.now() + delayMs });
    this.#arm();
  }

  /** Ends a probe under way and waits for it. */
  async stop(): Promise<void> {
    this.#log.leave();
    this.#stopping.abort(new Stopped('the target is no longer watched'));
    if (this.#timer !== null) this.#options.clock.clearTimeout(this.#timer);
    this.#timer = null;
    await this.#probe;
  }

  #answered(): void {
    const { clock, driver, onAnswer } = this.#options;
    const { standing } = this.#health;
    const nowMs = clock.monotonic();
    this.#health = afterAnswer(nowMs, driver.target.pingIntervalMs);
    this.#arm();
    if (standing === 'up' && nowMs - this.#toldMs < TELL_EVERY_MS) return;
    this.#toldMs = nowMs;
    this.#log.well('target answers again');
    const { lastFailure } = this.#told;
    this.#tell({ ...UNKNOWN_HEALTH, standing: 'up', checkedAtMs: clock.now(), lastFailure });
    if (standing === 'down') onAnswer(true);
  }

  #noConnection(cause: BackoffCause, failure: Failure, startedMs: number): void {
    const { clock, random, lag, driver } = this.#options;
    const nowMs = clock.monotonic();
    const health = afterNoConnection(this.#health, cause, startedMs, nowMs, random);
    if (health === this.#health) return;
    this.#health = health;
    const explained = lag.explain(failure, startedMs);
    const retryInMs = Math.round(health.probeAtMs - nowMs);
    if (explained !== failure) lag.say({ failed: cause, target: driver.target.name });
    else this.#log.wrong('target does not answer', cause, { error: failure.message, retry_in_ms: retryInMs }, '');
    const atMs = clock.now();
    this.#tell({
      standing: 'down',
      checkedAtMs: atMs,
      downSinceMs: this.#told.downSinceMs ?? atMs,
      nextTryAtMs: atMs + retryInMs,
      lastFailure: { ...explained, atMs },
    });
    this.#arm();
  }

  #tell(health: TargetHealth): void {
    this.#told = health;
    this.#options.onHealth(health);
  }

  #arm(): void {
    const { clock } = this.#options;
    const { probeAtMs } = this.#health;
    if (this.#stopping.signal.aborted || probeAtMs === Number.POSITIVE_INFINITY) return;
    if (this.#timer !== null) {
      // A run that answers puts the probe off. Hundreds of them in a second leave the timer alone: it looks when it fires.
      if (this.#timerAtMs <= probeAtMs) return;
      clock.clearTimeout(this.#timer);
    }
    const nowMs = clock.monotonic();
    const delayMs = Math.min(LONGEST_TIMER_MS, Math.max(0, Math.ceil(probeAtMs - nowMs)));
    this.#timerAtMs = nowMs + delayMs;
    this.#timer = clock.setTimeout(() => this.#wake(), delayMs);
  }

  #wake(): void {
    this.#timer = null;
    if (this.#options.clock.monotonic() < this.#health.probeAtMs) {
      this.#arm();
      return;
    }
    // A probe under way arms the timer at its end.
    this.#probe ??= this.#ping().finally(() => {
      this.#probe = null;
      this.#arm();
    });
  }

  async #ping(): Promise<void> {
    const { driver, clock, onAnswer } = this.#options;
    const { connectTimeoutMs } = driver.target;
    const startedMs = clock.monotonic();
    // Where this probe says nothing, the next one may.
    this.#health = { ...this.#health, probeAtMs: startedMs + connectTimeoutMs };

    using deadline = new Deadline(clock, connectTimeoutMs, this.#stopping.signal);
    this.#probeDeadline = deadline;
    try {
      await driver.ping(deadline);
      if (this.#stopping.signal.aborted) return;
      const { standing } = this.#health;
      this.#answered();
      if (standing !== 'down') onAnswer(false);
    } catch (error) {
      if (deadline.signal.aborted && !deadline.hasPassed) return;
      this.#probeFailed(error, startedMs);
    } finally {
      this.#probeDeadline = null;
    }
  }

  #probeFailed(error: unknown, startedMs: number): void {
    const failure = toFailure(error);
    // All connections are busy with queries: that says nothing. They will tell themselves.
    if (failure.reason === 'busy') return;
    this.#noConnection(failure.reason === 'auth' ? 'auth' : 'connect', failure, startedMs);
  }
}

function toFailure(error: unknown): Failure {
  if (!(error instanceof RefreshError)) {
    return { reason: 'connect', message: 'the probe failed', errno: null, sqlState: null, endedBy: 'exporter' };
  }
  const { reason, message, errno, sqlState, endedBy } = error;
  return { reason, message, errno, sqlState, endedBy };
}
