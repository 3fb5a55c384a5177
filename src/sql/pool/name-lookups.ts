import { type LookupAddress, lookup } from 'node:dns';

/** Gives every address of a name, as `dns.lookup` with `all` does. */
export type Lookup = (host: string) => Promise<readonly LookupAddress[]>;

/** A look-up that took longer puts its name among the slow ones. */
const SLOW_MS = 1_000;

/**
 * Looks names up without letting one that hangs hold up the others. The system's resolver runs in a pool of four
 * threads, which files and compression use too, and cannot be interrupted: so at most three look-ups are under way,
 * callers share the one of their name, and names that were slow the last time take turns on one of them.
 */
export class NameLookups {
  readonly #lookup: Lookup;
  readonly #underWay = new Map<string, Promise<readonly LookupAddress[]>>();
  readonly #slowNames = new Set<string>();
  readonly #quick = new Lane(2);
  readonly #slow = new Lane(1);

  constructor(lookUp: Lookup = systemLookup) {
    this.#lookup = lookUp;
  }

  find(host: string): Promise<readonly LookupAddress[]> {
    const underWay = this.#underWay.get(host);
    if (underWay !== undefined) return underWay;
    const lane = this.#slowNames.has(host) ? this.#slow : this.#quick;
    const found = lane.run(() => this.#find(host)).finally(() => this.#underWay.delete(host));
    this.#underWay.set(host, found);
    return found;
  }

  async #find(host: string): Promise<readonly LookupAddress[]> {
    const startedMs = performance.now();
    try {
      return await this.#lookup(host);
    } finally {
      if (performance.now() - startedMs > SLOW_MS) this.#slowNames.add(host);
      else this.#slowNames.delete(host);
    }
  }
}

/** Runs so many at one time, the others in their order. */
class Lane {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(size: number) {
    this.#free = size;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}

function systemLookup(host: string): Promise<readonly LookupAddress[]> {
  return new Promise((resolve, reject) => {
    lookup(host, { all: true }, (error, addresses) => (error === null ? resolve(addresses) : reject(error)));
  });
}
