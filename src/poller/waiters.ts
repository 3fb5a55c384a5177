import type { RunAnswer } from '../model/poller-request.ts';

/** What the poller said, or why it said nothing. */
export type Answer = RunAnswer | 'the poller died' | 'the poller stopped';

/** Who waits for an answer of the living thread. Each is answered once, whatever becomes of the thread. */
export class Waiters {
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #count = 0;

  /** `send` puts the question, under a number that no other has. */
  add(send: (number: number) => void): Promise<Answer> {
    const number = this.#count++;
    return new Promise((resolve) => {
      this.#waiting.set(number, resolve);
      send(number);
    });
  }

  settle(number: number, answer: Answer): void {
    this.#waiting.get(number)?.(answer);
    this.#waiting.delete(number);
  }

  settleAll(answer: Answer): void {
    for (const number of [...this.#waiting.keys()]) this.settle(number, answer);
  }
}
