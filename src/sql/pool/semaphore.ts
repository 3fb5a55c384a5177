/** Whoever hands out places under a semaphore. */
export interface Claimant {
  /** Uses one place, and says whether it did. */
  takeTurn(): boolean;
}

/** Bounds what is under way over all servers at one time. Those who claim a place take turns. */
export class Semaphore {
  /** In the order of their claims. */
  readonly #claims = new Set<Claimant>();
  #limit: number;
  #taken = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Who is inside stays. */
  setLimit(limit: number): void {
    this.#limit = limit;
    this.#admit();
  }

  /** To be called when the claimant could use a place; it is asked as soon as there is one. */
  claim(claimant: Claimant): void {
    this.#claims.add(claimant);
    this.#admit();
  }

  /** Gives one place back. */
  release(): void {
    this.#taken -= 1;
    this.#admit();
  }

  #admit(): void {
    for (const claimant of this.#claims) {
      if (this.#taken >= this.#limit) return;
      this.#claims.delete(claimant);
      this.#taken += 1;
      if (!claimant.takeTurn()) this.#taken -= 1;
    }
  }
}
