import type { Clock, Timer } from '../model/clock.ts';

export interface PublisherOptions {
  readonly publish: () => void;
  /** Reads the process metrics again. Leave it out where they are switched off. */
  readonly sampleProcess?: () => void;
  readonly clock: Clock;
}

/** Well within the second after which a result must be visible, and few enough pages for 500 results a second. */
const GATHERING_MS = 250;
/** Shorter than any usual scrape interval. */
const PROCESS_SAMPLE_MS = 5_000;

/** Decides when a page is made: at once after a quiet time, else once for all changes of a quarter of a second. */
export class Publisher implements Disposable {
  readonly #publish: () => void;
  readonly #clock: Clock;
  #publishedAtMs = Number.NEGATIVE_INFINITY;
  #gathering: Timer | null = null;
  #sampling: Timer | null = null;
  #closed = false;
  #isHeld = false;

  constructor({ publish, sampleProcess, clock }: PublisherOptions) {
    this.#publish = publish;
    this.#clock = clock;
    if (sampleProcess !== undefined) this.#sampleRepeatedly(sampleProcess);
  }

  /** The current page stays until what is returned is disposed of: what is there meanwhile is half of something. */
  hold(): Disposable {
    this.#isHeld = true;
    return {
      [Symbol.dispose]: () => {
        this.#isHeld = false;
        this.changed();
      },
    };
  }

  /** Something is there that the current page does not show. */
  changed(): void {
    if (this.#gathering !== null || this.#closed || this.#isHeld) return;
    const waitMs = this.#publishedAtMs + GATHERING_MS - this.#clock.monotonic();
    if (waitMs <= 0) {
      this.#publishNow();
      return;
    }
    this.#gathering = this.#clock.setTimeout(() => {
      this.#gathering = null;
      this.#publishNow();
    }, waitMs);
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    if (this.#gathering !== null) this.#clock.clearTimeout(this.#gathering);
    if (this.#sampling !== null) this.#clock.clearTimeout(this.#sampling);
  }

  #publishNow(): void {
    if (this.#isHeld) return;
    this.#publish();
    // From the end of the work on, so that a page that takes long leaves time for everything else.
    this.#publishedAtMs = this.#clock.monotonic();
  }

  #sampleRepeatedly(sampleProcess: () => void): void {
    sampleProcess();
    this.changed();
    this.#sampling = this.#clock.setTimeout(() => this.#sampleRepeatedly(sampleProcess), PROCESS_SAMPLE_MS);
  }
}
