/** A refresh that is given longer is slow. */
const SLOW_MS = 10_000;

/** Who waits for a connection. */
export interface Waiter {
  /** The same object each time for the same guest; null: a ping, which goes first. */
  readonly guest: object | null;
  /** How long it is given in all. */
  readonly limitMs: number;
}

export function isSlow({ guest, limitMs }: Waiter): boolean {
  return guest !== null && limitMs > SLOW_MS;
}

interface Place {
  /** Grows with every serving, the guest's own last one; 0: never served, -1: a ping. */
  readonly lastServing: number;
  /** Grows with every arrival. */
  readonly arrival: number;
}

/**
 * Those who wait for one server. Whoever was served longest ago is first, and of two who never were, who came first: where
 * more is asked of a server than it can give, everybody is served now and then. Slow ones stand in a line of their own, so
 * that they can be passed over while the quick ones go on.
 */
export class WaitingLine<W extends Waiter> {
  readonly #quick = new Map<W, Place>();
  readonly #slow = new Map<W, Place>();
  readonly #servings = new WeakMap<object, number>();
  #arrivals = 0;
  #lastServing = 0;

  get size(): number {
    return this.#quick.size + this.#slow.size;
  }

  add(waiter: W): void {
    const lastServing = waiter.guest === null ? -1 : (this.#servings.get(waiter.guest) ?? 0);
    this.#lineOf(waiter).set(waiter, { lastServing, arrival: this.#arrivals++ });
  }

  delete(waiter: W): void {
    this.#lineOf(waiter).delete(waiter);
  }

  first(withSlow: boolean): W | null {
    const quick = firstOf(this.#quick);
    const slow = withSlow ? firstOf(this.#slow) : null;
    if (quick === null || slow === null) return (quick ?? slow)?.[0] ?? null;
    return isBefore(quick[1], slow[1]) ? quick[0] : slow[0];
  }

  /** Takes a waiter out of the line. Returns what undoes that he counts as served, where nothing was done for him. */
  serve(waiter: W): () => void {
    this.delete(waiter);
    const { guest } = waiter;
    if (guest === null) return () => undefined;
    const before = this.#servings.get(guest) ?? 0;
    this.#servings.set(guest, ++this.#lastServing);
    return () => this.#servings.set(guest, before);
  }

  #lineOf(waiter: W): Map<W, Place> {
    return isSlow(waiter) ? this.#slow : this.#quick;
  }
}

function firstOf<W>(line: ReadonlyMap<W, Place>): readonly [W, Place] | null {
  let first: readonly [W, Place] | null = null;
  for (const entry of line) if (first === null || isBefore(entry[1], first[1])) first = entry;
  return first;
}

function isBefore(a: Place, b: Place): boolean {
  return a.lastServing === b.lastServing ? a.arrival < b.arrival : a.lastServing < b.lastServing;
}
