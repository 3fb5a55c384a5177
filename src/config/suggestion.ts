import { quote } from '../language/quote.ts';

// Longer names are not mistyped keys, and the comparison costs the product of the lengths.
const LONGEST = 64;

/**
 * Finds what somebody may have meant. One instance serves one load: after the given number of comparisons it stays
 * silent, so that ten thousand wrong names among ten thousand right ones cost no minutes.
 */
export class Suggestions {
  #comparisonsLeft: number;

  constructor(comparisons = 200_000) {
    this.#comparisonsLeft = comparisons;
  }

  /** The candidate that was most likely meant, null where none is near. */
  nearest(wrong: string, candidates: Iterable<string>): string | null {
    if (wrong.length > LONGEST) return null;
    const typed = wrong.toLowerCase();
    let best: string | null = null;
    // A third of the letters may be wrong.
    let limit = Math.floor(wrong.length / 3) + 1;
    for (const candidate of candidates) {
      if (Math.abs(candidate.length - typed.length) >= limit || candidate.length > LONGEST) continue;
      if (this.#comparisonsLeft-- <= 0) return best;
      const distance = editDistance(typed, candidate.toLowerCase());
      if (distance < limit) {
        best = candidate;
        limit = distance;
      }
    }
    return best;
  }
}

/** `, did you mean "interval"?`, or nothing. */
export function didYouMean(suggestion: string | null): string {
  return suggestion === null ? '' : `, did you mean ${quote(suggestion)}?`;
}

/** So many names are listed where nothing is near. */
const NAMES_LISTED = 12;

/** `, did you mean "check"?`, or, where nothing is near, what there is: `, expected one of serve, check`. */
export function meantOf(wrong: string, known: readonly string[]): string {
  const listed = [...known.slice(0, NAMES_LISTED), ...(known.length > NAMES_LISTED ? ['…'] : [])];
  return didYouMean(new Suggestions().nearest(wrong, known)) || `, expected one of ${listed.join(', ')}`;
}

/** Insertions, deletions, replacements and swaps of neighbours that lead from one text to the other. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = at(last, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1);
      let cost = Math.min(replaced, at(last, column) + 1, at(current, column - 1) + 1);
      const isSwap = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (isSwap) cost = Math.min(cost, at(beforeLast, column - 2) + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return at(last, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
