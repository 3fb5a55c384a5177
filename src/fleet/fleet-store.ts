import type { Member } from '../model/fleet-terms.ts';

/**
 * Where the replicas of a fleet meet. Leases, their expiry, fencing, delivery and catching up are the engine's work; an
 * implementation only says it in the engine's words.
 *
 * Concurrency: every method may be called at any time. All of them reject, soon, while the engine does not answer; then
 * nothing is known of what became of the request. A replica is known by the id that its store was opened with.
 */
export interface FleetStore extends AsyncDisposable {
  /** How many connections were made. With each the engine may have forgotten everything. */
  readonly session: number;
  /**
   * Says that this replica is there, for the time of a lease; null: it is about to leave. Renews the leases of these
   * servers; one that nobody has is claimed again.
   */
  renew(self: Member | null, servers: readonly string[], leaseMs: number): Promise<Renewal>;
  /** Every replica that is there, this one included, and the engine's time. */
  members(): Promise<{ readonly members: readonly Member[]; readonly nowMs: number }>;
  /** The ids of the owners of servers, in their order; null: nobody has it. */
  owners(servers: readonly string[]): Promise<readonly (string | null)[]>;
  /** Takes those of the servers that nobody has, and returns them. */
  claim(servers: readonly string[], leaseMs: number): Promise<readonly string[]>;
  /** Lets go of servers, where this replica has them, and wakes the others. */
  release(servers: readonly string[]): Promise<void>;
  /** This replica is no longer there. */
  leave(): Promise<void>;

  /** Keeps the state of a task and tells the others, in one step with the proof that this replica owns the server. False: it does not. */
  write(server: string, state: StateToKeep): Promise<boolean>;
  /** How the states of tasks begin, in their order: up to so many bytes as latin1. Null: none is kept. */
  beginnings(ids: readonly string[], bytes: number): Promise<readonly (string | null)[]>;
  /** The states of tasks, in their order; null: none is kept. */
  read(ids: readonly string[]): Promise<readonly (Uint8Array | null)[]>;
  /** The end of the news by now. */
  latest(): Promise<string>;
  /** What came after a place in the news; waits a second for it at most. */
  newsAfter(place: string): Promise<News>;
}

export interface Renewal {
  /** Of the servers, those that others have. */
  readonly others: readonly string[];
  /**
   * Since when replicas have renewed here, with no pause of half a lease. In a longer one, or with what the engine forgot,
   * leases may have ended whose owners are still there.
   */
  readonly unbrokenMs: number;
}

export interface StateToKeep {
  /** Names a task and what its samples mean. */
  readonly id: string;
  readonly body: Uint8Array;
  /** It is forgotten when it was not renewed for so long. */
  readonly keepMs: number;
}

export interface News {
  /** Where they end. */
  readonly place: string;
  /** Some are lost, because nobody read them for too long. */
  readonly hasGap: boolean;
  /** By replicas other than this one, oldest first. */
  readonly items: readonly NewsItem[];
}

/** `id`: of a task with a new state; null: servers were released. `atMs`: by the engine's clock. */
export interface NewsItem {
  readonly by: string;
  readonly atMs: number;
  readonly id: string | null;
}
