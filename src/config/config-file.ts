import { resolve } from 'node:path';
import { LineCounter } from 'yaml';
import { readStandardInput, readTextFile, STANDARD_INPUT } from './files.ts';
import { Findings } from './findings.ts';
import { indentQuotedLines } from './outdented-quotes.ts';
import type { SourceFile } from './place.ts';
import type { Mapping, Node } from './tree.ts';
import { readYaml } from './yaml-reader.ts';

const MAX_BYTES = 1_048_576;

export interface ReadOptions {
  /** True: a file that says nothing is an empty mapping. */
  readonly mayBeEmpty?: boolean;
  /** Tags of scalars that are no mistake in this file. */
  readonly tags?: readonly string[];
  /** True: quoted texts may go on further left than their key, as readers of YAML 1.1 take them. */
  readonly outdentedQuotes?: boolean;
}

/** Reads one YAML file, or standard input for `-`, whose top level is a mapping. Null: what is wrong was said. */
export function readConfigFile(
  name: string,
  order: number,
  problems: Findings,
  options: ReadOptions = {},
): Mapping | null {
  const absolutePath = resolve(name);
  const lines = new LineCounter();
  const isStandardInput = name === STANDARD_INPUT;
  const content = isStandardInput ? readStandardInput(MAX_BYTES) : readTextFile(absolutePath, MAX_BYTES);
  const shownName = isStandardInput ? '<stdin>' : name;
  const file: SourceFile = { name: shownName, absolutePath, order, mode: content.ok ? content.mode : 0, lines };
  if (!content.ok) {
    const offset = content.lenientText === undefined ? null : countLines(content.lenientText, lines).indexOf('\uFFFD');
    problems.add({ file, offset }, [], content.problem);
    return null;
  }
  const root = options.outdentedQuotes
    ? readLeniently(file, content.text, problems, options.tags)
    : readYaml(file, content.text, problems, options.tags);
  if (root === null) return null;
  if (root.kind === 'mapping') return root;
  const place = { file, offset: 0 };
  if (options.mayBeEmpty && root.kind === 'scalar' && root.value === null)
    return { kind: 'mapping', place, entries: new Map() };
  problems.add(place, [], 'the top level must be a mapping');
  return null;
}

/** As YAML 1.2 if that is possible, so that only what would be refused is read in the other way. */
function readLeniently(file: SourceFile, text: string, problems: Findings, tags?: readonly string[]): Node | null {
  const strict = readYaml(file, text, new Findings(), tags);
  if (strict !== null) return strict;
  const lines = new LineCounter();
  const lenient = readYaml({ ...file, lines }, indentQuotedLines(text), new Findings(), tags);
  return lenient ?? readYaml({ ...file, lines: new LineCounter() }, text, problems, tags);
}

function countLines(text: string, lines: LineCounter): string {
  lines.addNewLine(0);
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines.addNewLine(at + 1);
  return text;
}
