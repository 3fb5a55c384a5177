import type { Fields, Logger } from '../logger.ts';

const REPEAT_MS = 60_000;
/** Another reason is news, but two of them may take turns every second. */
const CHANGE_MS = 10_000;

/**
 * Logs a state and not its every sign: a line when something goes wrong, then one a minute with how many were left out,
 * and a line when all is well again. Something that flaps gets no more lines than something that lasts.
 */
export class StateLog {
  readonly #logger: Logger;
  readonly #now: () => number;
  #loggedAtMs = Number.NEGATIVE_INFINITY;
  #reason = '';
  #isWrong = false;
  #isSaid = false;
  #suppressed = 0;

  /** `now` is a monotonic time in milliseconds. */
  constructor(logger: Logger, now: () => number) {
    this.#logger = logger;
    this.#now = now;
  }

  wrong(message: string, reason: string, fields: Fields): void {
    this.#isWrong = true;
    const nowMs = this.#now();
    if (nowMs - this.#loggedAtMs < (reason === this.#reason ? REPEAT_MS : CHANGE_MS)) {
      this.#suppressed += 1;
      return;
    }
    this.#logger.warn(message, { reason, ...fields, suppressed: this.#suppressed || undefined });
    this.#loggedAtMs = nowMs;
    this.#suppressed = 0;
    this.#reason = reason;
    this.#isSaid = true;
  }

  well(message: string): void {
    if (!this.#isWrong) return;
    this.#isWrong = false;
    if (this.#isSaid) this.#logger.info(message);
    this.#isSaid = false;
  }
}
