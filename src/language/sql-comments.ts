/** How an engine writes comments and quotes. */
export interface LineComments {
  /** Where `--` begins a comment: everywhere, or only before a blank or the end of the text. */
  readonly dashes: 'always' | 'before-blank';
  /** Whether `#` begins one. */
  readonly hash: boolean;
  /** Whether `$tag$ … $tag$` quotes. */
  readonly dollarQuotes: boolean;
}

// Stands where a line break was folded away. No SQL has it: text with this character is refused.
const FOLD = '\0';

/**
 * The line, counted from 0, whose comment swallows SQL that was written in the lines below it; null where none does.
 * `lines` are a statement as it stands in a file that joins them with blanks, as YAML does outside `|`. An empty line is
 * a line break that was kept. This reads tokens, not SQL.
 */
export function swallowedComment(lines: readonly string[], comments: LineComments): number | null {
  const { text, starts } = joined(lines);
  const begins = new RegExp(`^\\s*(?:$|${lineCommentOf(comments)})`);
  for (const [start, end] of lineComments(text, comments)) {
    const [, ...swallowed] = text.slice(start, end).split(FOLD);
    if (swallowed.some((line) => !begins.test(line))) return starts.findLastIndex((of) => of <= start);
  }
  return null;
}

/**
 * Whether ` #` and the text behind it, which YAML takes off the end of a text without quotes, is a part of the statement.
 * It is not where the engine too sees a comment there. `lines`: what stands before it.
 */
export function isSqlBehind(lines: readonly string[], behind: string, comments: LineComments): boolean {
  const { text } = joined(lines);
  const at = text.length + 1;
  return !lineComments(`${text} #${behind}`, comments).some(([start, end]) => start <= at && at < end);
}

function joined(lines: readonly string[]): { readonly text: string; readonly starts: readonly number[] } {
  const starts: number[] = [];
  let text = '';
  for (const [index, line] of lines.entries()) {
    if (index > 0) text += line === '' || lines[index - 1] === '' ? '\n' : FOLD;
    starts.push(text.length);
    text += line;
  }
  return { text, starts };
}

/** The ranges of comments that last to the end of their line. */
function lineComments(text: string, comments: LineComments): (readonly [start: number, end: number])[] {
  const found: (readonly [number, number])[] = [];
  const tokens = tokensOf(comments);
  for (let match = tokens.exec(text); match !== null; match = tokens.exec(text)) {
    const { comment, block } = match.groups ?? {};
    if (comment !== undefined) found.push([match.index, tokens.lastIndex]);
    if (block !== undefined) tokens.lastIndex = endOfBlock(text, match.index, comments);
  }
  return found;
}

function lineCommentOf({ dashes, hash }: LineComments): string {
  return `--${dashes === 'always' ? '' : `(?=[\\s${FOLD}]|$)`}${hash ? '|#' : ''}`;
}

/** What quotes, and so hides what looks like a comment; then the comments. Whatever is between is passed over. */
function tokensOf(comments: LineComments): RegExp {
  // The engine that asks for a blank after `--` is also the one whose texts escape with a backslash, and whose `/*!` is
  // no comment on some of its servers. The one whose dollars quote escapes in `E'…'`, and ends lines at a carriage return.
  const isMysql = comments.dashes === 'before-blank';
  const isPostgres = comments.dollarQuotes;
  const escaped = "'[^'\\\\]*(?:\\\\[^][^'\\\\]*)*'";
  return new RegExp(
    [
      ...(isMysql ? [escaped, escaped.replaceAll("'", '"')] : []),
      ...(isPostgres
        ? [`(?<![\\w$])[eE]${escaped}`, '(?<![\\w$])\\$(?<tag>(?:[^\\W\\d]\\w*)?)\\$[^]*?\\$\\k<tag>\\$']
        : []),
      "'[^']*'",
      '"[^"]*"',
      '`[^`]*`',
      ...(isMysql ? ['/\\*M?!'] : []),
      '(?<block>/\\*)',
      `(?<comment>(?:${lineCommentOf(comments)})[^\\n${isPostgres ? '\\r' : ''}]*)`,
    ].join('|'),
    'g',
  );
}

/** Behind the block comment that begins at `start`; the end of the text where it is not closed. */
function endOfBlock(text: string, start: number, { dollarQuotes: isNesting }: LineComments): number {
  const marks = /\/\*|\*\//g;
  marks.lastIndex = start + 2;
  let depth = 1;
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    if (mark[0] === '*/') depth--;
    else if (isNesting) depth++;
    if (depth === 0) return marks.lastIndex;
  }
  return text.length;
}
