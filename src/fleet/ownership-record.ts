import type { TakeoverReason } from '../model/fleet-terms.ts';

export interface OwnershipRecordOptions {
  /** The id of this replica. */
  readonly self: string;
  readonly leaseMs: number;
  /** Milliseconds by the clock of leases. */
  readonly now: () => number;
}

/** Who had which server, as far as this replica has seen: what tells one takeover from another. */
export class OwnershipRecord {
  readonly #options: OwnershipRecordOptions;
  readonly #lastOwners = new Map<string, string>();
  readonly #freeSince = new Map<string, number>();
  /** When replicas last gave something back. */
  readonly #gaveBackMs = new Map<string, number>();
  readonly #takeovers: Partial<Record<TakeoverReason, number>> = {};
  #owners: Readonly<Record<string, string>> = {};

  constructor(options: OwnershipRecordOptions) {
    this.#options = options;
  }

  /** The id of the owner of each server that has one. */
  get owners(): Readonly<Record<string, string>> {
    return this.#owners;
  }

  /** Of this replica. */
  get takeovers(): Readonly<Partial<Record<TakeoverReason, number>>> {
    return this.#takeovers;
  }

  /** `owners`: of the servers, in their order; null: nobody. Returns the servers that nobody has. */
  look(servers: readonly string[], owners: readonly (string | null)[]): readonly string[] {
    const named: Record<string, string> = {};
    const free: string[] = [];
    for (const [index, server] of servers.entries()) {
      const owner = owners[index] ?? null;
      if (owner === null) {
        free.push(server);
        if (!this.#freeSince.has(server)) this.#freeSince.set(server, this.#options.now());
        continue;
      }
      named[server] = owner;
      this.#lastOwners.set(server, owner);
      this.#freeSince.delete(server);
    }
    this.#owners = named;
    return free;
  }

  gaveBack(replica: string): void {
    this.#gaveBackMs.set(replica, this.#options.now());
  }

  /** What is claimed later was given back later, or is of one who died since. */
  forgetReturns(): void {
    this.#gaveBackMs.clear();
  }

  /** This replica has just claimed them. */
  tookOver(servers: readonly string[]): void {
    const { self } = this.#options;
    for (const server of servers) {
      const reason = this.#reasonOf(server);
      if (reason !== null) this.#takeovers[reason] = (this.#takeovers[reason] ?? 0) + 1;
      this.#lastOwners.set(server, self);
      this.#freeSince.delete(server);
    }
    this.#owners = { ...this.#owners, ...Object.fromEntries(servers.map((server) => [server, self])) };
  }

  /** Nobody who has less than a share knows it, as while configurations differ. */
  isForgotten(server: string): boolean {
    const sinceMs = this.#freeSince.get(server);
    return sinceMs !== undefined && this.#options.now() - sinceMs > 2 * this.#options.leaseMs;
  }

  /** Null: it comes back to this replica. */
  #reasonOf(server: string): TakeoverReason | null {
    const { now, leaseMs, self } = this.#options;
    const before = this.#lastOwners.get(server);
    if (before === undefined) return 'join';
    if (before === self) return null;
    const gaveBackMs = this.#gaveBackMs.get(before) ?? Number.NEGATIVE_INFINITY;
    return now() - gaveBackMs < leaseMs ? 'release' : 'death';
  }
}
