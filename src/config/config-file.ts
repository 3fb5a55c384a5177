import { resolve } from 'node:path';
import { LineCounter } from 'yaml';
import { readStandardInput, readTextFile, STANDARD_INPUT } from './files.ts';
import type { Findings } from './findings.ts';
import type { SourceFile } from './place.ts';
import type { Mapping, Node, Scalar } from './tree.ts';
import { readYaml } from './yaml-reader.ts';

const MAX_BYTES = 1_048_576;

export interface ReadOptions {
  /** True: a file that says nothing is an empty mapping. */
  readonly mayBeEmpty?: boolean;
  /** Tags of scalars that are no mistake in this file. */
  readonly tags?: readonly string[];
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
  const root = readYaml(file, content.text, problems, options.tags);
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

/**
 * Reads YAML that stands as a block (`|`) in another file, as in a ConfigMap of Kubernetes. Places are those of the other
 * file. Null: what is wrong was said.
 */
export function readEmbedded(block: Scalar, text: string, problems: Findings): Node | null {
  const { file, offset } = block.place;
  const lines = new ShiftedLines(file.lines, offset ?? 0, text);
  return readYaml({ ...file, lines }, text, problems);
}

/** Counts the lines of a block, and says where they are in the file around it. */
class ShiftedLines extends LineCounter {
  readonly #line: number;
  readonly #indent: number;

  constructor(around: LineCounter, offset: number, text: string) {
    super();
    this.#line = around.linePos(offset).line;
    const [start = 0, end = 0] = around.lineStarts.slice(this.#line, this.#line + 2);
    this.#indent = Math.max(end - start - `${text.split('\n', 1)[0]}\n`.length, 0);
    const inText = this.linePos;
    this.linePos = (inner) => {
      const { line, col } = inText(inner);
      return { line: line + this.#line, col: col + this.#indent };
    };
  }
}
