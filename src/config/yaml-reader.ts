import { Composer, type CST, type Document, Lexer, type LineCounter, Parser, visit, type YAMLError } from 'yaml';
import type { Findings } from './findings.ts';
import { findStray } from './indentation.ts';
import type { SourceFile } from './place.ts';
import type { Node } from './tree.ts';
import { buildTree } from './tree-builder.ts';

// Nesting that no configuration has. The parser's time grows faster than the depth, and its stack ends somewhere.
const MAX_DEPTH = 100;

/**
 * Reads one document of YAML 1.2 (core schema) into a tree that keeps positions. Null: what is wrong was said. No
 * message quotes the text, since any part of it may be a secret. Tags are refused but for those of scalars in `tags`.
 */
export function readYaml(
  file: SourceFile,
  text: string,
  findings: Findings,
  tags: readonly string[] = [],
): Node | null {
  const before = findings.count;
  const document = parse(file, text, findings);
  if (document === null || findings.count > before) return null;
  const tree = buildTree({ document, file, tags }, findings);
  return findings.count > before ? null : tree;
}

function parse(file: SourceFile, text: string, findings: Findings): Document.Parsed | null {
  const tokens = tokenize(text, file.lines);
  if (typeof tokens === 'number') {
    findings.add({ file, offset: tokens }, [], `is nested deeper than ${MAX_DEPTH} levels`);
    return null;
  }
  for (const directive of tokens.filter(({ type }) => type === 'directive')) {
    findings.add({ file, offset: directive.offset }, [], 'YAML directives are not supported');
  }
  const second = tokens.filter(({ type }) => type === 'document')[1];
  if (second !== undefined) {
    findings.add({ file, offset: second.offset }, [], 'expected one YAML document, but a second one starts here');
  }
  // uniqueKeys compares every key with every other; prettyErrors puts the source line, so a password, into messages.
  const composer = new Composer({
    version: '1.2',
    schema: 'core',
    merge: false,
    uniqueKeys: false,
    prettyErrors: false,
    keepSourceTokens: true,
  });
  const [document] = composer.compose(tokens, true, text.length);
  if (document === undefined) return null;
  reportErrors(document as Document.Parsed, file, text, findings);
  return document as Document.Parsed;
}

/** The tokens of the file, or the offset at which it is nested too deeply. */
function tokenize(text: string, lines: LineCounter): CST.Token[] | number {
  const parser = new Parser(lines.addNewLine);
  const tokens: CST.Token[] = [];
  let offset = 0;
  let flowDepth = 0;
  let dashesInLine = 0;
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    if (lexeme === '[' || lexeme === '{') flowDepth++;
    else if (lexeme === ']' || lexeme === '}') flowDepth--;
    else if (lexeme === '-' || lexeme === '?') dashesInLine++;
    else if (lexeme.endsWith('\n')) dashesInLine = 0;
    if (flowDepth > MAX_DEPTH || dashesInLine > MAX_DEPTH) return offset;
    for (const token of parser.next(lexeme)) tokens.push(token);
    offset = parser.offset;
  }
  for (const token of parser.end()) tokens.push(token);
  return tokens;
}

function reportErrors(document: Document.Parsed, file: SourceFile, text: string, findings: Findings): void {
  // One mistake confuses the parser several times over; what it says first about a line is nearest to the truth.
  const linesSaid = new Set<number>();
  for (const error of document.errors.toSorted((a, b) => a.pos[0] - b.pos[0])) {
    if (error.code === 'MULTIPLE_DOCS') continue;
    const cut = cutBefore(error, document, text);
    const stray = cut === null ? findStray(error, document, text) : null;
    const offset = cut ?? stray?.offset ?? startOf(error, document, text);
    const { line } = file.lines.linePos(offset);
    if (linesSaid.has(line)) continue;
    linesSaid.add(line);
    findings.add({ file, offset }, [], cut === null ? (stray?.words ?? toWords(error, document)) : CUT);
  }
}

