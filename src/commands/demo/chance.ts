/** Numbers that look random and are the same for the same seed. */
export interface Chance {
  /** A whole number from 0 to just below `limit`. */
  upTo(limit: number): number;
  pick<T>(from: readonly T[]): T;
  /** True as often as `probability` says. */
  happens(probability: number): boolean;
}

export function createChance(seed: number): Chance {
  let state = seed >>> 0;
  // A Weyl sequence, mixed as in splitmix32.
  const next = (): number => {
    state = (state + 0x9e37_79b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0_aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a_2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
  const upTo = (limit: number): number => Math.floor(next() * limit);
  return {
    upTo,
    pick: (from) => from[upTo(from.length)] as (typeof from)[number],
    happens: (probability) => next() < probability,
  };
}
