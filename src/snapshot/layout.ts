import { toPart } from '../metrics/block.ts';
import type { SampleFamily } from '../metrics/families.ts';
import { chunksOf, type Steps } from '../model/steps.ts';
import type { Part } from '../model/update.ts';
import type { MetricName } from '../model/words.ts';
import { type Assembled, assemble, EMPTY_SEGMENT, type Segment, type SlotParts } from './segment.ts';

/**
 * What each part of a family belongs to, and so what its key is: one task, many tasks, a target or a query by name, or the
 * process.
 */
export type Scope = 'task' | 'tasks' | 'target' | 'query' | 'process';

/** Where a family's parts stand: in the order of these keys, whether a part is there or not. */
export interface FamilyPlace {
  readonly family: SampleFamily;
  readonly scope: Scope;
  /** Families with the same keys may share one array. */
  readonly keys: readonly string[];
  /** Where a part holds many tasks: a part of some of them, in their order. */
  readonly narrow: ((tasks: Iterable<string>) => Part) | null;
}

/** One spot of the page: the head of a family (key null) or the part of one key. */
export interface Slot {
  readonly place: FamilyPlace;
  readonly key: string | null;
}

/** To begin with: parts are small or have a block of their own, so most buckets come out at a few kilobytes. */
const BUCKET_SLOTS = 128;
/**
 * A bucket whose small parts outgrow this is divided. Where 125 of 5,000 tasks change at random, smaller buckets cost more
 * in calls of zlib and larger ones more in text that did not change.
 */
const BUCKET_BYTES = 16 * 1024;

/** A run of neighbouring slots, the unit that is made anew when something in it changes. */
export class Bucket {
  readonly slots: readonly Slot[];
  /** The number of its first slot on the page. */
  readonly #first: number;
  #assembled: Assembled | null = null;
  #touched: number[] = [];

  constructor(slots: readonly Slot[], first: number) {
    this.slots = slots;
    this.#first = first;
  }

  /** What stood at each slot when the bucket was last made anew. */
  get parts(): SlotParts {
    return this.#assembled?.parts ?? [];
  }

  get segment(): Segment {
    return this.#assembled?.segment ?? EMPTY_SEGMENT;
  }

  /** `slot`: its number on the page. */
  touch(slot: number): void {
    this.#touched.push(slot - this.#first);
  }

  /** Reads what was touched again. Returns what takes this bucket's place: itself, or two where it outgrew its size. */
  refresh(): readonly Bucket[] {
    const parts = this.#readParts();
    this.#touched = [];
    const middle = this.slots.length >> 1;
    if (middle > 0 && smallBytes(parts) > BUCKET_BYTES) {
      const halves = [
        new Bucket(this.slots.slice(0, middle), this.#first),
        new Bucket(this.slots.slice(middle), this.#first + middle),
      ];
      return halves.flatMap((half) => half.refresh());
    }
    this.#assembled = { parts, segment: assemble(parts, this.#assembled) };
    return [this];
  }

  #readParts(): SlotParts {
    if (this.#assembled === null) return this.slots.map(partAt);
    const parts = [...this.#assembled.parts];
    for (const i of this.#touched) {
      const slot = this.slots[i];
      if (slot !== undefined) parts[i] = partAt(slot);
    }
    return parts;
  }
}

/** The order of everything that may stand on the page, cut into buckets. Assembled anew when the plan is replaced. */
export class Layout {
  #buckets: readonly Bucket[] = [];
  readonly #places = new Map<MetricName, PlaceState>();
  readonly #bucketOf: Bucket[] = [];
  readonly #dirty = new Set<Bucket>();
  readonly #touched = new Set<PlaceState>();

  static *of(places: readonly FamilyPlace[]): Steps<Layout> {
    const layout = new Layout();
    yield* layout.#divide(yield* layout.#line(places));
    return layout;
  }

  get buckets(): readonly Bucket[] {
    return this.#buckets;
  }

  /** Says that the part of a key was replaced or removed. Keys that the layout does not know are ignored. */
  touch(family: MetricName, key: string): void {
    const state = this.#places.get(family);
    const index = state?.index.get(key);
    if (state === undefined || index === undefined) return;
    this.#markSlot(state.firstSlot + 1 + index);
    this.#touched.add(state);
  }

  /** Makes every bucket anew in which something changed, one a step. */
  *refresh(): Steps {
    for (const state of this.#touched) {
      const shown = state.place.family.series > 0;
      // The head of a family comes and goes with its first and last series.
      if (shown !== state.shown) this.#markSlot(state.firstSlot);
      state.shown = shown;
    }
    this.#touched.clear();
    const divided = new Map<Bucket, readonly Bucket[]>();
    for (const bucket of this.#dirty) {
      this.#dirty.delete(bucket);
      const buckets = bucket.refresh();
      if (buckets.length > 1) divided.set(bucket, buckets);
      yield;
    }
    if (divided.size === 0) return;
    this.#buckets = this.#buckets.flatMap((bucket) => divided.get(bucket) ?? [bucket]);
    yield* this.#indexBuckets();
  }

  /** Puts everything in its order. */
  *#line(places: readonly FamilyPlace[]): Steps<readonly Slot[]> {
    const indexes = new Map<readonly string[], Map<string, number>>();
    const slots: Slot[] = [];
    for (const place of places) {
      const known = indexes.get(place.keys);
      const index = known ?? new Map<string, number>();
      indexes.set(place.keys, index);
      const state = { place, index, firstSlot: slots.length, shown: false };
      this.#places.set(place.family.name, state);
      this.#touched.add(state);
      slots.push({ place, key: null });
      for (const keys of chunksOf(place.keys)) {
        for (const key of keys) {
          slots.push({ place, key });
          if (known === undefined) index.set(key, index.size);
        }
        yield;
      }
    }
    return slots;
  }

  *#divide(slots: readonly Slot[]): Steps {
    const buckets: Bucket[] = [];
    for (let from = 0; from < slots.length; from += BUCKET_SLOTS) {
      buckets.push(new Bucket(slots.slice(from, from + BUCKET_SLOTS), from));
      yield;
    }
    this.#buckets = buckets;
    for (const bucket of buckets) this.#dirty.add(bucket);
    yield* this.#indexBuckets();
  }

  #markSlot(slot: number): void {
    const bucket = this.#bucketOf[slot];
    if (bucket === undefined) return;
    bucket.touch(slot);
    this.#dirty.add(bucket);
  }

  *#indexBuckets(): Steps {
    let slot = 0;
    for (const bucket of this.#buckets) {
      for (let i = 0; i < bucket.slots.length; i++) this.#bucketOf[slot++] = bucket;
      yield;
    }
  }
}

interface PlaceState {
  readonly place: FamilyPlace;
  readonly index: ReadonlyMap<string, number>;
  readonly firstSlot: number;
  /** Whether its head stands on the page. */
  shown: boolean;
}

function smallBytes(parts: SlotParts): number {
  let bytes = 0;
  for (const part of parts) if (part !== null && part.deflated === null) bytes += part.text.length;
  return bytes;
}

function partAt({ place: { family }, key }: Slot): Part | null {
  if (key !== null) return family.parts.get(key) ?? null;
  return family.series > 0 ? toPart(family.name, 0, family.header) : null;
}
