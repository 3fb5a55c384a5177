import { setMaxListeners } from 'node:events';
import type { Clock, Timer } from './clock.ts';

/** The reason of a deadline's signal: the time is over. */
export class DeadlinePassed extends Error {
  override readonly name = 'DeadlinePassed';
}

/** The reason of a deadline's signal: somebody wants no outcome any more. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

/**
 * The one deadline of a piece of work, whatever it waits for. Its signal aborts once, with a {@link DeadlinePassed} or,
 * where it was stopped before, a {@link Stopped}, so that nobody has to guess which it was.
 */
export class Deadline implements Disposable {
  /** By the clock's `monotonic()`. */
  readonly startedMs: number;
  /** Infinity: it only ends by being stopped. */
  readonly limitMs: number;
  readonly #clock: Clock;
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | null;
  readonly #timer: Timer | null = null;

  /** It also ends, for the same reason, with `outer`: what it is a step of, or a signal that stops it. */
  constructor(clock: Clock, limitMs: number, outer: Deadline | AbortSignal | null = null) {
    const outerLeftMs = outer instanceof Deadline ? outer.leftMs : Number.POSITIVE_INFINITY;
    this.#clock = clock;
    this.#outer = outer instanceof Deadline ? outer.signal : outer;
    this.startedMs = clock.monotonic();
    this.limitMs = Math.min(limitMs, outerLeftMs);
    // Everything that one piece of work waits for listens to it.
    setMaxListeners(0, this.#controller.signal);
    if (this.#outer?.aborted) this.#follow();
    else this.#outer?.addEventListener('abort', this.#follow, { once: true });
    if (this.signal.aborted || limitMs >= outerLeftMs) return;
    if (limitMs <= 0) this.#pass();
    else this.#timer = clock.setTimeout(() => this.#pass(), limitMs);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get spentMs(): number {
    return this.#clock.monotonic() - this.startedMs;
  }

  get leftMs(): number {
    return this.limitMs - this.spentMs;
  }

  /** Whether the time is over; false where it was stopped before. */
  get hasPassed(): boolean {
    return this.signal.reason instanceof DeadlinePassed;
  }

  /** A deadline of a step of this work: it has so long, and ends with the whole. Dispose of it after the step. */
  within(limitMs: number): Deadline {
    return new Deadline(this.#clock, limitMs, this);
  }

  stop(): void {
    this.#controller.abort(new Stopped('it was stopped before its end'));
  }

  [Symbol.dispose](): void {
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer);
    this.#outer?.removeEventListener('abort', this.#follow);
  }

  readonly #follow = (): void => this.#controller.abort(this.#outer?.reason);

  #pass(): void {
    this.#controller.abort(new DeadlinePassed('its time is over'));
  }
}
