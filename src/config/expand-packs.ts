import { quote } from '../language/quote.ts';
import type { Findings } from './findings.ts';
import { listPacks, type Pack, readPack } from './pack-files.ts';
import { PACK_OPTIONS, PACKED_OPTIONS } from './pack-schema.ts';
import { PackedQueries, type PackedQuery } from './packed-queries.ts';
import type { Path } from './path.ts';
import { formatPlace, type Place } from './place.ts';
import { didYouMean, Suggestions } from './suggestion.ts';
import type { Entry, Mapping, Node } from './tree.ts';

/** An option that takes the place of others. */
const REPLACES: Readonly<Record<string, readonly string[]>> = {
  interval: ['schedule', 'timezone', 'catch_up'],
  schedule: ['interval'],
  sql: ['sql_file'],
  sql_file: ['sql'],
};

interface Expanded {
  /** The configuration with the queries of its packs among its own. */
  readonly united: Mapping;
  readonly packed: PackedQueries;
}

/**
 * Puts the queries of the packs that a configuration names under its `queries`, each with the options that the user gave
 * it. What is wrong with those is said when all are checked.
 */
export function expandPacks(root: Mapping, problems: Findings): Expanded {
  const packs = root.entries.get('packs');
  if (packs === undefined) return { united: root, packed: new PackedQueries() };
  const own = root.entries.get('queries');
  const queries = new Map<string, Entry>();
  const packed = new Map<string, PackedQuery>();
  for (const asked of askedPacks(packs.value, problems)) {
    refuseUnknownQueries(asked, problems);
    for (const [name, shipped] of asked.pack.queries.entries) {
      const options = optionsOf(asked.options, name);
      if (options === 'off' || packed.has(name)) continue;
      const taken = (['queries', 'metrics'] as const).find((section) => entryOf(root, section, name) !== undefined);
      if (taken !== undefined) {
        const place = entryOf(root, taken, name)?.keyPlace ?? packs.keyPlace;
        const text = `the pack ${quote(asked.pack.name)} (${formatPlace(asked.place)}) has a query of this name`;
        problems.add(place, [taken, name], text);
        continue;
      }
      const { entry, origins } = layer(shipped, [
        { options: asked.options, keys: PACK_OPTIONS, path: asked.path },
        { options, keys: PACKED_OPTIONS, path: [...asked.path, 'queries', name] },
      ]);
      queries.set(name, entry);
      packed.set(name, { engine: asked.pack.engine, path: asked.path, own: origins });
    }
  }
  if (own?.value.kind === 'mapping') for (const [name, entry] of own.value.entries) queries.set(name, entry);
  else if (own !== undefined) return { united: root, packed: new PackedQueries() };
  const { keyPlace, value } = own ?? packs;
  const entries = new Map(root.entries);
  entries.set('queries', { keyPlace, value: { kind: 'mapping', place: value.place, entries: queries } });
  return { united: { ...root, entries }, packed: new PackedQueries(packed) };
}

interface AskedPack {
  readonly pack: Pack;
  readonly path: Path;
  readonly place: Place;
  /** Null: none were given, or what was given is none, which the schema says. */
  readonly options: Mapping | null;
}

/** The packs that are named and known. */
function askedPacks(node: Node, problems: Findings): AskedPack[] {
  const known = listPacks();
  const suggestions = new Suggestions();
  return namedPacks(node).flatMap(({ name, path, place, options }) => {
    if (known.includes(name)) return [{ pack: readPack(name), path, place, options }];
    const meant = didYouMean(suggestions.nearest(name, known));
    const advice = meant || ', expected one of those that `query-exporter packs` lists';
    problems.add(place, path, `unknown pack ${quote(name)}${advice}`);
    return [];
  });
}

interface NamedPack extends Omit<AskedPack, 'pack'> {
  readonly name: string;
}

function namedPacks(node: Node): NamedPack[] {
  if (node.kind === 'list') {
    return node.items.flatMap((item, index) => {
      if (item.kind !== 'scalar' || typeof item.value !== 'string') return [];
      return [{ name: item.value, path: ['packs', index], place: item.place, options: null }];
    });
  }
  if (node.kind !== 'mapping') return [];
  return Array.from(node.entries, ([name, { keyPlace, value }]) => {
    return { name, path: ['packs', name], place: keyPlace, options: value.kind === 'mapping' ? value : null };
  });
}

function refuseUnknownQueries({ pack, path, options }: AskedPack, problems: Findings): void {
  const given = options?.entries.get('queries')?.value;
  if (given?.kind !== 'mapping') return;
  const known = [...pack.queries.entries.keys()];
  const suggestions = new Suggestions();
  for (const [name, { keyPlace }] of given.entries) {
    if (known.includes(name)) continue;
    const meant = didYouMean(suggestions.nearest(name, known));
    problems.add(
      keyPlace,
      [...path, 'queries', name],
      `the pack ${quote(pack.name)} has no query of this name${meant}`,
    );
  }
}

/** What the user says of one query of a pack. Null: nothing, or nothing that makes sense. */
function optionsOf(pack: Mapping | null, name: string): Mapping | 'off' | null {
  const node = pack === null ? undefined : entryOf(pack, 'queries', name)?.value;
  if (node?.kind === 'scalar' && node.value === 'off') return 'off';
  return node?.kind === 'mapping' ? node : null;
}

function entryOf(root: Mapping, section: string, name: string): Entry | undefined {
  const node = root.entries.get(section)?.value;
  return node?.kind === 'mapping' ? node.entries.get(name) : undefined;
}

interface Layer {
  readonly options: Mapping | null;
  /** The options that count here. */
  readonly keys: readonly string[];
  readonly path: Path;
}

/** A query with options laid over it, the last ones on top. */
function layer({ keyPlace, value }: Entry, layers: readonly Layer[]) {
  const entries = new Map(value.kind === 'mapping' ? value.entries : []);
  const origins = new Map<string, Path>();
  for (const { options, keys, path } of layers) {
    const given = keys.flatMap((key) => {
      const entry = options?.entries.get(key);
      return entry === undefined ? [] : [[key, entry] as const];
    });
    for (const replaced of given.flatMap(([key]) => REPLACES[key] ?? [])) {
      entries.delete(replaced);
      origins.delete(replaced);
    }
    for (const [key, entry] of given) {
      entries.set(key, entry);
      origins.set(key, path);
    }
  }
  const entry: Entry = { keyPlace, value: { kind: 'mapping', place: value.place, entries } };
  return { entry, origins };
}
