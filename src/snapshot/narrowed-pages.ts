import type { Page } from '../model/page.ts';

interface KeptPage {
  readonly page: Page;
  readonly shows: readonly string[];
}

/**
 * Narrowed pages that still say what the whole page says. Bounded by `maxBytes`, plain and gzip together: what is asked for
 * again stays, and whoever asks for ever new selections fills no memory.
 */
export class NarrowedPages {
  readonly #maxBytes: number;
  /** By selection, the one that was asked for last at the end. */
  readonly #pages = new Map<string, KeptPage>();
  /** Which selections show something, by its name with its kind. */
  readonly #showing = new Map<string, Set<string>>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get(selection: string): Page | null {
    const kept = this.#pages.get(selection);
    if (kept === undefined) return null;
    this.#pages.delete(selection);
    this.#pages.set(selection, kept);
    return kept.page;
  }

  /** `shows`: what makes this page an old one when it changes. */
  keep(selection: string, page: Page, shows: readonly string[]): void {
    if (sizeOf(page) > this.#maxBytes) return;
    this.#pages.set(selection, { page, shows });
    this.#bytes += sizeOf(page);
    for (const name of shows) {
      const selections = this.#showing.get(name);
      if (selections === undefined) this.#showing.set(name, new Set([selection]));
      else selections.add(selection);
    }
    for (const oldest of this.#pages.keys()) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#drop(oldest);
    }
  }

  /** Drops the pages that show it. */
  changed(name: string): void {
    for (const selection of this.#showing.get(name) ?? []) this.#drop(selection);
  }

  clear(): void {
    this.#pages.clear();
    this.#showing.clear();
    this.#bytes = 0;
  }

  #drop(selection: string): void {
    const kept = this.#pages.get(selection);
    if (kept === undefined) return;
    this.#pages.delete(selection);
    this.#bytes -= sizeOf(kept.page);
    for (const name of kept.shows) {
      const selections = this.#showing.get(name);
      selections?.delete(selection);
      if (selections?.size === 0) this.#showing.delete(name);
    }
  }
}

function sizeOf({ identity, gzip }: Page): number {
  return identity.bytes + gzip.bytes;
}
