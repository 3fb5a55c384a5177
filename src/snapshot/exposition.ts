import type { NarrowedPage, Page, Selection } from '../model/page.ts';
import type { Plan, Task } from '../model/plan.ts';
import { chunksOf, finish, type Steps } from '../model/steps.ts';
import type { MetricName, TaskKey } from '../model/words.ts';
import { toPage } from './finished-page.ts';
import { type FamilyPlace, Layout } from './layout.ts';
import { NarrowedPages } from './narrowed-pages.ts';
import { PlanIndex } from './plan-index.ts';
import { EMPTY_SEGMENT, type Segment, toRun } from './segment.ts';
import { isEverything, selectionKey, unknownNames } from './selection.ts';

/** What pages are made from. */
export interface PageSource {
  readonly plan: Plan;
  /** What may stand on the page, in its order. The same array as long as nothing of that changes. */
  readonly places: readonly FamilyPlace[];
  /** Brings the exporter's own lines up to date, and says what is different since it was last asked. */
  takeChanges(): Steps<PageChanges>;
  /** Told the size of the page before it is finished, so that the page can say it. */
  measured(series: number, bytes: number): void;
  published(page: Page): void;
}

export interface PageChanges {
  /** Which parts were replaced or removed. */
  readonly parts: Iterable<readonly [MetricName, string]>;
  /** About which tasks the exporter's own lines say something else. */
  readonly tasks: Iterable<TaskKey>;
}

/** Hundreds of targets that are scraped one by one, several times between two refreshes. */
const NARROWED_BYTES = 16 * 1024 ** 2;

/** The pages of the snapshot. What did not change is put in its place as it was: a change costs about its own stretch. */
export class Exposition {
  readonly #source: PageSource;
  #index: PlanIndex;
  #layout: Layout;
  #places: readonly FamilyPlace[];
  /** What the next page is made from, where the plan is another one. */
  #next: { readonly layout: Layout; readonly index: PlanIndex } | null = null;
  #page: Page = toPage(EMPTY_SEGMENT);
  /** From the same parts as the current page, so that both tell of the same moment. */
  readonly #narrowed = new NarrowedPages(NARROWED_BYTES);

  constructor(source: PageSource) {
    this.#source = source;
    this.#places = source.places;
    this.#layout = finish(Layout.of(this.#places));
    this.#index = finish(PlanIndex.of(source.plan));
  }

  /** Empty before the first {@link publish}. */
  current(): Page {
    return this.#page;
  }

  /** Makes a page of what the snapshot says now. Blocks for about as long as it takes to deflate what changed. */
  publish(): Page {
    const source = this.#source;
    finish(this.prepare());
    if (this.#next !== null) {
      this.#layout = this.#next.layout;
      this.#index = this.#next.index;
      this.#next = null;
      this.#narrowed.clear();
    }
    const { series, bytes } = this.#takeOver(finish(source.takeChanges()));
    source.measured(series, bytes);
    this.#page = toPage(this.#takeOver(finish(source.takeChanges())));
    source.published(this.#page);
    return this.#page;
  }

  /** Most of the work that a new plan makes the next page, in steps. Until then the pages are those of the plan before. */
  *prepare(): Steps {
    const source = this.#source;
    if (source.places === this.#places) return;
    this.#places = source.places;
    // What changed until here is seen where everything is read.
    const { parts } = yield* source.takeChanges();
    for (const _ of chunksOf(parts)) yield;
    const layout = yield* Layout.of(source.places);
    const index = yield* PlanIndex.of(source.plan);
    yield* layout.prepare();
    this.#next = { layout, index };
  }

  /** What needs no work: the whole page, one that was asked for before and still is as it was, or names that do not exist. */
  ready(selection: Selection): NarrowedPage | null {
    if (isEverything(selection)) return { kind: 'page', page: this.#page };
    const names = unknownNames(this.#index, selection);
    if (names.length > 0) return { kind: 'unknown', names };
    const page = this.#narrowed.get(selectionKey(selection));
    return page === null ? null : { kind: 'page', page };
  }

  /** Some tasks with their own metrics, as of the current page. Blocks for as long as it takes to deflate them. */
  narrow(selection: Selection): NarrowedPage {
    const ready = this.ready(selection);
    if (ready !== null) return ready;
    const tasks = this.#index.find(selection);
    const page = toPage(toRun(this.#layout.partsOf(tasks)));
    this.#narrowed.keep(selectionKey(selection), page, namesOf(tasks));
    return { kind: 'page', page };
  }

  #takeOver({ parts, tasks }: PageChanges): Segment {
    for (const [family, key] of parts) {
      const scope = this.#layout.touch(family, key);
      this.#narrowed.changed(`${scope} ${key}`);
    }
    for (const key of tasks) this.#narrowed.changed(`task ${key}`);
    return this.#layout.refresh();
  }
}

/** Of everything that a page of these tasks shows, the name after its scope. */
function namesOf(tasks: readonly Task[]): readonly string[] {
  const names = tasks.flatMap(({ key, query, target }) => [
    `task ${key}`,
    `query ${query.name}`,
    `target ${target.name}`,
  ]);
  return [...new Set(names)];
}
