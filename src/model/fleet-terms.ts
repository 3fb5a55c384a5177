import type { Password, Tls } from './plan.ts';

/** A fleet is the exporters (replicas) that share the polling of servers by way of a store. Where that is, and how. */
export interface FleetSettings {
  readonly name: string;
  readonly store: StoreAddress;
  /** How long a silent replica keeps its servers. */
  readonly leaseMs: number;
  /** What a replica does while the store is away: it goes on with its servers, or stops before its lease ends. */
  readonly withoutStore: 'keep' | 'stop';
}

export interface StoreAddress {
  /** One server, or the sentinels that know it. */
  readonly hosts: readonly { readonly host: string; readonly port: number }[];
  /** What the sentinels call it; null: the one host is the store. */
  readonly master: string | null;
  /** Empty: the store's default user. */
  readonly user: string;
  readonly password: Password;
  readonly database: number;
  readonly tls: Tls | null;
}

/** One replica, as it describes itself to the others. */
export interface Member {
  /** Of this process alone. */
  readonly id: string;
  /** For people: `host:port`. */
  readonly name: string;
  readonly version: string;
  /** Differs where the tasks differ. */
  readonly configDigest: string;
  /** Differs where the servers that it could claim differ. */
  readonly serversDigest: string;
  readonly servers: number;
  readonly tasks: number;
}

/** Why a replica took a server over: nobody had it before, its owner died, or its owner gave it back. */
export const TAKEOVER_REASONS = ['join', 'death', 'release'] as const;
export type TakeoverReason = (typeof TAKEOVER_REASONS)[number];

/** The fleet as one replica sees it. */
export interface FleetStatus {
  readonly name: string;
  /** The id of this replica. */
  readonly self: string;
  /** Null: the store has not been reached yet. */
  readonly isStoreUp: boolean | null;
  /** Since when the store is as it is. */
  readonly storeSinceMs: number;
  /** As they were last seen, this one first. */
  readonly members: readonly Member[];
  /** The id of the owner of each server that has one. */
  readonly owners: Readonly<Record<string, string>>;
  readonly takeovers: Readonly<Partial<Record<TakeoverReason, number>>>;
  /** Whether all was read that the store had when it was first reached. */
  readonly hasRead: boolean;
  /** Results that were not written since another replica had taken the server over. */
  readonly refusedUpdates: number;
  /** Results that wait for the store. */
  readonly pendingUpdates: number;
  /** The longest that a result took from the store to here in the last minute; null: none came. */
  readonly replicationMs: number | null;
  /** By how much the clock of this host is ahead of the store's; null: not known yet. */
  readonly clockSkewMs: number | null;
}

/** A change of the servers that a replica polls. */
export interface ShareChange {
  /** {@link Lease.losses} once this is known. */
  readonly losses: number;
  readonly taken: readonly string[];
  /** False: they were taken because the store is away, and others may do the same. */
  readonly isClaimed: boolean;
  /** To be given back: nothing begins there any more, and what is under way ends or is ended soon. */
  readonly released: readonly string[];
  /** Others have them: nothing begins there any more; what is under way ends by itself. */
  readonly lost: readonly string[];
}
