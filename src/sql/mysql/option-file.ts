/** What the [client] section of a MySQL option file says; a value is null where an option stands alone (`ssl`). */
export interface OptionFile {
  /** Names with `-` for `_` and without the prefix `loose-`. The last of several values stands. */
  readonly client: ReadonlyMap<string, string | null>;
  /** Whether it includes other files. They are not read. */
  readonly hasIncludes: boolean;
}

/**
 * Reads an option file as MySQL's own programs do: `#` and `;` begin a comment line, `#` outside quotes ends any line,
 * quotes around a value are taken off, and `\n`, `\t`, `\s`, `\\` and so on stand for characters.
 */
export function parseOptionFile(text: string): OptionFile {
  const client = new Map<string, string | null>();
  let isClient = false;
  let hasIncludes = false;
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    if (line.startsWith('!')) hasIncludes = true;
    else if (line.startsWith('[')) isClient = line.slice(1, line.indexOf(']')).trim() === 'client';
    else if (isClient) addOption(client, withoutComment(line));
  }
  return { client, hasIncludes };
}

function addOption(options: Map<string, string | null>, line: string): void {
  const equals = line.indexOf('=');
  const written = equals === -1 ? line : line.slice(0, equals);
  const name = written
    .trim()
    .replaceAll('_', '-')
    .replace(/^loose-/, '');
  options.set(name, equals === -1 ? null : toValue(line.slice(equals + 1).trim()));
}

function withoutComment(line: string): string {
  let quote: string | null = null;
  let isEscaped = false;
  for (const [index, character] of Array.from(line).entries()) {
    if (quote === null && character === '#') return Array.from(line).slice(0, index).join('').trimEnd();
    if ((character === '"' || character === "'") && !isEscaped) {
      if (quote === null) quote = character;
      else if (quote === character) quote = null;
    }
    isEscaped = quote !== null && character === '\\' && !isEscaped;
  }
  return line;
}

function toValue(text: string): string {
  const quote = text[0];
  const isQuoted = text.length > 1 && (quote === '"' || quote === "'") && text.endsWith(quote);
  const inner = isQuoted ? text.slice(1, -1) : text;
  return inner.replace(/\\(.)/gs, (whole, character: string) => ESCAPES[character] ?? whole);
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  s: ' ',
  '"': '"',
  "'": "'",
  '\\': '\\',
};
