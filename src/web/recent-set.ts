/** Remembers the texts that were added or found last, at most `limit`. */
export class RecentSet {
  readonly #limit: number;
  /** The least recent first. */
  readonly #texts = new Set<string>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  has(text: string): boolean {
    if (!this.#texts.delete(text)) return false;
    this.#texts.add(text);
    return true;
  }

  add(text: string): void {
    this.#texts.delete(text);
    this.#texts.add(text);
    for (const oldest of this.#texts) {
      if (this.#texts.size <= this.#limit) break;
      this.#texts.delete(oldest);
    }
  }
}
