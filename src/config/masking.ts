import { stringify } from 'yaml';
import type { Path } from './path.ts';
import type { Mapping, Node } from './tree.ts';

const MASK = '<secret>';

/**
 * The configuration as YAML: files united, aliases written out, `${…}` as it stands in the file, and every DSN and
 * password replaced. A DSN goes as a whole, since any part of it may be a secret.
 */
export function toMaskedYaml(root: Mapping): string {
  return stringify(masked(root, []), { aliasDuplicateObjects: false, lineWidth: 0 });
}

function masked(node: Node, path: Path): unknown {
  if (node.kind === 'list') return node.items.map((item, index) => masked(item, [...path, index]));
  if (node.kind === 'scalar') return isMasked(path) ? MASK : node.value;
  return new Map(Array.from(node.entries, ([key, { value }]) => [key, masked(value, [...path, key])]));
}

function isMasked(path: Path): boolean {
  if (path.length === 1) return path[0] === 'dsn';
  return path.length === 3 && path[0] === 'targets' && (path[2] === 'dsn' || path[2] === 'password');
}
