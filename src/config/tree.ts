import type { Path } from './path.ts';
import type { Place } from './place.ts';
import type { WrittenText } from './written-text.ts';

/** A YAML document as values that know where they stand. Aliases and merge keys are resolved, so nodes may be shared. */
export type Node = Scalar | List | Mapping;

export interface Scalar {
  readonly kind: 'scalar';
  readonly place: Place;
  readonly value: string | number | boolean | null;
  /** As written, without quotes and before anything was substituted: `0123` where the value is 123. */
  readonly source: string;
  /** Of those that the reader was told to expect, such as `!env`. */
  readonly tag?: string;
  /** Null: it stands in the file as it is, on one line or in a block with `|`. */
  readonly written: WrittenText | null;
  /** Null: nothing was substituted. */
  readonly substitution: Substitution | null;
}

export interface Substitution {
  /** The texts before, between and after the substituted parts: what really stands in the configuration file. */
  readonly literals: readonly string[];
  /** True: a part could not be substituted, which was said already. */
  readonly failed: boolean;
}

export interface List {
  readonly kind: 'list';
  readonly place: Place;
  readonly items: readonly Node[];
}

export interface Mapping {
  readonly kind: 'mapping';
  readonly place: Place;
  readonly entries: ReadonlyMap<string, Entry>;
}

export interface Entry {
  readonly keyPlace: Place;
  readonly value: Node;
}

/** The value at a path, undefined where there is none. */
export function nodeAt(root: Node, path: Path): Node | undefined {
  let node: Node | undefined = root;
  for (const step of path) {
    if (node === undefined) return undefined;
    node = childOf(node, step);
  }
  return node;
}

function childOf(node: Node, step: string | number): Node | undefined {
  if (node.kind === 'mapping') return node.entries.get(String(step))?.value;
  return node.kind === 'list' ? node.items[Number(step)] : undefined;
}

/** The key that a path ends in, undefined where it ends in a list position or nowhere. */
export function entryAt(root: Node, path: Path): Entry | undefined {
  const parent = nodeAt(root, path.slice(0, -1));
  return parent?.kind === 'mapping' ? parent.entries.get(String(path.at(-1))) : undefined;
}