const CUT = 'a "#" behind a blank is a comment and ends a text that is not quoted: use a block with "|", or quotes';

/** Where a comment ended a text that goes on in the next line, so that the parser does not know what that line is. */
function cutBefore({ code, pos: [at] }: YAMLError, document: Document.Parsed, text: string): number | null {
  if (code !== 'BAD_INDENT' && code !== 'MISSING_CHAR') return null;
  let comment: number | null = null;
  visit(document, {
    Scalar(_, { type, comment: isCommented, range }) {
      if (type !== 'PLAIN' || !isCommented || !range || range[2] > at) return;
      if (text.slice(range[2], at).trim() === '') comment = text.indexOf('#', range[1]);
    },
  });
  const next = text.slice(at).split('\n', 1)[0] ?? '';
  // A key in the wrong column is no rest of a text.
  return /^\s*[^\s:]+\s*:(?:\s|$)/.test(next) ? null : comment;
}

/** The parser points at where it gave up. A reader looks for where the mistake starts. */
function startOf(error: YAMLError, document: Document.Parsed, text: string): number {
  const at = error.pos[0];
  if (isAliasError(error)) {
    const lineStart = text.lastIndexOf('\n', at - 1) + 1;
    const star = text.slice(lineStart, at).search(/(?<=[\s,[{-])\*/);
    return star === -1 ? at : lineStart + star;
  }
  if (!error.message.includes('closing')) return at;
  let start = at;
  visit(document, {
    Scalar(_, { range, type }) {
      const isQuoted = type === 'QUOTE_DOUBLE' || type === 'QUOTE_SINGLE';
      if (isQuoted && range && range[0] < at && at <= range[2]) start = range[0];
    },
  });
  return start;
}

function isAliasError({ code, message }: YAMLError): boolean {
  return code === 'BAD_ALIAS' || (code === 'UNEXPECTED_TOKEN' && message.includes('alias'));
}

function toWords(error: YAMLError, { errors }: Document.Parsed): string {
  if (isAliasError(error)) {
    return 'a text that begins with "*" is an alias in YAML: quote the expression, such as "*/5 * * * *"';
  }
  if (error.code === 'MISSING_CHAR') {
    if (error.message.includes('closing')) return 'a quoted text is not closed';
    if (error.message.includes('Implicit map key')) return 'expected a ":" and a space after the key';
    return 'a comma, a colon or a closing bracket is missing';
  }
  const isOverLines = errors.some(({ code, pos }) => code === 'MULTILINE_IMPLICIT_KEY' && pos[0] === error.pos[0]);
  if (error.code === 'BLOCK_AS_IMPLICIT_KEY' && isOverLines) {
    return 'the line below is indented too much, or this text contains ": " and must be quoted';
  }
  if (error.code === 'BAD_INDENT' && error.message.includes('end with')) return 'a closing bracket is missing';
  return WORDS[error.code] ?? 'is not valid YAML';
}

const WORDS: Readonly<Record<string, string>> = {
  ALIAS_PROPS: 'an alias takes no anchor and no tag',
  BAD_DQ_ESCAPE: 'unknown escape in a double-quoted text: write "\\\\" for a backslash, or use single quotes',
  BAD_INDENT: 'wrong indentation',
  BAD_SCALAR_START: 'a text that begins with this character must be quoted',
  BLOCK_AS_IMPLICIT_KEY: 'a mapping cannot start here: quote a text that contains ": "',
  BLOCK_IN_FLOW: 'a block cannot stand inside [] or {}',
  MULTILINE_IMPLICIT_KEY: 'a key must stand on one line',
  MULTIPLE_ANCHORS: 'a value takes one anchor',
  MULTIPLE_TAGS: 'tags are not supported',
  TAB_AS_INDENT: 'tabs are not allowed as indentation: use spaces',
  TAG_RESOLVE_FAILED: 'tags are not supported',
};
