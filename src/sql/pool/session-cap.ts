/** What it must know of the connections to one server. */
export interface CappedPool {
  /** Connections that are open, or about to be opened or closed. */
  readonly size: number;
  /** Closes the connection that was idle for the longest time, if there is one; `serve` is called when it is gone. */
  closeOldest(): boolean;
  /** To be called when a connection may have become free. */
  serve(): void;
}

/** The most connections over all servers of one engine. Idle ones of any server make room for a new one. */
export class SessionCap {
  readonly #limit: number;
  readonly #pools = new Set<CappedPool>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(pool: CappedPool): void {
    this.#pools.add(pool);
  }

  delete(pool: CappedPool): void {
    this.#pools.delete(pool);
  }

  /** Else an idle connection is on its way out, where there is any, and the pools are served when it is gone. */
  hasRoom(): boolean {
    const open = [...this.#pools].reduce((sum, pool) => sum + pool.size, 0);
    if (open < this.#limit) return true;
    for (const pool of this.#pools) if (pool.closeOldest()) break;
    return false;
  }

  /** A connection of one pool became free or is gone: the others may have waited for it. */
  changed(by: CappedPool): void {
    for (const pool of this.#pools) if (pool !== by) pool.serve();
  }
}
