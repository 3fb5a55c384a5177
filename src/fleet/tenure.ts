import { errorText } from '../language/error-text.ts';
import type { Logger } from '../logger.ts';
import type { FleetSettings, Member, ShareChange } from '../model/fleet-terms.ts';
import type { Lease } from '../model/lease.ts';
import type { FleetStore, Renewal } from './fleet-store.ts';
import { OwnershipRecord } from './ownership-record.ts';
import { fairShare, planClaims, planReturns, type View, type Weights, weigh } from './share.ts';

export interface TenureOptions {
  readonly store: FleetStore;
  readonly settings: Pick<FleetSettings, 'leaseMs' | 'withoutStore'>;
  /** This replica, but for what it has. */
  readonly self: Omit<Member, 'servers' | 'tasks' | 'serversDigest' | 'configDigest'>;
  readonly lease: Lease;
  /** Milliseconds by the clock of leases. */
  readonly now: () => number;
  readonly logger: Logger;
  /** Brings here what others left of the tasks of servers that were just claimed. Their runs are planned by it. */
  readonly fetch: (servers: readonly string[]) => Promise<void>;
  /** The store may have forgotten what these servers' tasks have brought, or have it from others. */
  readonly restock: (servers: readonly string[]) => void;
  readonly onChange: (change: ShareChange) => void;
}

/** What of the plan the replicas share. */
export interface SharedPlan {
  readonly weights: Weights;
  readonly configDigest: string;
  readonly serversDigest: string;
}

/** Of a lease, so that whoever stops at the end of it has stopped when another one begins. */
const MARGIN_MS = 1_000;
/** A renewal may be late, or fail and be tried again, before the lease ends. */
const RENEWALS_PER_LEASE = 5;
/** More than clocks that are kept by NTP differ; schedules shift by it when a server changes its owner. */
const MOST_SKEW_MS = 2_000;
/** What was left of the tasks of so many servers is read in less time than a renewal may be late. */
const CLAIMS_AT_ONCE = 200;

/**
 * The servers that this replica has: renews their leases, claims some that nobody has and gives some back. It does so in
 * steps, which `step` makes one at a time; what the store does not say by then is as it was.
 *
 * While the store is away the rule `keep` renews the lease here, as long as it has not ended: who was paused meanwhile has
 * lost it, and waits for one more lease. When the store comes back, this replica claims again what it had, at once, and
 * gives back or claims others only one lease later, since their owners do the same. So does a new one, if the store was away.
 */
export class Tenure {
  readonly #options: TenureOptions;
  readonly #owned: Set<string>;
  /** Given back, while what is under way there ends. */
  readonly #leaving = new Set<string>();
  readonly #record: OwnershipRecord;
  #plan: SharedPlan;
  #members: readonly Member[] = [];
  #skewMs: number | null = null;
  #isUp: boolean | null = null;
  #sinceMs = Date.now();
  #session = 0;
  #hasMetStore: boolean;
  #renewAtMs = 0;
  #lookAtMs = 0;
  /** Nothing is claimed or given back before. */
  #moveFromMs = 0;
  /** Since when the lease is seen to have ended; null: it lasts. */
  #idleSinceMs: number | null = null;
  #isGoing = false;

  /** `owned`: what this replica had until now, where it goes on after a fault. */
  constructor(options: TenureOptions, plan: SharedPlan, owned: readonly string[] = []) {
    const { self, settings, now, lease } = options;
    this.#options = options;
    this.#plan = plan;
    this.#owned = new Set(owned);
    // An earlier thread may have, and then others may have what this one has not.
    this.#hasMetStore = lease.untilMs > 0;
    this.#record = new OwnershipRecord({ self: self.id, leaseMs: settings.leaseMs, now });
  }

  get owned(): ReadonlySet<string> {
    return this.#owned;
  }

  /** Whether it is this replica that writes what the tasks of the server bring. */
  has(server: string): boolean {
    return this.#owned.has(server) || this.#leaving.has(server);
  }

  /** Whether the store has confirmed the leases on the connection that there is now. */
  get isConfirmed(): boolean {
    return this.#isUp === true && this.#session === this.#options.store.session;
  }

