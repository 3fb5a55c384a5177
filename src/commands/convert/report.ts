import { Findings } from '../../config/findings.ts';
import { formatPath, type Path } from '../../config/path.ts';
import type { Place } from '../../config/place.ts';
import type { Notes } from './draft.ts';

/** Something of the source, for messages. */
export interface Subject {
  readonly place: Place;
  readonly path: Path;
}

/** Gathers what a person must know beyond the output. Each text is a comment there and a line for standard error. */
export class Report {
  readonly #findings = new Findings();
  #complete = true;

  /** Part of the source is not in the output. */
  lose({ place, path }: Subject, text: string, notes: Notes): void {
    this.#complete = false;
    // A position in a list says nothing without what the list is.
    const key = formatPath(path.slice(path.findLastIndex((step) => typeof step === 'string')));
    addNote(notes, `not converted: ${key === '' ? '' : `${key}: `}${text}`);
    this.#findings.add(place, path, `not converted: ${text}`);
  }

  /** Something has another form here, or works in another way. */
  note({ place, path }: Subject, text: string, notes: Notes): void {
    addNote(notes, text);
    this.#findings.add(place, path, text);
  }

  /** Whether nothing was left out. */
  get complete(): boolean {
    return this.#complete;
  }

  /** `config.yml:7:12: queries.orders.parameters: not converted: …` */
  toLines(): readonly string[] {
    return this.#findings.toLines();
  }
}

function addNote(notes: Notes, text: string): void {
  if (!notes.includes(text)) notes.push(text);
}
