/** The end of one run, whatever brings it about: its caller, its deadline or the closing of its driver. */
export class Stop implements Disposable {
  readonly #controller = new AbortController();
  readonly #caller: AbortSignal;
  readonly #deadlineMs: number;
  readonly #timer: NodeJS.Timeout | null;

  /** `deadlineMs` by `performance.now()`; Infinity for none. */
  constructor(caller: AbortSignal, deadlineMs: number) {
    this.#caller = caller;
    this.#deadlineMs = deadlineMs;
    this.#timer = Number.isFinite(deadlineMs) ? setTimeout(this.now, Math.max(0, this.leftMs)) : null;
    if (caller.aborted || this.leftMs <= 0) this.now();
    else caller.addEventListener('abort', this.now, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get leftMs(): number {
    return this.#deadlineMs - performance.now();
  }

  /** Callers may abort at the deadline by a timer of their own, and timers are early or late by a few milliseconds. */
  get isDeadline(): boolean {
    return this.leftMs < 20;
  }

  readonly now = (): void => this.#controller.abort();

  [Symbol.dispose](): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#caller.removeEventListener('abort', this.now);
  }
}
