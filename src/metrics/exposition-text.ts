import { formatNumber, parseNumber } from './mapping.ts';

/** One line of text format 0.0.4, read. */
export interface TextSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const ESCAPES = { '\\': '\\\\', '\n': '\\n', '"': '\\"' } as const;
const UNESCAPES: Readonly<Record<string, string>> = { '\\\\': '\\', '\\n': '\n', '\\"': '"' };

export function escapeLabelValue(text: string): string {
  return text.replace(/[\\\n"]/g, (character) => ESCAPES[character as keyof typeof ESCAPES]);
}

/** In HELP a quote stands for itself. */
function escapeHelp(text: string): string {
  return text.replace(/[\\\n]/g, (character) => ESCAPES[character as keyof typeof ESCAPES]);
}

function unescapeLabelValue(text: string): string {
  return text.replace(/\\[\\n"]/g, (pair) => UNESCAPES[pair] ?? pair);
}

/** A HELP and a TYPE line. */
export function renderHeader(name: string, type: string, help: string): string {
  return `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads the lines of parts or of a whole page; HELP and TYPE are passed over. Throws on a line that is none of these. */
export function* decodeSamples(text: Uint8Array): Generator<TextSample> {
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf(0x0a, start);
    const end = newline === -1 ? text.length : newline;
    // A large text is decoded line by line: as one string it could be longer than strings can be.
    const line = decoder.decode(text.subarray(start, end));
    if (line !== '' && !line.startsWith('#')) yield decodeLine(line);
    start = end + 1;
  }
}

function decodeLine(line: string): TextSample {
  const refuse = (): never => {
    throw new Error(`not a line of the text format: ${line}`);
  };
  let at = line.search(/[{ ]/);
  if (at <= 0) refuse();
  const name = line.slice(0, at);
  const labels: [string, string][] = [];
  if (line[at] === '{') {
    // `at` stands on the `{` or the `,` before a label.
    do {
      const nameEnd = line.indexOf('="', at);
      const valueEnd = closingQuote(line, nameEnd + 2);
      if (nameEnd === -1 || valueEnd === -1) refuse();
      labels.push([line.slice(at + 1, nameEnd), unescapeLabelValue(line.slice(nameEnd + 2, valueEnd))]);
      at = valueEnd + 1;
    } while (line[at] === ',');
    if (line[at++] !== '}') refuse();
  }
  const value = line[at] === ' ' ? parseNumber(line.slice(at + 1)) : null;
  return { name, labels: Object.fromEntries(labels), value: value ?? refuse() };
}

/** The quote that ends a label value, which is the first without a backslash of its own; -1 if there is none. */
function closingQuote(line: string, start: number): number {
  let at = start;
  while (at < line.length && line[at] !== '"') at += line[at] === '\\' ? 2 : 1;
  return at < line.length ? at : -1;
}

/** One line of the text format. `labels`: by {@link renderLabels}. */
export function renderLine(name: string, labels: string, value: number): string {
  return `${name}${labels} ${formatNumber(value)}\n`;
}

/** Labels in alphabetical order and in their braces; nothing where there are none. */
export function renderLabels(labels: Readonly<Record<string, string>>): string {
  const names = Object.keys(labels).sort();
  if (names.length === 0) return '';
  return `{${names.map((name) => `${name}="${escapeLabelValue(labels[name] ?? '')}"`).join(',')}}`;
}
