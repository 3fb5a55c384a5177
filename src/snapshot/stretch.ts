import { toPart } from '../metrics/block.ts';
import type { SampleFamily } from '../metrics/families.ts';
import type { Part } from '../model/outcome.ts';
import type { Steps } from '../model/steps.ts';
import { EMPTY_SEGMENT, join, type Segment, toRun } from './segment.ts';

/** One spot of the page: the head of a family (key null) or the part of one key. */
export interface Slot {
  readonly family: SampleFamily;
  readonly key: string | null;
}

/** Parts are small or have a block of their own, so most stretches of so many slots come out at a few kilobytes. */
const UNDIVIDED_SLOTS = 128;
/**
 * A stretch whose small parts outgrow this is halved. Where 125 of 5,000 tasks change at random, smaller ones cost more in
 * calls of zlib and larger ones more in text that did not change.
 */
const UNDIVIDED_BYTES = 16 * 1024;
/** As many bytes of small parts cost about as much as taking over one block and its checksum. */
const BLOCK_BYTES = 1024;

/**
 * Neighbouring slots of the page: few enough to be made anew together when something in them changes, or halved. So a
 * change costs its own few kilobytes, and a joint at each level above them.
 */
export class Stretch {
  readonly #slots: readonly Slot[];
  /** Where its first slot is on the page, and where the slot is that follows its last. */
  readonly #from: number;
  readonly #to: number;
  #halves: readonly [Stretch, Stretch] | null = null;
  /** What stood at each slot when it was last made anew; null: it never was, or it is halved. */
  #parts: (Part | null)[] | null = null;
  #touched: number[] = [];
  #changed = true;
  #segment: Segment = EMPTY_SEGMENT;

  constructor(slots: readonly Slot[], from = 0, to = slots.length) {
    this.#slots = slots;
    this.#from = from;
    this.#to = to;
    if (to - from > UNDIVIDED_SLOTS) this.#divide();
  }

  /** Says that what stands at a slot may be another part now. */
  touch(slot: number): void {
    this.#changed = true;
    if (this.#halves !== null) this.#halfOf(this.#halves, slot).touch(slot);
    else this.#touched.push(slot);
  }

  /** Reads what was touched again. Whatever was not is used as it was. */
  refresh(): Segment {
    if (!this.#changed) return this.#segment;
    if (this.#halves === null) this.#readTouched();
    if (this.#halves !== null) this.#segment = join(this.#halves[0].refresh(), this.#halves[1].refresh());
    else if (this.#parts !== null) this.#segment = toRun(this.#parts);
    this.#changed = false;
    return this.#segment;
  }

  /** The same in steps, so that a refresh finds little to do. */
  *prepare(): Steps {
    if (!this.#changed) return;
    for (const half of this.#halves ?? []) yield* half.prepare();
    this.refresh();
    yield;
  }

  /** What stood at a slot at the last refresh. */
  partAt(slot: number): Part | null {
    if (this.#halves !== null) return this.#halfOf(this.#halves, slot).partAt(slot);
    return this.#parts?.[slot - this.#from] ?? null;
  }

  #readTouched(): void {
    if (this.#parts === null) this.#parts = this.#slots.slice(this.#from, this.#to).map(read);
    for (const slot of this.#touched) this.#parts[slot - this.#from] = read(this.#slots[slot]);
    this.#touched = [];
    if (this.#to - this.#from > 1 && costInBytes(this.#parts) > UNDIVIDED_BYTES) this.#divide();
  }

  #divide(): void {
    const middle = (this.#from + this.#to) >> 1;
    this.#halves = [new Stretch(this.#slots, this.#from, middle), new Stretch(this.#slots, middle, this.#to)];
    this.#parts = null;
  }

  #halfOf([first, second]: readonly [Stretch, Stretch], slot: number): Stretch {
    return slot < second.#from ? first : second;
  }
}

function read(slot: Slot | undefined): Part | null {
  if (slot === undefined) return null;
  const { family, key } = slot;
  if (key !== null) return family.parts.get(key) ?? null;
  return family.series > 0 ? toPart(family.name, 0, family.header) : null;
}

/** What making a stretch of these anew costs, as bytes that are compressed. */
function costInBytes(parts: readonly (Part | null)[]): number {
  let bytes = 0;
  for (const part of parts) if (part !== null) bytes += part.deflated === null ? part.text.length : BLOCK_BYTES;
  return bytes;
}
