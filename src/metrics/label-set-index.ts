import { randomInt } from 'node:crypto';

/** Slots per label set at least, so that chains stay short. */
const SPARSENESS = 2;

/** Not known outside, so that nobody can write labels that all fall on one slot. */
const SEED = randomInt(2 ** 31);

/** What is read without a use would not be read at all. */
const touched = new Int32Array(1);

/**
 * The label sets of one metric in one result, to tell the first of equal ones from the rest.
 *
 * An open-addressing table that points into the text already written: a `Map` would need a string per row, which costs
 * more than everything else that happens to the row.
 */
export class LabelSetIndex {
  /** Two numbers a slot: where the label set begins, plus 1 (0: the slot is free), and its hash. */
  #slots = new Int32Array(0);
  #mask = -1;
  #size = 0;
  readonly #expected: number;

  /** `expected`: how many label sets there will probably be. */
  constructor(expected: number) {
    this.#expected = expected;
  }

  /**
   * Makes ready for label sets of these hashes, which are added next. Their slots lie anywhere in a table larger than the
   * caches of a processor: asked for all together they come together, while each alone would be waited for.
   */
  prepare(hashes: Int32Array, count: number): void {
    const needed = SPARSENESS * (this.#size + count);
    if (needed > this.#mask) this.#grow(Math.max(needed, SPARSENESS * this.#expected));
    const slots = this.#slots;
    const mask = this.#mask;
    let seen = 0;
    for (let i = 0; i < count; i++) seen ^= slots[2 * ((hashes[i] as number) & mask)] as number;
    touched[0] = seen;
  }

  /**
   * Adds the label set at the bytes `[start, end)` of the text, which was prepared for; false, and nothing is added, if an
   * equal one is there. The text must hold all label sets added so far where they were. No label set may be the beginning of
   * another one.
   */
  add(text: DataView, start: number, end: number, hash: number): boolean {
    const slots = this.#slots;
    const mask = this.#mask;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const at = slots[2 * slot] as number;
      if (at === 0) {
        slots[2 * slot] = start + 1;
        slots[2 * slot + 1] = hash;
        this.#size++;
        return true;
      }
      if (slots[2 * slot + 1] === hash && isEqual(text, at - 1, start, end)) return false;
    }
  }

  #grow(capacity: number): void {
    const old = this.#slots;
    const slots = new Int32Array(2 ** (2 + Math.floor(Math.log2(capacity))));
    const mask = slots.length / 2 - 1;
    for (let i = 0; i < old.length; i += 2) {
      const at = old[i] as number;
      if (at === 0) continue;
      const hash = old[i + 1] as number;
      let slot = hash & mask;
      while (slots[2 * slot] !== 0) slot = (slot + 1) & mask;
      slots[2 * slot] = at;
      slots[2 * slot + 1] = hash;
    }
    this.#slots = slots;
    this.#mask = mask;
  }
}

/** Reads four bytes at a time where four are left, as does `hashBytes`: it halves the cost of both. */
function isEqual(text: DataView, other: number, start: number, end: number): boolean {
  let i = start;
  let j = other;
  for (; i + 4 <= end; i += 4, j += 4) {
    if (text.getInt32(i) !== text.getInt32(j)) return false;
  }
  for (; i < end; i++, j++) {
    if (text.getUint8(i) !== text.getUint8(j)) return false;
  }
  return true;
}

/** The hash of a label set: MurmurHash3 for 32 bits, by Austin Appleby. */
export function hashBytes(text: DataView, start: number, end: number): number {
  let hash = SEED;
  let i = start;
  for (; i + 4 <= end; i += 4) hash = Math.imul(rotate(hash ^ scramble(text.getInt32(i, true)), 13), 5) + 0xe6546b64;
  let rest = 0;
  for (let shift = 0; i < end; i++, shift += 8) rest |= text.getUint8(i) << shift;
  hash ^= scramble(rest) ^ (end - start);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function scramble(word: number): number {
  return Math.imul(rotate(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593);
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
