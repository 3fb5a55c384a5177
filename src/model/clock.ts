import { clearTimeout, setTimeout } from 'node:timers';

/** Time as the program sees it. Handed in, so that a test sets it instead of sleeping. */
export interface Clock {
  /** Milliseconds since the epoch. It may be set back or forward at any moment. */
  now(): number;
  /** Milliseconds from any start, never stepped: `performance.now()`. It stands still while the host is suspended. */
  monotonic(): number;
  setTimeout(action: () => void, delayMs: number): Timer;
  clearTimeout(timer: Timer): void;
}

/** Opaque: only the clock that gave it can do anything with it. */
export type Timer = object;

export const realClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout: (action, delayMs) => setTimeout(action, delayMs),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
};
