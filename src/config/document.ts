import type { Findings } from './findings.ts';
import { PackedQueries } from './packed-queries.ts';
import { type Path, pathKey } from './path.ts';
import { comparePlaces, formatPlace, type Place } from './place.ts';
import { Suggestions } from './suggestion.ts';
import { entryAt, type Mapping, type Node, nodeAt } from './tree.ts';

/**
 * A configuration while it is being checked: its tree, what was found about it, and which of its values are known to be
 * wrong, so that no check draws conclusions from them.
 */
export class ConfigDocument {
  readonly root: Mapping;
  readonly problems: Findings;
  readonly warnings: Findings;
  readonly packed: PackedQueries;
  readonly suggestions = new Suggestions();
  readonly #wrong = new Set<string>();
  readonly #mistyped = new Set<string>();

  constructor(root: Mapping, problems: Findings, warnings: Findings, packed = new PackedQueries()) {
    this.root = root;
    this.problems = problems;
    this.warnings = warnings;
    this.packed = packed;
  }

  /** A problem at the value. */
  refuse(path: Path, text: string): void {
    this.problems.add(this.placeOf(path), this.packed.writtenPath(path), text);
  }

  /** A problem at the key. */
  refuseKey(path: Path, text: string): void {
    this.problems.add(this.keyPlaceOf(path), this.packed.writtenPath(path), text);
  }

  warn(path: Path, text: string): void {
    if (this.packed.isShipped(path)) return;
    this.warnings.add(this.placeOf(path), this.packed.writtenPath(path), text);
  }

  warnKey(path: Path, text: string): void {
    if (this.packed.isShipped(path)) return;
    this.warnings.add(this.keyPlaceOf(path), this.packed.writtenPath(path), text);
  }

  /** Whether the key was written at all, right or wrong. */
  has(path: Path): boolean {
    return nodeAt(this.root, path) !== undefined;
  }

  /** Says that a key is missing, unless one of them was written, even if it was mistyped. */
  requireOneOf(path: Path, keys: readonly string[]): void {
    if (keys.some((key) => this.has([...path, key]) || this.isMistyped([...path, key]))) return;
    const quoted = keys.map((key) => `"${key}"`);
    const last = quoted.pop();
    this.refuseKey(path, `missing ${quoted.length === 0 ? last : `${quoted.join(', ')} or ${last}`}`);
  }

  /** The key that somebody meant, who wrote another one. */
  markMistyped(path: Path): void {
    this.#mistyped.add(pathKey(path));
  }

  isMistyped(path: Path): boolean {
    return this.#mistyped.has(pathKey(path));
  }

  nodeAt(path: Path): Node | undefined {
    return nodeAt(this.root, path);
  }

  placeOf(path: Path): Place {
    return (nodeAt(this.root, this.packed.writtenPath(path)) ?? this.root).place;
  }

  keyPlaceOf(path: Path): Place {
    return entryAt(this.root, this.packed.writtenPath(path))?.keyPlace ?? this.placeOf(path);
  }

  /** `config.yml:7:3`, for a message about another place. */
  formatKeyPlace(path: Path): string {
    return formatPlace(this.keyPlaceOf(path));
  }

  /** Positive: the key at `a` stands after the one at `b`. What ships stands before all that the user wrote. */
  compareKeys(a: Path, b: Path): number {
    const [first, second] = [a, b].map((path) => Number(!this.packed.isShipped(path))) as [number, number];
    return first - second || comparePlaces(this.keyPlaceOf(a), this.keyPlaceOf(b));
  }

  /** Where a relative path in this value starts from. */
  configPathOf(path: Path): string {
    return this.placeOf(path).file.absolutePath;
  }

  /** What was put in from elsewhere stays secret. */
  isSubstituted(path: Path): boolean {
    const node = nodeAt(this.root, path);
    return node?.kind === 'scalar' && node.substitution !== null;
  }

  markWrong(path: Path): void {
    for (let length = 0; length <= path.length; length++) this.#wrong.add(pathKey(path.slice(0, length)));
  }

  /** Whether the value or a part of it was found wrong when types and formats were checked. */
  isWrong(path: Path): boolean {
    return this.#wrong.has(pathKey(path));
  }
}
