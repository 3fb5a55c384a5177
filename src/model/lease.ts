/**
 * The right to poll servers, seen by several threads: who renews it writes, who runs queries reads before each run. Time is
 * that of `process.hrtime`, which all threads share and which nobody sets, so that a process that was paused finds its right
 * at an end, whoever woke first.
 */
export class Lease {
  /** Posted to the other threads. */
  readonly memory: SharedArrayBuffer;
  readonly #words: BigInt64Array<SharedArrayBuffer>;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(16)) {
    this.memory = memory;
    this.#words = new BigInt64Array(memory);
  }

  /** Milliseconds by the clock of leases. */
  static now(): number {
    return Number(process.hrtime.bigint() / 1_000_000n);
  }

  /** Until when it lasts. */
  get untilMs(): number {
    return Number(Atomics.load(this.#words, 0));
  }

  /** Grows whenever servers were lost: who knows of fewer losses may not run anything. */
  get losses(): number {
    return Number(Atomics.load(this.#words, 1));
  }

  get isHeld(): boolean {
    return Lease.now() < this.untilMs;
  }

  extend(untilMs: number): void {
    Atomics.store(this.#words, 0, BigInt(Math.floor(untilMs)));
  }

  lose(): void {
    Atomics.add(this.#words, 1, 1n);
  }
}
