import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

export interface ScrapeOrder {
  readonly url: string;
  /** Of the exporter. */
  readonly pid: number;
  /** How many tasks a whole page speaks of. */
  readonly tasks: number;
}

export interface Scrape {
  /** When it began, in Unix milliseconds. */
  readonly atMs: number;
  readonly tookMs: number;
  /** Of this, how long both sides were ready and had no processor: other programs were running on all of them. */
  readonly starvedMs: number;
}

export interface ScrapeReport {
  readonly scrapes: readonly Scrape[];
  readonly problems: readonly string[];
}

/** Scrapes until it is told to stop. */
export class Scraper {
  readonly #worker: Worker;

  constructor(order: ScrapeOrder) {
    this.#worker = new Worker(new URL('./scrape-thread.js', import.meta.url), { workerData: order });
  }

  async stop(): Promise<ScrapeReport> {
    const answer = once(this.#worker, 'message');
    this.#worker.postMessage('stop');
    const [report] = (await answer) as [ScrapeReport];
    await this.#worker.terminate();
    return report;
  }
}
