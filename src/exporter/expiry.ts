/** Wakes when the oldest sample becomes too old. */
export class Expiry implements Disposable {
  readonly #expire: (nowMs: number) => number | null;
  readonly #now: () => number;
  #timer: NodeJS.Timeout | null = null;

  /** `expire` drops what is too old and returns when it wants to be called again (epoch ms), or null. */
  constructor(expire: (nowMs: number) => number | null, now: () => number) {
    this.#expire = expire;
    this.#now = now;
  }

  /** To be called when samples came or went; cheap where nothing is due. */
  check(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    const nextMs = this.#expire(this.#now());
    if (nextMs === null) return;
    const waitMs = Math.min(Math.max(nextMs - this.#now(), MIN_WAIT_MS), MAX_WAIT_MS);
    this.#timer = setTimeout(() => this.check(), waitMs).unref();
  }

  [Symbol.dispose](): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }
}

/** Many samples that age together are dropped together. */
const MIN_WAIT_MS = 100;
/** The wall clock may be set forward meanwhile; this is how late that is noticed. */
const MAX_WAIT_MS = 10_000;
