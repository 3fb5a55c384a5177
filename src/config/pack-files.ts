import { readdirSync } from 'node:fs';
import { shippedFile } from '../shipped-files.ts';
import { readConfigFile } from './config-file.ts';
import { ConfigDocument } from './document.ts';
import { Findings } from './findings.ts';
import { type PackContents, packFile } from './pack-schema.ts';
import { checkShape } from './shape-check.ts';
import type { Mapping, Node } from './tree.ts';

/** A file of ordinary queries that ships with the program. */
export interface Pack {
  readonly name: string;
  /** Where it stands on this machine. */
  readonly path: string;
  /** The word of the engine on whose targets it runs. */
  readonly engine: string;
  readonly root: Mapping;
  /** By name. */
  readonly queries: Mapping;
}

const FOLDER = shippedFile('packs/');
const ENDING = '.yml';

/** In alphabetical order. */
export function listPacks(): readonly string[] {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith(ENDING));
  return files.map((file) => file.slice(0, -ENDING.length)).sort();
}

/** Reads one of {@link listPacks}. The files are right, which a test proves, so that a fault in one is ours. */
export function readPack(name: string): Pack {
  const path = `${FOLDER}${name}${ENDING}`;
  const problems = new Findings();
  // Before those of the user, so that what conflicts with a pack is said where the user wrote it.
  const root = readConfigFile(path, -1 - listPacks().indexOf(name), problems);
  const engine = textOf(root?.entries.get('engine')?.value);
  const queries = root?.entries.get('queries')?.value;
  if (root === null || engine === null || queries?.kind !== 'mapping') {
    throw new Error([`${path} is no pack`, ...problems.toLines()].join('\n'));
  }
  return { name, path, engine, root, queries };
}

/** What the file of a pack says, its types checked. */
export function contentsOf({ root, path }: Pack): PackContents {
  const problems = new Findings();
  const contents = checkShape(packFile, new ConfigDocument(root, problems, new Findings()));
  if (problems.count > 0) throw new Error([`${path} is no pack`, ...problems.toLines()].join('\n'));
  return contents;
}

function textOf(node: Node | undefined): string | null {
  return node?.kind === 'scalar' && typeof node.value === 'string' ? node.value : null;
}
