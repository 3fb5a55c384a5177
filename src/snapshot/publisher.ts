/** Time for whoever waits here; tests hand in one that they set. */
export interface Timers {
  /** Milliseconds of a clock that nobody sets. */
  now(): number;
  /** Must not keep the process alive. */
  setTimeout(run: () => void, delayMs: number): NodeJS.Timeout | number;
  clearTimeout(timer: NodeJS.Timeout | number): void;
}

export const REAL_TIMERS: Timers = {
  now: () => performance.now(),
  setTimeout: (run, delayMs) => setTimeout(run, delayMs).unref(),
  clearTimeout: (timer) => clearTimeout(timer),
};

export interface PublisherOptions {
  readonly publish: () => void;
  /** Reads the process metrics again. Leave it out where they are switched off. */
  readonly sampleProcess?: () => void;
  readonly timers: Timers;
}

/** Well within the second after which a result must be visible, and few enough pages for 500 results a second. */
const GATHERING_MS = 250;
/** Shorter than any usual scrape interval. */
const PROCESS_SAMPLE_MS = 5_000;

/** Decides when a page is made: at once after a quiet time, else once for all changes of a quarter of a second. */
export class Publisher implements Disposable {
  readonly #publish: () => void;
  readonly #timers: Timers;
  #publishedAtMs = Number.NEGATIVE_INFINITY;
  #gathering: NodeJS.Timeout | number | null = null;
  #sampling: NodeJS.Timeout | number | null = null;
  #closed = false;

  constructor({ publish, sampleProcess, timers }: PublisherOptions) {
    this.#publish = publish;
    this.#timers = timers;
    if (sampleProcess !== undefined) this.#sampleRepeatedly(sampleProcess);
  }

  /** Something is there that the current page does not show. */
  changed(): void {
    if (this.#gathering !== null || this.#closed) return;
    const waitMs = this.#publishedAtMs + GATHERING_MS - this.#timers.now();
    if (waitMs <= 0) {
      this.#publishNow();
      return;
    }
    this.#gathering = this.#timers.setTimeout(() => {
      this.#gathering = null;
      this.#publishNow();
    }, waitMs);
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    if (this.#gathering !== null) this.#timers.clearTimeout(this.#gathering);
    if (this.#sampling !== null) this.#timers.clearTimeout(this.#sampling);
  }

  #publishNow(): void {
    this.#publish();
    // From the end of the work on, so that a page that takes long leaves time for everything else.
    this.#publishedAtMs = this.#timers.now();
  }

  #sampleRepeatedly(sampleProcess: () => void): void {
    sampleProcess();
    this.changed();
    this.#sampling = this.#timers.setTimeout(() => this.#sampleRepeatedly(sampleProcess), PROCESS_SAMPLE_MS);
  }
}
