import type { Path } from '../../config/path.ts';
import type { Place } from '../../config/place.ts';
import { didYouMean, editDistance } from '../../config/suggestion.ts';
import type { Mapping, Node, Scalar } from '../../config/tree.ts';
import { parseDuration } from '../../language/duration.ts';
import type { Notes } from './draft.ts';
import type { Report, Subject } from './report.ts';

/**
 * A mapping of the source. It knows which of its keys were read, so that the others can be named: a key that was passed
 * over in silence would be a setting that somebody relies on. What is said is said above the place that `notes` stand for.
 */
export class Section {
  readonly subject: Subject;
  readonly notes: Notes;
  readonly report: Report;
  readonly #mapping: Mapping;
  readonly #read = new Set<string>();

  constructor(mapping: Mapping, path: Path, report: Report, notes: Notes, place: Place = mapping.place) {
    this.subject = { place, path };
    this.#mapping = mapping;
    this.report = report;
    this.notes = notes;
  }

  get keys(): readonly string[] {
    return [...this.#mapping.entries.keys()];
  }

  has(key: string): boolean {
    return this.#mapping.entries.has(key);
  }

  /** Undefined: there is none, or nothing stands there. */
  node(key: string): Node | undefined {
    this.#read.add(key);
    const node = this.#mapping.entries.get(key)?.value;
    return node?.kind === 'scalar' && node.value === null ? undefined : node;
  }

  /** A text, a number or a word, whatever its tag. */
  scalar(key: string): Scalar | undefined {
    const node = this.node(key);
    if (node === undefined || node.kind === 'scalar') return node;
    this.lose(key, 'expected a text');
    return undefined;
  }

  text(key: string): string | undefined {
    const scalar = this.scalar(key);
    if (scalar?.tag === undefined) return scalar === undefined ? undefined : textOf(scalar);
    this.lose(key, `${scalar.tag} can stand only where a database is described, or SQL`);
    return undefined;
  }

  flag(key: string): boolean | undefined {
    const text = this.text(key);
    if (text === undefined || text === 'true' || text === 'false')
      return text === undefined ? undefined : text === 'true';
    this.lose(key, 'expected true or false');
    return undefined;
  }

  count(key: string): number | undefined {
    const text = this.text(key);
    if (text === undefined || /^\d{1,9}$/.test(text)) return text === undefined ? undefined : Number(text);
    this.lose(key, 'expected a whole number');
    return undefined;
  }

  /** In milliseconds; a bare number is seconds. Null: none is meant, as 0 says. */
  durationMs(key: string): number | null {
    const text = this.text(key);
    if (text === undefined) return null;
    const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1_000 : parseDuration(text);
    if (ms === null) this.lose(key, 'expected a duration');
    return ms === null || ms <= 0 ? null : Math.round(ms);
  }

  /** A list of texts; a text alone is a list of one. */
  texts(key: string): readonly string[] {
    const node = this.node(key);
    if (node?.kind === 'scalar') return [textOf(node)];
    if (node === undefined) return [];
    const items = node.kind === 'list' ? node.items : [];
    const texts = items.flatMap((item) => (item.kind === 'scalar' ? [textOf(item)] : []));
    if (node.kind !== 'list' || texts.length < items.length) this.lose(key, 'expected a list of texts');
    return texts;
  }

  /** A mapping of texts. */
  textMap(key: string): Readonly<Record<string, string>> {
    const node = this.node(key);
    if (node === undefined) return {};
    if (node.kind !== 'mapping') {
      this.lose(key, 'expected a mapping of texts');
      return {};
    }
    const pairs: (readonly [string, string])[] = [];
    for (const [name, { value }] of node.entries) {
      if (value.kind === 'scalar') pairs.push([name, textOf(value)]);
      else this.lose(key, 'expected a mapping of texts');
    }
    return Object.fromEntries(pairs);
  }

  section(key: string, notes: Notes = this.notes): Section | undefined {
    const node = this.node(key);
    if (node?.kind === 'mapping') return this.#child(node, [key], notes, this.#keyPlace(key));
    if (node !== undefined) this.lose(key, 'expected a mapping');
    return undefined;
  }

  /** A list of mappings, each with notes of its own. */
  sections(key: string): readonly Section[] {
    const node = this.node(key);
    if (node === undefined) return [];
    const items = node.kind === 'list' ? node.items : [];
    const sections = items.flatMap((item, index) =>
      item.kind === 'mapping' ? [this.#child(item, [key, nameOf(item) ?? index], [], item.place)] : [],
    );
    if (node.kind !== 'list' || sections.length < items.length) this.lose(key, 'expected a list of mappings');
    return sections;
  }

  /** The mappings in this one, by name, each with notes of its own. */
  children(): readonly (readonly [string, Section])[] {
    return this.keys.flatMap((key) => {
      const section = this.section(key, []);
      return section === undefined ? [] : [[key, section] as const];
    });
  }

  /** Marks keys as read that need no counterpart here. */
  drop(...keys: readonly string[]): void {
    for (const key of keys) this.#read.add(key);
  }

  lose(key: string, text: string): void {
    this.#read.add(key);
    this.report.lose(this.at(key), text, this.notes);
  }

  note(key: string, text: string): void {
    this.report.note(this.at(key), text, this.notes);
  }

  at(key: string): Subject {
    return { place: this.#keyPlace(key), path: [...this.subject.path, key] };
  }

  /** Says that the whole of it is missing in the output. */
  loseAll(text: string, notes: Notes = this.notes): void {
    this.report.lose(this.subject, text, notes);
  }

  /** Names the keys that nobody read. */
  loseRest(): void {
    for (const key of this.keys.filter((name) => !this.#read.has(name))) {
      const meant = [...this.#read].find((known) => editDistance(key, known) === 1) ?? null;
      // There too it does nothing, so nothing is lost.
      if (meant !== null) this.note(key, `"${key}" is unknown there too${didYouMean(meant)}`);
      else this.lose(key, 'has no counterpart');
    }
  }

  #keyPlace(key: string): Place {
    return this.#mapping.entries.get(key)?.keyPlace ?? this.subject.place;
  }

  #child(mapping: Mapping, steps: Path, notes: Notes, place: Place): Section {
    return new Section(mapping, [...this.subject.path, ...steps], this.report, notes, place);
  }
}

/** What an item of a list calls itself. */
function nameOf({ entries }: Mapping): string | undefined {
  const keys = ['name', 'job_name', 'collector_name', 'metric_name', 'query_name'];
  const name = keys.map((key) => entries.get(key)?.value).find((value) => value !== undefined);
  return name?.kind === 'scalar' ? textOf(name) : undefined;
}

function textOf({ value, source }: Scalar): string {
  return typeof value === 'string' ? value : source;
}
