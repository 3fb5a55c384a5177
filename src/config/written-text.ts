import { CST } from 'yaml';

/** How a text stands in its file, where YAML makes something else of it. */
export interface WrittenText {
  /** Its lines as far as YAML joins them; where it keeps a line break, an empty line stands between two. */
  readonly lines: readonly WrittenLine[];
  /** What stands behind it on its last line and behind ` #`, which is a comment for YAML; null: nothing. */
  readonly behind: string | null;
}

export interface WrittenLine {
  /** Without indentation, escapes resolved. */
  readonly text: string;
  /** In the file. */
  readonly offset: number;
}

/** Follows what stood at the end of a line through the joining. A noncharacter: it has no meaning in any text. */
const MARK = '\ufdd0';

/** Null: the text stands in the file as it is, on one line or in a block with `|`. */
export function writtenText(token: CST.Token | undefined): WrittenText | null {
  if (!CST.isScalar(token) || token.type === 'alias') return null;
  const behind = token.type === 'scalar' ? commentBehind(token) : null;
  const isLiteral = token.type === 'block-scalar' && headerOf(token).startsWith('|');
  if (isLiteral || (behind === null && !token.source.includes('\n'))) return null;
  return { lines: joinedLines(token), behind };
}

function commentBehind({ end = [] }: CST.FlowScalar): string | null {
  const line = end.slice(0, end.findIndex(({ type }) => type === 'newline') + 1 || undefined);
  return line.find(({ type }) => type === 'comment')?.source.slice(1) ?? null;
}

/** `>-` and its like, and what may stand on its line. */
function headerOf({ props }: CST.BlockScalar): string {
  return props.map((prop) => ('source' in prop ? prop.source : '')).join('');
}

/** The parser itself joins the lines, so that nothing here has to know its rules. */
function joinedLines(token: CST.FlowScalar | CST.BlockScalar): WrittenLine[] {
  const offsets = offsetsOf(token);
  const isEscaped = token.type === 'double-quoted-scalar';
  const marked = token.source.replace(/^(.*\S.*?)(\r?\n)/gm, (_, line: string, lineBreak: string) => {
    // A backslash at the end of a line takes the line break away; it escapes no mark.
    const [, before = line, backslash = ''] = isEscaped ? (/^(.*?(?<!\\)(?:\\\\)*)(\\)$/.exec(line) ?? []) : [];
    return `${before}${MARK}${backslash}${lineBreak}`;
  });
  const { value } = CST.resolveAsScalar({ ...token, source: marked });
  const [first = '', ...others] = value.split(MARK);
  const lines: WrittenLine[] = [{ text: first, offset: offsets[0] ?? token.offset }];
  for (const [index, piece] of others.entries()) {
    const offset = offsets[index + 1] ?? token.offset;
    const text = piece.replace(/^(?: |\n+)/, '');
    if (text === '') continue;
    if (piece.startsWith('\n')) lines.push({ text: '', offset });
    lines.push({ text, offset });
  }
  return lines;
}

/** Where the lines of a scalar that are not blank begin in the file. */
function offsetsOf(token: CST.FlowScalar | CST.BlockScalar): number[] {
  const start = token.offset + (token.type === 'block-scalar' ? headerOf(token).length : 0);
  return Array.from(token.source.matchAll(/\S.*/g), ({ index }) => start + index);
}
