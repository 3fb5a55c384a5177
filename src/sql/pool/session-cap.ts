import type { ConnectionPool } from './connection-pool.ts';

/** The most connections over all servers of one engine. Idle ones of any server make room for a new one. */
export class SessionCap {
  readonly #limit: number;
  readonly #pools = new Set<ConnectionPool>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(pool: ConnectionPool): void {
    this.#pools.add(pool);
  }

  delete(pool: ConnectionPool): void {
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
  changed(by: ConnectionPool): void {
    for (const pool of this.#pools) if (pool !== by) pool.serve();
  }
}
