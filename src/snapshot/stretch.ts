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
/** A stretch of more bytes is halved, whatever changes in it. */
const LARGEST_BYTES = 64 * 1024;
/** About what a change costs where the page is divided finely, with the call of zlib, as bytes that are compressed. */
const CHANGE_BYTES = 10 * 1024;
/** As many bytes of small parts cost about as much as taking over one block and its checksum. */
const BLOCK_BYTES = 1024;

/**
 * Neighbouring slots of the page: few enough to be made anew together when something in them changes, or halved. So a
 * change costs its own few kilobytes, and a joint at each level above them; where most of the page changes, it is compressed
 * in few large pieces.
 */
export class Stretch {
  readonly #slots: readonly Slot[];
  /** Where its first slot is on the page, and where the slot is that follows its last. */
  readonly #from: number;
  readonly #to: number;
  #halves: readonly [Stretch, Stretch] | null = null;
  /** What stood at each slot when it was last read; null: it never was, or the stretch is halved. */
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
    if (this.#halves !== null) this.#unite(this.#halves);
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
    const isNew = this.#parts === null;
    const parts = this.#parts ?? this.#slots.slice(this.#from, this.#to).map(read);
    const touched = isNew ? [] : this.#touched;
    for (const slot of touched) parts[slot - this.#from] = read(this.#slots[slot]);
    this.#parts = parts;
    this.#touched = touched;
    const apart = touched.length === 0 ? LARGEST_BYTES : Math.min(touched.length * CHANGE_BYTES, LARGEST_BYTES);
    if (parts.length > 1 && costInBytes(parts) > apart) this.#divide();
    this.#touched = [];
  }

  #divide(): void {
    const middle = (this.#from + this.#to) >> 1;
    const halves = [new Stretch(this.#slots, this.#from, middle), new Stretch(this.#slots, middle, this.#to)] as const;
    if (this.#parts !== null) {
      halves[0].#parts = this.#parts.slice(0, middle - this.#from);
      halves[1].#parts = this.#parts.slice(middle - this.#from);
      for (const slot of this.#touched) this.#halfOf(halves, slot).touch(slot);
    }
    this.#halves = halves;
    this.#parts = null;
  }

  /** Undoes it where most of both halves changed. */
  #unite([first, second]: readonly [Stretch, Stretch]): void {
    if (first.#parts === null || second.#parts === null || !first.#changed || !second.#changed) return;
    const parts = [...first.#parts, ...second.#parts];
    const touched = [...first.#touched, ...second.#touched];
    const bytes = costInBytes(parts);
    if (bytes > LARGEST_BYTES || bytes * 2 > touched.length * CHANGE_BYTES) return;
    this.#halves = null;
    this.#parts = parts;
    this.#touched = touched;
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
