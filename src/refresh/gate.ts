import { RefreshError } from '../model/failure.ts';
import type { Target } from '../model/plan.ts';

/** A refresh with a longer deadline is slow. */
const SLOW_MS = 10_000;

export function isSlow(timeoutMs: number): boolean {
  return timeoutMs > SLOW_MS;
}

/** The lane of a target: targets on one server share it, since they share its connections. */
export function laneOf({ address, name }: Target): string {
  if (address.kind === 'file') return `file ${name}`;
  return address.kind === 'tcp' ? `tcp ${address.host.toLowerCase()}:${address.port}` : `socket ${address.path}`;
}

/** To be called once; with false where nothing was done inside, which then does not count as having been there. */
export type Leave = (hasWorked?: boolean) => void;

interface Waiter {
  readonly lane: Lane;
  readonly slow: boolean;
  /** Grows with every entry, his own last one; 0: he never was inside. */
  readonly lastEntry: number;
  /** Grows with every arrival. */
  readonly number: number;
  readonly admit: () => void;
}

interface Lane {
  limit: number;
  running: number;
  slow: number;
  /** In the order of their arrival. */
  readonly quickWaiters: Set<Waiter>;
  readonly slowWaiters: Set<Waiter>;
}

/**
 * Bounds the refreshes under way: `maxRunning` over all, and on each server as many as it has connections, so that a
 * server that hangs holds its own places and not everybody's. Slow refreshes leave one place of a lane to the quick ones,
 * where it has two. Within a lane he enters first whose last time inside is longest ago, and of two who never were, he who
 * came first: where more is asked of a server than it can give, everybody is let in now and then. Lanes with somebody
 * waiting take turns.
 */
export class Gate {
  readonly #lanes = new Map<string, Lane>();
  /** Lanes in which somebody may enter as soon as there is a place at all. */
  readonly #turns = new Set<Lane>();
  #maxRunning = 0;
  #running = 0;
  #arrivals = 0;
  readonly #lastEntries = new WeakMap<object, number>();
  #entries = 0;

  /** Takes over the limits of a plan. Who is inside stays. */
  setLimits(maxRunning: number, targets: readonly Target[]): void {
    this.#maxRunning = maxRunning;
    for (const lane of this.#lanes.values()) lane.limit = 1;
    const wanted = new Set(targets.map(laneOf));
    for (const target of targets) {
      const lane = this.#lane(laneOf(target));
      lane.limit = Math.max(lane.limit, target.maxConnections);
    }
    for (const [name, lane] of this.#lanes) {
      const isIdle = lane.running === 0 && lane.quickWaiters.size === 0 && lane.slowWaiters.size === 0;
      if (isIdle && !wanted.has(name)) this.#lanes.delete(name);
      this.#offer(lane);
    }
    this.#letIn();
  }

  /**
   * Resolves with what gives the place back. Rejects with `busy` when the signal aborts first. `who` is the same object
   * each time for the same guest.
   */
  enter(laneName: string, slow: boolean, who: object, signal: AbortSignal): Promise<Leave> {
    const lane = this.#lane(laneName);
    return new Promise((resolve, reject) => {
      const waiters = slow ? lane.slowWaiters : lane.quickWaiters;
      const giveUp = () => {
        waiters.delete(waiter);
        reject(new RefreshError('busy', 'the whole time was spent waiting for other refreshes to end'));
      };
      const admit = () => {
        waiters.delete(waiter);
        signal.removeEventListener('abort', giveUp);
        this.#entries += 1;
        this.#lastEntries.set(who, this.#entries);
        const leave = this.#place(lane, slow);
        resolve((hasWorked = true) => {
          if (!hasWorked) this.#lastEntries.set(who, lastEntry);
          leave();
        });
      };
      const lastEntry = this.#lastEntries.get(who) ?? 0;
      const waiter: Waiter = { lane, slow, lastEntry, number: this.#arrivals++, admit };
      waiters.add(waiter);
      signal.addEventListener('abort', giveUp, { once: true });
      if (signal.aborted) giveUp();
      this.#offer(lane);
      this.#letIn();
    });
  }

  #place(lane: Lane, slow: boolean): () => void {
    this.#running += 1;
    lane.running += 1;
    if (slow) lane.slow += 1;
    return () => {
      this.#running -= 1;
      lane.running -= 1;
      if (slow) lane.slow -= 1;
      this.#offer(lane);
      this.#letIn();
    };
  }

  #letIn(): void {
    while (this.#running < this.#maxRunning) {
      const [lane] = this.#turns;
      if (lane === undefined) return;
      this.#turns.delete(lane);
      firstAdmissible(lane)?.admit();
      this.#offer(lane);
    }
  }

  #offer(lane: Lane): void {
    if (isOpen(lane)) this.#turns.add(lane);
  }

  #lane(name: string): Lane {
    const known = this.#lanes.get(name);
    if (known !== undefined) return known;
    const lane: Lane = { limit: 1, running: 0, slow: 0, quickWaiters: new Set(), slowWaiters: new Set() };
    this.#lanes.set(name, lane);
    return lane;
  }
}

/** Whether somebody waits who may enter as soon as there is a place at all. */
function isOpen(lane: Lane): boolean {
  if (lane.running >= lane.limit) return false;
  return lane.quickWaiters.size > 0 || (lane.slowWaiters.size > 0 && hasRoomForSlow(lane));
}

function firstAdmissible(lane: Lane): Waiter | null {
  if (!isOpen(lane)) return null;
  const quick = first(lane.quickWaiters);
  const slow = hasRoomForSlow(lane) ? first(lane.slowWaiters) : null;
  if (quick === null || slow === null) return quick ?? slow;
  return isBefore(quick, slow) ? quick : slow;
}

function hasRoomForSlow({ slow, limit }: Lane): boolean {
  return slow < Math.max(1, limit - 1);
}

function first(waiters: ReadonlySet<Waiter>): Waiter | null {
  let found: Waiter | null = null;
  for (const waiter of waiters) if (found === null || isBefore(waiter, found)) found = waiter;
  return found;
}

function isBefore(a: Waiter, b: Waiter): boolean {
  return a.lastEntry === b.lastEntry ? a.number < b.number : a.lastEntry < b.lastEntry;
}
