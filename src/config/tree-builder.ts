import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Pair,
  type ParsedNode,
  type YAMLMap,
  type Scalar as YamlScalar,
} from 'yaml';
import type { Findings } from './findings.ts';
import type { Path } from './path.ts';
import type { Place, SourceFile } from './place.ts';
import type { Entry, Mapping, Node, Scalar } from './tree.ts';
import { writtenText } from './written-text.ts';

// What aliases and merges may add to the values that are written. A few lines can ask for billions.
const MAX_ALIASED_VALUES = 250_000;

/** What is built from. */
export interface Written {
  readonly document: Document.Parsed;
  readonly file: SourceFile;
  /** Tags of scalars that are no mistake here. */
  readonly tags: readonly string[];
}

/** Turns the parser's document into our tree: aliases and `<<` resolved, tags and keys that come twice refused. */
export function buildTree(written: Written, findings: Findings): Node {
  return new TreeBuilder(written, findings).build(written.document.contents, [], 0);
}

class TreeBuilder {
  readonly #file: SourceFile;
  readonly #tags: readonly string[];
  readonly #findings: Findings;
  /** Null: the anchor's own value is not complete yet. */
  readonly #anchors = new Map<string, Node | null>();
  /** How many values a shared node stands for when it is written out. */
  readonly #sizes = new WeakMap<Node, number>();
  #aliasedValues = 0;

  constructor({ file, tags }: Written, findings: Findings) {
    this.#file = file;
    this.#tags = tags;
    this.#findings = findings;
  }

  build(yaml: ParsedNode | null, path: Path, offset: number): Node {
    if (yaml === null) return this.#nothing(offset);
    const place = this.#place(yaml.range[0]);
    if (isAlias(yaml)) return this.#resolve(yaml, place, path);
    if (yaml.tag !== undefined && !(isScalar(yaml) && this.#tags.includes(yaml.tag))) {
      this.#findings.add(place, path, 'tags are not supported: quote a text that begins with "!"');
    }
    if (yaml.anchor !== undefined) this.#anchors.set(yaml.anchor, null);
    const node = this.#buildPlain(yaml, place, path);
    if (yaml.anchor !== undefined) this.#anchors.set(yaml.anchor, node);
    return node;
  }

  #buildPlain(yaml: Exclude<ParsedNode, Alias>, place: Place, path: Path): Node {
    if (isMap(yaml)) return this.#buildMapping(yaml, place, path);
    if (isSeq(yaml)) {
      const items = yaml.items.map((item, index) =>
        this.build((isPair(item) ? null : item) as ParsedNode | null, [...path, index], yaml.range[0]),
      );
      return this.#sized({ kind: 'list', place, items }, items);
    }
    const value = isPlain(yaml.value) ? yaml.value : String(yaml.value);
    const source = typeof value === 'string' ? value : (yaml.source ?? String(value));
    const { tag } = yaml;
    const written = writtenText(yaml.srcToken);
    const scalar: Scalar = {
      kind: 'scalar',
      place,
      value,
      source,
      written,
      substitution: null,
      ...(tag === undefined ? {} : { tag }),
    };
    return this.#sized(scalar, []);
  }

  #buildMapping(yaml: YAMLMap, place: Place, path: Path): Mapping {
    const entries = new Map<string, Entry>();
    let merged: Node | null = null;
    for (const pair of yaml.items as Pair<ParsedNode, ParsedNode | null>[]) {
      const keyPlace = this.#place(pair.key.range[0]);
      const key = this.#keyOf(pair.key, keyPlace, path);
      if (key === null) continue;
      const isMerge = key === '<<' && isScalar(pair.key) && pair.key.type === 'PLAIN';
      const valuePath = [...path, key];
      const value = this.build(pair.value, valuePath, pair.key.range[1]);
      const first = isMerge ? merged?.place : entries.get(key)?.keyPlace;
      if (first !== undefined) {
        this.#findings.add(keyPlace, valuePath, `this key was given already in line ${this.#lineOf(first)}`);
      } else if (isMerge) merged = value;
      else entries.set(key, { keyPlace, value });
    }
    if (merged !== null) this.#merge(merged, entries, [...path, '<<']);
    const values = Array.from(entries.values(), ({ value }) => value);
    return this.#sized({ kind: 'mapping', place, entries }, values);
  }

  /** A number or a word such as `null` may be a name; it is taken as written. */
  #keyOf(key: ParsedNode | null, place: Place, path: Path): string | null {
    if (!isScalar(key)) {
      this.#findings.add(place, path, 'a key must be a text');
      return null;
    }
    if (key.tag !== undefined || key.anchor !== undefined) {
      this.#findings.add(place, path, 'a key takes no tag and no anchor');
    }
    return textOf(key);
  }

  /** What the mapping says itself stands before what it merges, and the first of several merged ones before the next. */
  #merge(source: Node, entries: Map<string, Entry>, path: Path): void {
    for (const mapping of source.kind === 'list' ? source.items : [source]) {
      if (mapping.kind !== 'mapping') {
        this.#findings.add(mapping.place, path, 'expected an alias of a mapping, or a list of them');
        continue;
      }
      for (const [key, entry] of mapping.entries) {
        if (entries.has(key)) continue;
        entries.set(key, entry);
        if (!this.#spend(entry.value, source.place, path)) return;
      }
    }
  }

  #resolve(alias: Alias, place: Place, path: Path): Node {
    const node = this.#anchors.get(alias.source);
    // The alias is not named: it may be a password that was not quoted.
    if (node === undefined) this.#findings.add(place, path, 'unknown alias: quote a text that begins with "*"');
    if (node === null) this.#findings.add(place, path, 'an alias cannot stand inside the value that it names');
    return node && this.#spend(node, place, path) ? node : this.#nothing(place.offset ?? 0);
  }

  #spend(node: Node, place: Place, path: Path): boolean {
    const before = this.#aliasedValues;
    this.#aliasedValues += this.#sizes.get(node) ?? 1;
    if (this.#aliasedValues <= MAX_ALIASED_VALUES) return true;
    if (before <= MAX_ALIASED_VALUES) {
      this.#findings.add(place, path, `aliases repeat more than ${MAX_ALIASED_VALUES} values up to here`);
    }
    return false;
  }

  #sized<N extends Node>(node: N, children: readonly Node[]): N {
    this.#sizes.set(
      node,
      children.reduce((sum, child) => sum + (this.#sizes.get(child) ?? 1), 1),
    );
    return node;
  }

  #nothing(offset: number): Node {
    return { kind: 'scalar', place: this.#place(offset), value: null, source: '', written: null, substitution: null };
  }

  #place(offset: number): Place {
    return { file: this.#file, offset };
  }

  #lineOf(place: Place): number {
    return this.#file.lines.linePos(place.offset ?? 0).line;
  }
}

function isPlain(value: unknown): value is string | number | boolean | null {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

function textOf(key: YamlScalar): string {
  return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
}
