import type { ReloadOutcome } from '../web/site.ts';

/**
 * Runs one reload at a time. Whoever asks before one has begun gets the same answer as the others; whoever asks later gets
 * that of the next, since what is being read may have been written anew meanwhile.
 */
export class ReloadQueue {
  readonly #reload: () => Promise<ReloadOutcome>;
  #running: Promise<unknown> = Promise.resolve();
  #next: Promise<ReloadOutcome> | null = null;

  constructor(reload: () => Promise<ReloadOutcome>) {
    this.#reload = reload;
  }

  ask(): Promise<ReloadOutcome> {
    this.#next ??= this.#begin();
    return this.#next;
  }

  async #begin(): Promise<ReloadOutcome> {
    await this.#running;
    // In the next turn, so that everything that asks in this one gets the same answer.
    await new Promise((resolve) => setImmediate(resolve));
    this.#next = null;
    const reload = this.#reload();
    this.#running = reload.catch(() => undefined);
    return reload;
  }
}
