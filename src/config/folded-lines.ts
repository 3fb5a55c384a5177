import type { Scalar } from 'yaml';

/**
 * The lines of a text whose line breaks YAML folded away, as they were written but for quotes and escapes. An empty line
 * is a line break that was kept. Null: nothing was folded. `raw` is the text with quotes or header.
 */
export function foldedLines(raw: string, type: Scalar['type']): readonly string[] | null {
  if (type === 'BLOCK_LITERAL' || !raw.includes('\n')) return null;
  const lines = raw.split(/\r?\n/);
  switch (type) {
    case 'PLAIN':
      return lines.map((line) => line.trimEnd());
    case 'QUOTE_SINGLE':
      return unquote(lines).map((line) => line.trimEnd().replaceAll("''", "'"));
    case 'QUOTE_DOUBLE':
      return unquote(lines).map((line) => unescaped(line.trimEnd()));
    case 'BLOCK_FOLDED':
      return ofBlock(lines.slice(1));
    default:
      return null;
  }
}

function unquote(lines: readonly string[]): readonly string[] {
  return lines.join('\n').slice(1, -1).split('\n');
}

/** As far as it matters for where lines and quotes of the text inside begin and end. */
function unescaped(line: string): string {
  return line.replace(/\\$/, '').replace(/\\(.)/g, (_, character: string) => ESCAPES[character] ?? character);
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\n' };

/** Lines that are indented further than the block are not folded. */
function ofBlock(lines: readonly string[]): readonly string[] | null {
  const written = lines.filter((line) => line.trim() !== '');
  if (written.length < 2) return null;
  const indent = written.reduce((least, line) => Math.min(least, line.search(/\S/)), Number.POSITIVE_INFINITY);
  const isKept = (line: string | undefined) => line !== undefined && /^\s/.test(line.slice(indent));
  return lines.flatMap((line, index) => {
    const next = lines[index + 1];
    return isKept(line) || isKept(next) ? [line.trimEnd(), ''] : [line.trimEnd()];
  });
}
