import { ConfigError } from './config-error.ts';
import { formatPath, type Path } from './path.ts';
import { comparePlaces, formatPlace, type Place } from './place.ts';

interface Finding {
  readonly place: Place;
  readonly line: string;
}

/** Gathers what is to be said about a configuration, so that all of it is said at once and in the order of the text. */
export class Findings {
  readonly #findings: Finding[] = [];
  readonly #seen = new Set<string>();

  /** The same text about the same place is kept once: a value that is used by many aliases has one mistake. */
  add(place: Place, path: Path, text: string): void {
    const identity = `${place.file.order}:${place.offset}:${text}`;
    if (this.#seen.has(identity)) return;
    this.#seen.add(identity);
    const where = path.length === 0 ? '' : `${formatPath(path)}: `;
    this.#findings.push({ place, line: `${formatPlace(place)}: ${where}${text}` });
  }

  get count(): number {
    return this.#findings.length;
  }

  toLines(): string[] {
    return this.#findings.toSorted((a, b) => comparePlaces(a.place, b.place)).map(({ line }) => line);
  }

  /** Throws a {@link ConfigError} with everything found so far, if anything was. */
  throwIfAny(): void {
    if (this.count > 0) throw new ConfigError(this.toLines());
  }
}
