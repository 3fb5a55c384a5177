import type { SampleFamily } from '../metrics/families.ts';
import type { Part } from '../model/outcome.ts';
import type { Task } from '../model/plan.ts';
import { chunksOf, type Steps } from '../model/steps.ts';
import type { MetricName } from '../model/words.ts';
import type { Segment } from './segment.ts';
import { type Slot, Stretch } from './stretch.ts';

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

/** The order of everything that may stand on the page. Made anew when the plan is replaced. */
export class Layout {
  readonly #places = new Map<MetricName, PlaceState>();
  /** The places that hold parts of something else than one task each, by what that is. */
  readonly #shared: Readonly<Record<'tasks' | 'target' | 'query', PlaceState[]>> = { tasks: [], target: [], query: [] };
  #slots = new Stretch([]);
  /** Places that changed since the last refresh. */
  readonly #touched = new Set<PlaceState>();

  static *of(places: readonly FamilyPlace[]): Steps<Layout> {
    const layout = new Layout();
    const indexes = new Map<readonly string[], Map<string, number>>();
    const slots: Slot[] = [];
    for (const place of places) {
      const { family, scope, keys } = place;
      const known = indexes.get(keys);
      const index = known ?? new Map<string, number>();
      indexes.set(keys, index);
      const state = { place, index, firstSlot: slots.length, shown: family.series > 0 };
      layout.#places.set(family.name, state);
      if (scope !== 'task' && scope !== 'process') layout.#shared[scope].push(state);
      slots.push({ family, key: null });
      for (const chunk of chunksOf(keys)) {
        for (const key of chunk) {
          slots.push({ family, key });
          if (known === undefined) index.set(key, index.size);
        }
        yield;
      }
    }
    layout.#slots = new Stretch(slots);
    return layout;
  }

  /** Says that the part of a key was replaced or removed. Null, and nothing happens, where the layout does not know it. */
  touch(family: MetricName, key: string): Scope | null {
    const state = this.#places.get(family);
    const slot = state === undefined ? null : slotOf(state, key);
    if (state === undefined || slot === null) return null;
    this.#slots.touch(slot);
    this.#touched.add(state);
    return state.place.scope;
  }

  /** Most of the work of the next refresh, in steps. */
  prepare(): Steps {
    return this.#slots.prepare();
  }

  /** Everything, with what was touched as it is now. */
  refresh(): Segment {
    for (const state of this.#touched) {
      const shown = state.place.family.series > 0;
      // The head of a family comes and goes with its first and last series.
      if (shown !== state.shown) this.#slots.touch(state.firstSlot);
      state.shown = shown;
    }
    this.#touched.clear();
    return this.#slots.refresh();
  }

  /** The parts of these tasks as of the last refresh, and of what belongs to them alone, each family with its head. */
  partsOf(tasks: readonly Task[]): readonly Part[] {
    const keys = tasks.map(({ key }) => key);
    return this.#choose(tasks).flatMap(([{ place, firstSlot }, slots]) => {
      const parts = place.narrow === null ? slots.map((slot) => this.#slots.partAt(slot)) : [place.narrow(keys)];
      const present = parts.flatMap((part) => (part === null || part.series === 0 ? [] : part));
      const head = this.#slots.partAt(firstSlot);
      return head === null || present.length === 0 ? [] : [head, ...present];
    });
  }

  /** In the order of the page, each with the slots that are chosen of it. */
  #choose(tasks: readonly Task[]): (readonly [PlaceState, readonly number[]])[] {
    const chosen = new Map<PlaceState, Set<number>>();
    const add = (state: PlaceState, key: string): void => {
      const slots = chosen.get(state) ?? new Set();
      chosen.set(state, slots);
      const slot = slotOf(state, key);
      if (slot !== null) slots.add(slot);
    };
    for (const { key, query, target, metrics } of tasks) {
      for (const { family } of metrics) {
        const state = this.#places.get(family);
        if (state !== undefined) add(state, key);
      }
      for (const state of this.#shared.tasks) add(state, key);
      for (const state of this.#shared.target) add(state, target.name);
      for (const state of this.#shared.query) add(state, query.name);
    }
    return [...chosen]
      .sort(([a], [b]) => a.firstSlot - b.firstSlot)
      .map(([state, slots]) => [state, [...slots].sort((a, b) => a - b)]);
  }
}

interface PlaceState {
  readonly place: FamilyPlace;
  readonly index: ReadonlyMap<string, number>;
  readonly firstSlot: number;
  /** Whether its head stands on the page. */
  shown: boolean;
}

/** Null: the layout does not know the key. */
function slotOf({ index, firstSlot }: PlaceState, key: string): number | null {
  const position = index.get(key);
  return position === undefined ? null : firstSlot + 1 + position;
}
