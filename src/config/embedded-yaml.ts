import { LineCounter } from 'yaml';
import type { Findings } from './findings.ts';
import type { Node, Scalar } from './tree.ts';
import { readYaml } from './yaml-reader.ts';

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
  constructor(around: LineCounter, offset: number, text: string) {
    super();
    const { line: header } = around.linePos(offset);
    const [start = 0, end = 0] = around.lineStarts.slice(header, header + 2);
    const indent = Math.max(end - start - `${text.split('\n', 1)[0]}\n`.length, 0);
    const inText = this.linePos;
    this.linePos = (inner) => {
      const { line, col } = inText(inner);
      return { line: line + header, col: col + indent };
    };
  }
}
