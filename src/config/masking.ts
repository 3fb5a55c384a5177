import { stringify } from 'yaml';
import type { Path } from './path.ts';
import { configSchema } from './schema.ts';
import { factsAt } from './schema-walk.ts';
import type { Mapping, Node } from './tree.ts';

const MASK = '<secret>';

/**
 * The configuration as YAML: files united, aliases written out, `${…}` as it stands in the file, and every secret
 * replaced as a whole.
 */
export function toMaskedYaml(root: Mapping): string {
  return stringify(masked(root, []), { aliasDuplicateObjects: false, lineWidth: 0 });
}

function masked(node: Node, path: Path): unknown {
  if (node.kind === 'list') return node.items.map((item, index) => masked(item, [...path, index]));
  if (node.kind === 'scalar') return factsAt(configSchema, path).secrecy === 'masked' ? MASK : node.value;
  return new Map(Array.from(node.entries, ([key, { value }]) => [key, masked(value, [...path, key])]));
}
