/** The first of: a moment by `performance.now()`, any of some signals. Takes its listeners back when disposed. */
export class TimeLimit implements Disposable {
  readonly reached: Promise<void>;
  readonly #signals: readonly AbortSignal[];
  readonly #timer: NodeJS.Timeout | null;
  #reach: () => void = () => undefined;
  #isReached = false;

  constructor(signals: readonly AbortSignal[], deadlineMs: number | null) {
    this.reached = new Promise((resolve) => {
      this.#reach = () => {
        this.#isReached = true;
        resolve();
      };
    });
    this.#signals = signals;
    for (const signal of signals) signal.addEventListener('abort', this.#reach);
    const leftMs = deadlineMs === null ? null : deadlineMs - performance.now();
    this.#timer = leftMs === null ? null : setTimeout(this.#reach, Math.max(0, leftMs));
    if (signals.some((signal) => signal.aborted) || (leftMs !== null && leftMs <= 0)) this.#reach();
  }

  get isReached(): boolean {
    return this.#isReached;
  }

  /** Gives what `work` gives, or throws what `failure` makes once the time is over. */
  within<T>(work: Promise<T>, failure: () => Error): Promise<T> {
    return Promise.race([
      work,
      this.reached.then((): never => {
        throw failure();
      }),
    ]);
  }

  [Symbol.dispose](): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const signal of this.#signals) signal.removeEventListener('abort', this.#reach);
  }
}
