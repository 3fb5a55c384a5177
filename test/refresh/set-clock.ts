import type { Clock, Timer } from '../../src/model/clock.ts';

interface SetTimer {
  readonly atMs: number;
  readonly number: number;
  readonly action: () => void;
}

/** A clock that stands still until a test moves it. */
export class SetClock implements Clock {
  #wallMs: number;
  #monotonicMs = 0;
  #timers = new Set<SetTimer>();
  #count = 0;
  /** How often a timer has fired. */
  fired = 0;

  constructor(start = '2026-01-05T00:00:00Z') {
    this.#wallMs = Date.parse(start);
  }

  now(): number {
    return this.#wallMs;
  }

  monotonic(): number {
    return this.#monotonicMs;
  }

  setTimeout(action: () => void, delayMs: number): Timer {
    // As Node does: a longer delay than 2^31-1 fires at once.
    const delay = delayMs > 2 ** 31 - 1 ? 1 : Math.max(1, delayMs);
    const timer = { atMs: this.#monotonicMs + delay, number: this.#count++, action };
    this.#timers.add(timer);
    return timer;
  }

  clearTimeout(timer: Timer): void {
    this.#timers.delete(timer as SetTimer);
  }

  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Lets time pass; timers fire when they are due, and what they resolve runs in between. */
  async pass(ms: number): Promise<void> {
    const endMs = this.#monotonicMs + ms;
    await settle();
    for (let timer = this.#next(endMs); timer !== null; timer = this.#next(endMs)) {
      this.#fire(timer);
      await settle();
    }
    this.stall(endMs - this.#monotonicMs);
  }

  /** Lets time pass where nothing waits for a promise: much quicker. */
  passQuickly(ms: number): void {
    const endMs = this.#monotonicMs + ms;
    for (let timer = this.#next(endMs); timer !== null; timer = this.#next(endMs)) this.#fire(timer);
    this.stall(endMs - this.#monotonicMs);
  }

  /** Time passes and no timer fires, as in a stopped process or a blocked loop. */
  stall(ms: number): void {
    this.#wallMs += ms;
    this.#monotonicMs += ms;
  }

  /** Somebody sets the wall clock, or the host was asleep, for which the monotonic clock stands still. */
  step(ms: number): void {
    this.#wallMs += ms;
  }

  #next(endMs: number): SetTimer | null {
    let next: SetTimer | null = null;
    for (const timer of this.#timers) {
      if (timer.atMs > endMs) continue;
      if (next === null || timer.atMs < next.atMs || (timer.atMs === next.atMs && timer.number < next.number)) {
        next = timer;
      }
    }
    return next;
  }

  #fire(timer: SetTimer): void {
    this.#timers.delete(timer);
    this.stall(Math.max(0, timer.atMs - this.#monotonicMs));
    this.fired += 1;
    timer.action();
  }
}

/** Runs what promises have to say, and what they put off once. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 2; round++) await new Promise((resolve) => setImmediate(resolve));
}
