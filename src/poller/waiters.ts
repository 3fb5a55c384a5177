import type { RunReply } from '../model/poller-request.ts';

/** Who waits for an answer of the living thread. Each is answered once, whatever becomes of the thread. */
export class Waiters {
  readonly #waiting = new Map<number, (answer: RunReply) => void>();
  #count = 0;

  /** `send` puts the question, under a number that no other has. */
  add(send: (number: number) => void): Promise<RunReply> {
    const number = this.#count++;
    return new Promise((resolve) => {
      this.#waiting.set(number, resolve);
      send(number);
    });
  }

  settle(number: number, answer: RunReply): void {
    this.#waiting.get(number)?.(answer);
    this.#waiting.delete(number);
  }

  settleAll(answer: RunReply): void {
    for (const number of [...this.#waiting.keys()]) this.settle(number, answer);
  }
}
