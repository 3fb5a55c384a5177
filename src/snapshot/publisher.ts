import type { Clock, Timer } from '../model/clock.ts';
import { gatheringMs, type LastPage } from './pace.ts';

export interface PublisherOptions {
  readonly publish: () => void;
  /** Leave it out where the process metrics are switched off. */
  readonly process?: ProcessSampler;
  readonly clock: Clock;
}

export interface ProcessSampler {
  /** Reads the process metrics again. */
  sample(): void;
  /** Whether it will be sampled every few seconds from now on, or not before the next scrape. */
  watch(isWatched: boolean): void;
}

/** Shorter than any usual scrape interval. */
const PROCESS_SAMPLE_MS = 5_000;
/** The process is sampled so long after a scrape: longer than most scrape intervals. */
const WATCHED_MS = 60_000;

/**
 * Makes pages when it is time for them: at once after a quiet time, else one for all changes since the last. Where nothing
 * changes and nobody scrapes, it does nothing at all.
 */
export class Publisher implements Disposable {
  readonly #publish: () => void;
  readonly #process: ProcessSampler | null;
  readonly #clock: Clock;
  #last: LastPage = { tookMs: 0, scraped: false };
  #publishedAtMs = Number.NEGATIVE_INFINITY;
  #scrapedAtMs = Number.NEGATIVE_INFINITY;
  #sampledAtMs = Number.NEGATIVE_INFINITY;
  /** Until the next page; null: the current one shows everything. */
  #gathering: Timer | null = null;
  #sampling: Timer | null = null;
  #closed = false;
  #isHeld = false;

  constructor({ publish, process, clock }: PublisherOptions) {
    this.#publish = publish;
    this.#process = process ?? null;
    this.#clock = clock;
    this.#sample();
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
    if (this.#gathering === null) this.#gather();
  }

  /** To be called before a scrape is answered: one that comes after a long time gets no old process metrics. */
  scraped(): void {
    if (this.#closed) return;
    this.#scrapedAtMs = this.#clock.monotonic();
    if (this.#sampling === null) this.#beginSampling();
    if (this.#last.scraped) return;
    this.#last = { ...this.#last, scraped: true };
    if (this.#gathering === null) return;
    // The page that waits is due earlier now, but not before this scrape is answered.
    this.#stopGathering();
    this.#gathering = this.#clock.setTimeout(() => this.#publishNow(), Math.max(0, this.#dueInMs()));
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#stopGathering();
    if (this.#sampling !== null) this.#clock.clearTimeout(this.#sampling);
  }

  #gather(): void {
    if (this.#closed || this.#isHeld) return;
    const waitMs = this.#dueInMs();
    if (waitMs <= 0) this.#publishNow();
    else this.#gathering = this.#clock.setTimeout(() => this.#publishNow(), waitMs);
  }

  #dueInMs(): number {
    return this.#publishedAtMs + gatheringMs(this.#last) - this.#clock.monotonic();
  }

  #publishNow(): void {
    this.#stopGathering();
    if (this.#isHeld) return;
    const beginMs = this.#clock.monotonic();
    this.#publish();
    // From the end of the work on, so that a page that takes long leaves time for everything else.
    this.#publishedAtMs = this.#clock.monotonic();
    this.#last = { tookMs: this.#publishedAtMs - beginMs, scraped: false };
  }

  #stopGathering(): void {
    if (this.#gathering !== null) this.#clock.clearTimeout(this.#gathering);
    this.#gathering = null;
  }

  #beginSampling(): void {
    if (this.#process === null) return;
    this.#process.watch(true);
    this.#waitToSample();
    if (this.#clock.monotonic() - this.#sampledAtMs < PROCESS_SAMPLE_MS) return;
    this.#sample();
    if (this.#gathering !== null) this.#publishNow();
  }

  #waitToSample(): void {
    this.#sampling = this.#clock.setTimeout(() => {
      this.#sampling = null;
      if (this.#clock.monotonic() - this.#scrapedAtMs >= WATCHED_MS) {
        this.#process?.watch(false);
        return;
      }
      this.#waitToSample();
      this.#sample();
    }, PROCESS_SAMPLE_MS);
  }

  #sample(): void {
    this.#sampledAtMs = this.#clock.monotonic();
    this.#process?.sample();
  }
}
