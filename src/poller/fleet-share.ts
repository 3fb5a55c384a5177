import type { ShareChange } from '../model/fleet-terms.ts';
import { type Guard, lockName } from '../model/guard.ts';
import { Lease } from '../model/lease.ts';
import { serverKeyOf, type Target, type Task } from '../model/plan.ts';
import type { Coordinator } from '../refresh/coordinator.ts';

/** What a poller thread that polls for a fleet is born with. */
export interface FleetShareStart {
  /** The name of the fleet. */
  readonly fleet: string;
  /** Of the {@link Lease}. */
  readonly lease: SharedArrayBuffer;
  /** The servers that it polls, and how many losses that takes account of. */
  readonly servers: readonly string[];
  readonly losses: number;
}

/** The servers of a fleet that this exporter polls, as long as its lease lasts; and all that the fleet does not share. */
export class FleetShare implements Coordinator {
  readonly #fleet: string;
  readonly #lease: Lease;
  /** With when each was claimed, by `performance.now()`; null: before this thread was there, or without a store. */
  readonly #claimedMs: Map<string, number | null>;
  #losses: number;

  constructor({ fleet, lease, servers, losses }: FleetShareStart) {
    this.#fleet = fleet;
    this.#lease = new Lease(lease);
    this.#claimedMs = new Map(servers.map((server) => [server, null]));
    this.#losses = losses;
  }

  change({ taken, isClaimed, released, lost, losses }: ShareChange): void {
    for (const server of [...released, ...lost]) this.#claimedMs.delete(server);
    for (const server of taken) this.#claimedMs.set(server, isClaimed ? performance.now() : null);
    this.#losses = losses;
  }

  owns(target: Target): boolean {
    return !target.shared || this.#claimedMs.has(serverKeyOf(target));
  }

  mayRun(target: Target): boolean {
    if (!target.shared) return true;
    // A loss of which this thread has not heard yet may be the loss of this server.
    return this.owns(target) && this.#lease.isHeld && this.#lease.losses === this.#losses;
  }

  guardOf({ key, target }: Task): Guard | null {
    if (!target.shared) return null;
    return { lock: lockName(this.#fleet, key), claimedMs: this.#claimedMs.get(serverKeyOf(target)) ?? null };
  }
}
