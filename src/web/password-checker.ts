import { Worker } from 'node:worker_threads';

export interface Question {
  readonly id: number;
  readonly password: string;
  readonly hash: string;
}

export interface Answer {
  readonly id: number;
  readonly matches: boolean;
}

/** Compares a password with a bcrypt hash. Null: there is too much to do. */
export type ComparePassword = (password: string, hash: string) => Promise<boolean | null>;

/** Seconds of work at the usual cost of 10; whoever comes later would have given up by the time of his turn. */
const MAX_QUEUE = 32;

/** Checks passwords on a thread of its own, which starts at the first. */
export class PasswordChecker {
  #worker: Worker | null = null;
  #lastId = 0;
  readonly #waiting = new Map<number, (matches: boolean | null) => void>();

  readonly compare: ComparePassword = (password, hash) => {
    if (this.#waiting.size >= MAX_QUEUE) return Promise.resolve(null);
    this.#worker ??= this.#start();
    this.#lastId += 1;
    const id = this.#lastId;
    this.#worker.postMessage({ id, password, hash } satisfies Question);
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  };

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(new URL('./password-thread.js', import.meta.url), {
      name: 'passwords',
      resourceLimits: { maxOldGenerationSizeMb: 32 },
    });
    worker.unref();
    worker.on('message', ({ id, matches }: Answer) => {
      this.#waiting.get(id)?.(matches);
      this.#waiting.delete(id);
    });
    // The exit that follows an error answers those who wait.
    worker.on('error', () => {});
    worker.on('exit', () => {
      this.#worker = null;
      for (const answer of this.#waiting.values()) answer(null);
      this.#waiting.clear();
    });
    return worker;
  }
}
