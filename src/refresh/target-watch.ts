import type { Clock, Timer } from '../model/clock.ts';
import { Deadline, Stopped } from '../model/deadline.ts';
import { type Failure, RefreshError } from '../model/failure.ts';
import type { Driver } from '../sql/driver.ts';
import type { Voice } from './cause-log.ts';
import {
  afterAnswer,
  afterDoubt,
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
  /** The target was asked, or its standing is another one; while it answers, every few seconds at most. */
  readonly onChecked: (up: boolean, atMs: number) => void;
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
  /** When it was last told that the target answers. */
  #toldMs = Number.NEGATIVE_INFINITY;
  #timer: Timer | null = null;
  #timerAtMs = Number.POSITIVE_INFINITY;
  #probe: Promise<void> | null = null;

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
        this.#noConnection(sign, failure.message, startedMs);
    }
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
    const { clock, driver, onChecked, onAnswer } = this.#options;
    const { standing } = this.#health;
    const nowMs = clock.monotonic();
    this.#health = afterAnswer(nowMs, driver.target.pingIntervalMs);
    this.#arm();
    if (standing === 'up' && nowMs - this.#toldMs < TELL_EVERY_MS) return;
    this.#toldMs = nowMs;
    this.#log.well('target answers again');
    onChecked(true, clock.now());
    if (standing === 'down') onAnswer(true);
  }

  #noConnection(cause: BackoffCause, message: string, startedMs: number): void {
    const { clock, random, onChecked } = this.#options;
    const nowMs = clock.monotonic();
    const health = afterNoConnection(this.#health, cause, startedMs, nowMs, random);
    if (health === this.#health) return;
    this.#health = health;
    const retryInMs = Math.round(health.probeAtMs - nowMs);
    this.#log.wrong('target does not answer', cause, { error: message, retry_in_ms: retryInMs }, '');
    onChecked(false, clock.now());
    this.#arm();
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
    try {
      await driver.ping(deadline);
      if (this.#stopping.signal.aborted) return;
      const { standing } = this.#health;
      this.#answered();
      if (standing !== 'down') onAnswer(false);
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      this.#probeFailed(error, startedMs);
    }
  }

  #probeFailed(error: unknown, startedMs: number): void {
    const { reason, message } =
      error instanceof RefreshError ? error : { reason: 'connect' as const, message: 'the probe failed' };
    // All connections are busy with queries: that says nothing. They will tell themselves.
    if (reason === 'busy') return;
    this.#noConnection(reason === 'auth' ? 'auth' : 'connect', message, startedMs);
  }
}
