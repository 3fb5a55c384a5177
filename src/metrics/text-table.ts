/** Slots per text at least, so that chains stay short. */
const SPARSENESS = 2;

/**
 * What stands for each of some texts, looked up by the bytes of a cell: a `Map` would need a string per row. The texts come
 * from the configuration, so nobody can choose them to fall on one slot.
 */
export class TextTable<T> {
  readonly #texts: readonly Uint8Array[];
  readonly #values: readonly T[];
  readonly #longest: number;
  /** The number of a text, plus 1 (0: the slot is free). */
  readonly #slots: Int32Array;
  readonly #mask: number;

  constructor(entries: ReadonlyMap<string, T>) {
    const encoder = new TextEncoder();
    this.#texts = Array.from(entries.keys(), (text) => encoder.encode(text));
    this.#values = [...entries.values()];
    this.#longest = this.#texts.reduce((longest, { length }) => Math.max(longest, length), 0);
    const capacity = 2 ** Math.ceil(Math.log2(SPARSENESS * entries.size + 2));
    this.#slots = new Int32Array(capacity);
    this.#mask = capacity - 1;
    for (const [index, text] of this.#texts.entries()) {
      let slot = hashBytes(text, 0, text.length) & this.#mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
      this.#slots[slot] = index + 1;
    }
  }

  /** What stands for the bytes `[start, end)`; undefined if no text is exactly these. */
  find(bytes: Uint8Array, start: number, end: number): T | undefined {
    if (end - start > this.#longest) return undefined;
    const mask = this.#mask;
    for (let slot = hashBytes(bytes, start, end) & mask; ; slot = (slot + 1) & mask) {
      const index = (this.#slots[slot] as number) - 1;
      if (index === -1) return undefined;
      if (isEqual(this.#texts[index] as Uint8Array, bytes, start, end)) return this.#values[index];
    }
  }
}

function isEqual(text: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let i = 0; i < text.length; i++) if (text[i] !== bytes[start + i]) return false;
  return true;
}

/** FNV-1a for 32 bits, with the high half mixed in, since the low bits choose the slot. */
function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  return hash ^ (hash >>> 16);
}
