import type { NarrowedPage, Page, Selection } from '../model/page.ts';
import type { Plan } from '../model/plan.ts';
import { chunksOf, finish, type Steps } from '../model/steps.ts';
import type { Part } from '../model/update.ts';
import type { MetricName } from '../model/words.ts';
import { type Bucket, type FamilyPlace, Layout, type Scope } from './layout.ts';
import { assemble, concat, EMPTY_SEGMENT, type Segment, toPage } from './segment.ts';
import { type ChosenKeys, choose, selectionKey } from './selection.ts';

/** What pages are made from. */
export interface PageSource {
  readonly plan: Plan;
  /** What may stand on the page, in its order. The same array as long as nothing of that changes. */
  readonly places: readonly FamilyPlace[];
  /** Brings the exporter's own lines up to date, and says which parts were replaced or removed since it was last asked. */
  takeChanges(): Steps<Iterable<readonly [MetricName, string]>>;
  /** Told the size of the page before it is finished, so that the page can say it. */
  measured(series: number, bytes: number): void;
  published(page: Page): void;
}

/** Someone who asks for ever new selections must not fill the memory; Prometheus asks for the same few again. */
const NARROWED_PAGES = 32;

const EMPTY_PAGE = toPage(EMPTY_SEGMENT);

/** The pages of the snapshot. What did not change is put in its place as it was: a change costs about its own bucket. */
export class Exposition {
  readonly #source: PageSource;
  #plan: Plan;
  #layout: Layout;
  #places: readonly FamilyPlace[];
  /** What takes the place of the layout with the next page. */
  #nextLayout: Layout | null = null;
  #page: Page = EMPTY_PAGE;
  /** From the same buckets as the current page, so that both tell of the same moment. */
  readonly #narrowed = new Map<string, NarrowedPage>();

  constructor(source: PageSource) {
    this.#source = source;
    this.#plan = source.plan;
    this.#places = source.places;
    this.#layout = finish(Layout.of(this.#places));
  }

  /** Empty before the first {@link publish}. */
  current(): Page {
    return this.#page;
  }

  /** Makes a page of what the snapshot says now. Blocks for about as long as it takes to deflate what changed. */
  publish(): Page {
    const source = this.#source;
    finish(this.prepare());
    this.#layout = this.#nextLayout ?? this.#layout;
    this.#nextLayout = null;
    this.#plan = source.plan;
    const { series, bytes } = this.#wholeSegment();
    source.measured(series, bytes);
    finish(takeOver(source, this.#layout));

    this.#page = toPage(this.#wholeSegment());
    this.#narrowed.clear();
    source.published(this.#page);
    return this.#page;
  }

  /** Some tasks with their own metrics, as of the current page. */
  narrow(selection: Selection): NarrowedPage {
    const choice = choose(this.#plan, selection);
    if (choice.kind === 'all') return { kind: 'page', page: this.#page };
    if (choice.kind === 'unknown') return choice;
    const key = selectionKey(selection);
    const known = this.#narrowed.get(key);
    if (known !== undefined) return known;
    const narrowed: NarrowedPage = {
      kind: 'page',
      page: toPage(assemble([...chosenParts(this.#layout.buckets, choice.keys)])),
    };
    if (this.#narrowed.size >= NARROWED_PAGES) this.#narrowed.clear();
    this.#narrowed.set(key, narrowed);
    return narrowed;
  }

  /** Most of the work of the next page, which may be done in steps before. The current one stays what it is. */
  *prepare(): Steps {
    const source = this.#source;
    if (source.places !== this.#places) {
      this.#places = source.places;
      this.#nextLayout = yield* Layout.of(source.places);
    }
    yield* takeOver(source, this.#nextLayout ?? this.#layout);
  }

  #wholeSegment(): Segment {
    return concat(this.#layout.buckets.map(({ segment }) => segment));
  }
}

function* takeOver(source: PageSource, layout: Layout): Steps {
  for (const changes of chunksOf(yield* source.takeChanges())) {
    for (const [family, key] of changes) layout.touch(family, key);
    yield;
  }
  yield* layout.refresh();
}

/** The parts of some tasks, and of what belongs to them alone, each family with its head. */
function* chosenParts(buckets: readonly Bucket[], keys: ChosenKeys): Generator<Part> {
  /** Of the family that we are in, until the first of its parts is chosen. */
  let head: Part | null = null;
  for (const { slots, parts } of buckets) {
    for (const [i, { place, key }] of slots.entries()) {
      const part = parts[i] ?? null;
      if (part === null) continue;
      if (key === null) head = part;
      const chosen: Part | null = key === null ? (place.narrow?.(keys.task) ?? null) : part;
      if (chosen === null || chosen.series === 0 || (key !== null && !isChosen(keys, place.scope, key))) continue;
      if (head !== null) yield head;
      head = null;
      yield chosen;
    }
  }
}

function isChosen(keys: ChosenKeys, scope: Scope, key: string): boolean {
  return (scope === 'task' || scope === 'target' || scope === 'query') && keys[scope].has(key);
}
