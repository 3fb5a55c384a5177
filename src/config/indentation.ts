import { type Document, isNode, visit, type YAMLError } from 'yaml';

/** A line that stands in a column where no block goes on. */
interface Stray {
  readonly offset: number;
  readonly words: string;
}

type Block = 'block-map' | 'block-seq';

/** What the parser says of such a line, and in which kind of block it may go on. */
const STRAYS: readonly (readonly [message: string, block: Block])[] = [
  ['All mapping items must start at the same column', 'block-map'],
  ['Sequence item without - indicator', 'block-map'],
  ['A block sequence may not be used as an implicit map key', 'block-seq'],
];

/** Where the line begins that is indented otherwise than its neighbours, and how it should be; null of other errors. */
export function findStray({ message, pos: [at] }: YAMLError, document: Document.Parsed, text: string): Stray | null {
  const [, block] = STRAYS.find(([start]) => message === start) ?? [];
  if (block === undefined) return null;
  // The parser gives the end of what stands before.
  const offset = at + blankAt(text, at);
  const column = offset - (text.lastIndexOf('\n', offset - 1) + 1);
  const levels = openLevels(document, offset).filter(({ type }) => type === block);
  const nearest = [levels.findLast(({ indent }) => indent < column), levels.find(({ indent }) => indent > column)];
  const expected = nearest.flatMap((level) => level?.indent ?? []).join(' or ');
  return expected === '' ? null : { offset, words: `wrong indentation: expected ${expected} spaces, got ${column}` };
}

/** How long the empty lines and comments are that begin there, with the blanks behind them. */
function blankAt(text: string, at: number): number {
  return /^(?:[ \t]*(?:#.*)?\r?\n)* */.exec(text.slice(at))?.[0].length ?? 0;
}

interface Level {
  readonly type: Block;
  readonly indent: number;
}

/** The blocks that are open before an offset, from the outermost on. */
function openLevels(document: Document.Parsed, offset: number): readonly Level[] {
  const levels: Level[] = [];
  const enter = (token: object | undefined, start: number | undefined) => {
    if (start === undefined || start >= offset || !isBlock(token)) return;
    while ((levels.at(-1)?.indent ?? -1) >= token.indent) levels.pop();
    levels.push(token);
  };
  visit(document, {
    Pair(_, { key }, path) {
      const parent = path.at(-1);
      if (isNode(parent) && isNode(key)) enter(parent.srcToken, key.range?.[0]);
    },
    Seq(_, { srcToken, range }) {
      enter(srcToken, range?.[0]);
    },
  });
  return levels;
}

function isBlock(token: object | undefined): token is Level {
  return token !== undefined && 'type' in token && (token.type === 'block-map' || token.type === 'block-seq');
}
