/** What begins a comment that lasts to the end of the line, outside quotes and block comments. */
export interface LineComments {
  /** Where `--` begins one: everywhere, or only before a blank or the end of the text. */
  readonly dashes: 'always' | 'before-blank';
  /** Whether `#` begins one. */
  readonly hash: boolean;
  /** Whether `$tag$ … $tag$` quotes. */
  readonly dollarQuotes: boolean;
}

// Stands where a line break was folded away. SQL that was written in lines has none.
const FOLD = '\r';

/**
 * The line, counted from 0, whose comment swallows SQL that was written in the lines below it; null where none does.
 * `lines` are a statement as it stands in a file that joins them with blanks, as YAML does outside `|`. An empty line is
 * a line break that was kept. This reads tokens, not SQL.
 */
export function swallowedComment(lines: readonly string[], comments: LineComments): number | null {
  const { text, starts } = joined(lines);
  for (const { 0: token, index, groups } of text.matchAll(tokenOf(comments))) {
    if (groups?.['comment'] === undefined) continue;
    const [, ...swallowed] = token.split(FOLD);
    const begins = new RegExp(`^(?:${lineCommentOf(comments)})`);
    if (swallowed.some((line) => line.trim() !== '' && !begins.test(line.trim()))) {
      return starts.findLastIndex((start) => start <= index);
    }
  }
  return null;
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

function lineCommentOf({ dashes, hash }: LineComments): string {
  return `--${dashes === 'always' ? '' : '(?=\\s|$)'}${hash ? '|#' : ''}`;
}

/** What quotes, and so hides what looks like a comment; then the comments. Whatever is between is passed over. */
function tokenOf(comments: LineComments): RegExp {
  // The engine that asks for a blank after `--` is also the one whose texts escape with a backslash.
  const inQuotes = comments.dashes === 'before-blank' ? '(?:[^Q\\\\]|\\\\[^])*' : '[^Q]*';
  const quoted = ["'", '"'].map((quote) => `${quote}${inQuotes.replace('Q', quote)}${quote}`);
  const dollars = comments.dollarQuotes ? ['\\$(?<tag>\\w*)\\$[^]*?\\$\\k<tag>\\$'] : [];
  return new RegExp(
    [...quoted, '`[^`]*`', '/\\*[^]*?\\*/', ...dollars, `(?<comment>(?:${lineCommentOf(comments)})[^\\n]*)`].join('|'),
    'g',
  );
}
