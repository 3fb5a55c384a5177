import { dirname, resolve } from 'node:path';
import { ConfigError } from '../../config/config-error.ts';
import { formatPlace } from '../../config/place.ts';
import type { Entry, Mapping, Node, Scalar } from '../../config/tree.ts';
import type { Notes } from './draft.ts';
import type { Conversion } from './source-format.ts';

// Includes may name each other many times over without a loop.
const MAX_INCLUDES = 100;

/** Puts the files that `!include` names in their places. Throws a `ConfigError` for files that include each other. */
export function resolveIncludes(root: Mapping, conversion: Conversion, notes: Notes): Mapping {
  const resolved = new Includes(conversion, notes).resolve(root, [root.place.file.absolutePath]);
  return resolved.kind === 'mapping' ? resolved : root;
}

class Includes {
  readonly #conversion: Conversion;
  readonly #notes: Notes;
  #count = 0;

  constructor(conversion: Conversion, notes: Notes) {
    this.#conversion = conversion;
    this.#notes = notes;
  }

  /** `stack` are the files that led to the node. */
  resolve(node: Node, stack: readonly string[]): Node {
    if (node.kind === 'scalar') return node.tag === '!include' ? this.#include(node, stack) : node;
    if (node.kind === 'list') return { ...node, items: node.items.map((item) => this.resolve(item, stack)) };
    const entries = Array.from(node.entries, ([key, { keyPlace, value }]): [string, Entry] => [
      key,
      { keyPlace, value: this.resolve(value, stack) },
    ]);
    return { ...node, entries: new Map(entries) };
  }

  #include(scalar: Scalar, stack: readonly string[]): Node {
    const path = resolve(dirname(scalar.place.file.absolutePath), scalar.source);
    if (stack.includes(path)) throw new ConfigError([`${formatPlace(scalar.place)}: the file includes itself`]);
    if (++this.#count > MAX_INCLUDES) {
      throw new ConfigError([`${formatPlace(scalar.place)}: more than ${MAX_INCLUDES} files are included up to here`]);
    }
    const root = this.#conversion.read(path, ['!include', '!env', '!file']);
    if (!('problem' in root)) return this.resolve(root, [...stack, path]);
    this.#conversion.report.lose({ place: scalar.place, path: [] }, root.problem, this.#notes);
    return { ...scalar, value: null };
  }
}
