import type { TimeLimit } from './time-limit.ts';

interface Waiter {
  readonly slow: boolean;
  readonly go: () => void;
}

/** So many at a time, in the order of asking; of several places one is kept free of slow ones, for the quick. */
export class Turns {
  readonly #places: number;
  readonly #waiting: Waiter[] = [];
  #taken = 0;
  #takenBySlow = 0;

  constructor(places: number) {
    this.#places = places;
  }

  /** True: it is the caller's turn, to be given back. False: the time was over before. */
  async take(limit: TimeLimit, slow: boolean): Promise<boolean> {
    if (limit.isReached) return false;
    return new Promise((resolve) => {
      const waiter: Waiter = { slow, go: () => resolve(true) };
      this.#waiting.push(waiter);
      this.#serve();
      void limit.reached.then(() => {
        const place = this.#waiting.indexOf(waiter);
        if (place < 0) return;
        this.#waiting.splice(place, 1);
        resolve(false);
      });
    });
  }

  give(slow: boolean): void {
    this.#taken -= 1;
    if (slow) this.#takenBySlow -= 1;
    this.#serve();
  }

  #serve(): void {
    const next = this.#waiting.findIndex(
      ({ slow }) => this.#taken < this.#places && !(slow && this.#takenBySlow >= Math.max(1, this.#places - 1)),
    );
    const [waiter] = next < 0 ? [] : this.#waiting.splice(next, 1);
    if (waiter === undefined) return;
    this.#taken += 1;
    if (waiter.slow) this.#takenBySlow += 1;
    waiter.go();
    this.#serve();
  }
}