  get state() {
    return {
      isStoreUp: this.#isUp,
      storeSinceMs: this.#sinceMs,
      members: this.#members,
      owners: this.#record.owners,
      takeovers: this.#record.takeovers,
      clockSkewMs: this.#skewMs,
    };
  }

  get self(): Member {
    const { weights, configDigest, serversDigest } = this.#plan;
    const { size } = this.#owned;
    return { ...this.#options.self, configDigest, serversDigest, servers: size, tasks: weigh(weights, this.#owned) };
  }

  replacePlan(plan: SharedPlan): void {
    this.#plan = plan;
    this.#giveBack([...this.#owned].filter((server) => !plan.weights.has(server)));
  }

  /** True: there is more to be done at once. */
  async step(): Promise<boolean> {
    const { now } = this.#options;
    if (!this.isConfirmed || now() >= this.#renewAtMs) await this.#renew();
    if (this.#isUp !== true || this.#isGoing) return false;
    try {
      return await this.#look();
    } catch (error) {
      this.#storeAway(error);
      return false;
    }
  }

  /** Something speaks against the leases: they are renewed with the next step. */
  doubt(): void {
    this.#renewAtMs = 0;
  }

  /** Another replica gave something back. */
  heardOfRelease(by: string): void {
    this.#record.gaveBack(by);
    this.#lookAtMs = 0;
  }

  /** Gives everything back, and claims nothing more. */
  async go(): Promise<void> {
    this.#isGoing = true;
    this.#giveBack([...this.#owned]);
    await this.#options.store.leave().catch(() => {});
  }

  /** Nothing is under way on these servers any more. */
  async left(servers: readonly string[]): Promise<void> {
    const given = servers.filter((server) => this.#leaving.delete(server));
    // Where the store is away, the lease ends by itself.
    if (given.length > 0) await this.#options.store.release(given).catch(() => {});
  }

  async #renew(): Promise<void> {
    const { store, settings, now, lease, restock } = this.#options;
    const sentMs = now();
    let renewal: Renewal;
    try {
      const servers = [...this.#owned, ...this.#leaving];
      renewal = await store.renew(this.#isGoing ? null : this.self, servers, settings.leaseMs);
    } catch (error) {
      this.#storeAway(error);
      return;
    }
    if (renewal.others.length > 0) this.#lose(renewal.others);
    const isBack = this.#storeThere(now(), renewal);
    const hasLasted = now() < lease.untilMs;
    lease.extend(sentMs + settings.leaseMs - MARGIN_MS);
    this.#idleSinceMs = null;
    this.#renewAtMs = sentMs + settings.leaseMs / RENEWALS_PER_LEASE;
    if (isBack || !hasLasted) restock([...this.#owned]);
    if (!hasLasted && this.#owned.size > 0) this.#change({});
  }

  /** True: it may have forgotten something. */
  #storeThere(nowMs: number, { unbrokenMs }: Renewal): boolean {
    const { store, settings, logger } = this.#options;
    if (this.isConfirmed) return false;
    const isFirst = this.#session === 0 && this.#owned.size === 0;
    this.#moveFromMs = nowMs + settings.leaseMs - (isFirst ? unbrokenMs : 0);
    if (this.#isUp !== true) {
      this.#isUp = true;
      this.#sinceMs = Date.now();
      logger.info(isFirst ? 'store of the fleet answers' : 'store of the fleet answers again');
    }
    this.#session = store.session;
    this.#hasMetStore = true;
    return true;
  }

  #storeAway(error: unknown): void {
    const { settings, logger, lease, now } = this.#options;
    if (this.#isUp !== false) {
      this.#isUp = false;
      this.#sinceMs = Date.now();
      logger.warn('store of the fleet does not answer', { error: errorText(error), policy: settings.withoutStore });
    }
    if (settings.withoutStore === 'stop' || this.#isGoing) return;
    const nowMs = now();
    const hasLasted = nowMs < lease.untilMs;
    if (!hasLasted) {
      this.#idleSinceMs ??= nowMs;
      if (nowMs - this.#idleSinceMs < settings.leaseMs) return;
    }
    lease.extend(nowMs + settings.leaseMs - MARGIN_MS);
    this.#idleSinceMs = null;
    const taken = this.#hasMetStore ? [] : [...this.#plan.weights.keys()].filter((server) => !this.has(server));
    if (hasLasted && taken.length === 0) return;
    for (const server of taken) this.#owned.add(server);
    if (taken.length > 0) logger.warn('polling all servers of the fleet, since its store was never there');
    this.#change({ taken, isClaimed: false });
  }

  #lose(servers: readonly string[]): void {
    const { lease, logger } = this.#options;
    const lost = servers.filter((server) => this.#owned.delete(server));
    for (const server of servers) this.#leaving.delete(server);
    if (lost.length === 0) return;
    lease.lose();
    logger.warn('servers were taken over by other replicas', { servers: lost.length });
    this.#change({ lost });
  }

  async #look(): Promise<boolean> {
    const { store, now, settings } = this.#options;
    const { members, nowMs } = await store.members();
    this.#lookAtClocks(Date.now() - nowMs);
    this.#members = members;
    const view: View = { self: this.#options.self.id, members, weights: this.#plan.weights, owned: this.#owned };
    if (now() < this.#lookAtMs && weigh(view.weights, this.#owned) >= fairShare(view)) return false;
    this.#lookAtMs = now() + settings.leaseMs / RENEWALS_PER_LEASE;
    const servers = [...view.weights.keys()];
    const free = this.#record.look(servers, await store.owners(servers));
    // A connection that is newer than the last renewal may be to a store that has forgotten who has what.
    if (!this.isConfirmed || now() < this.#moveFromMs) return false;
    const claimed = await this.#claim(view, free);
    if (claimed.length === 0) this.#giveBack(planReturns({ ...view, members: this.#withSelf(members) }));
    return claimed.length > 0;
  }

  #lookAtClocks(skewMs: number): void {
    const isNews = Math.abs(skewMs) > MOST_SKEW_MS && Math.abs(this.#skewMs ?? 0) <= MOST_SKEW_MS;
    if (isNews) this.#options.logger.warn('clock differs from that of the fleet', { ahead_ms: Math.round(skewMs) });
    this.#skewMs = skewMs;
  }

  async #claim(view: View, free: readonly string[]): Promise<readonly string[]> {
    const { store, settings, fetch, logger } = this.#options;
    const planned = new Set(planClaims(view, free));
    for (const server of free) if (this.#record.isForgotten(server)) planned.add(server);
    const wanted = [...planned].filter((server) => !this.#leaving.has(server)).slice(0, CLAIMS_AT_ONCE);
    if (wanted.length === 0) return [];
    const taken = await store.claim(wanted, settings.leaseMs);
    if (taken.length === 0) return [];
    if (this.#isGoing || !this.isConfirmed) {
      await store.release(taken);
      return [];
    }
    for (const server of taken) this.#owned.add(server);
    this.#record.tookOver(taken);
    if (taken.length < CLAIMS_AT_ONCE) this.#record.forgetReturns();
    try {
      await fetch(taken);
    } catch (error) {
      // Nothing is planned by what is not known: their leases end by themselves.
      for (const server of taken) this.#owned.delete(server);
      throw error;
    }
    logger.info('servers taken over', { servers: taken.length });
    this.#change({ taken: taken.filter((server) => this.#owned.has(server)) });
    return taken;
  }

  #giveBack(servers: readonly string[]): void {
    if (servers.length === 0) return;
    for (const server of servers) {
      this.#owned.delete(server);
      this.#leaving.add(server);
    }
    this.#options.logger.info('servers given back', { servers: servers.length });
    this.#change({ released: servers });
  }

  /** What this replica has now, not what it had when it last said so. */
  #withSelf(members: readonly Member[]): readonly Member[] {
    return members.map((member) => (member.id === this.#options.self.id ? this.self : member));
  }

  #change(change: Partial<ShareChange>): void {
    this.#options.onChange({
      taken: [],
      isClaimed: true,
      released: [],
      lost: [],
      ...change,
      losses: this.#options.lease.losses,
    });
  }
}
