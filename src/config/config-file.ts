import { resolve } from 'node:path';
import { LineCounter } from 'yaml';
import { readTextFile } from './files.ts';
import type { Findings } from './findings.ts';
import type { SourceFile } from './place.ts';
import type { Mapping } from './tree.ts';
import { readYaml } from './yaml-reader.ts';

const MAX_BYTES = 1_048_576;

export interface ReadOptions {
  /** True: a file that says nothing is an empty mapping. */
  readonly mayBeEmpty?: boolean;
}

/** Reads one YAML file whose top level is a mapping. Null: what is wrong was said. */
export function readConfigFile(
  name: string,
  order: number,
  problems: Findings,
  options: ReadOptions = {},
): Mapping | null {
  const absolutePath = resolve(name);
  const lines = new LineCounter();
  const content = readTextFile(absolutePath, MAX_BYTES);
  const file: SourceFile = { name, absolutePath, order, mode: content.ok ? content.mode : 0, lines };
  if (!content.ok) {
    const offset = content.lenientText === undefined ? null : countLines(content.lenientText, lines).indexOf('\uFFFD');
    problems.add({ file, offset }, [], content.problem);
    return null;
  }
  const root = readYaml(file, content.text, problems);
  if (root === null) return null;
  if (root.kind === 'mapping') return root;
  const place = { file, offset: 0 };
  if (options.mayBeEmpty && root.kind === 'scalar' && root.value === null)
    return { kind: 'mapping', place, entries: new Map() };
  problems.add(place, [], 'the top level must be a mapping');
  return null;
}

function countLines(text: string, lines: LineCounter): string {
  lines.addNewLine(0);
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines.addNewLine(at + 1);
  return text;
}
