import { quotePath } from '../language/quote.ts';
import { isOpenToOthers, openToOthers, readSecret, resolveSecret, type Secrets } from './files.ts';
import type { Findings } from './findings.ts';
import type { Path } from './path.ts';
import { configSchema } from './schema.ts';
import { factsAt, keysAt, typeAt } from './schema-walk.ts';
import type { Entry, Mapping, Node, Scalar } from './tree.ts';

const REFERENCE = /\$\$\{|\$\{([^}]*)(\}?)/g;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const FALLBACK = /^([A-Za-z_][A-Za-z0-9_]*):-(.*)$/s;

/**
 * Replaces `${NAME}`, `${NAME:-default}` and `${file:path}` where a key allows it; `$${` becomes `${`. SQL and names stay
 * as they are written. What is put in is never read again. Findings name variables and files, never what they hold.
 */
export function interpolate(root: Mapping, secrets: Secrets, findings: Findings, warnings: Findings): Mapping {
  const substitute = (scalar: Scalar, path: Path): Scalar => {
    if (typeof scalar.value !== 'string' || !scalar.value.includes('${')) return scalar;
    return substituteText(scalar, path, secrets, findings, warnings);
  };
  const entries = new Map(root.entries);
  for (const key of keysAt(configSchema, [])) {
    if (!factsAt(configSchema, [key]).interpolated) continue;
    const entry = entries.get(key);
    if (entry !== undefined) entries.set(key, { ...entry, value: mapScalars(entry.value, [key], substitute) });
  }
  return { ...root, entries };
}

/** What holds nothing that changes stays the same node: most of a large configuration does. */
function mapScalars(node: Node, path: Path, change: (scalar: Scalar, path: Path) => Scalar): Node {
  if (node.kind === 'scalar') return change(node, path);
  if (node.kind === 'list') {
    const items = node.items.map((item, index) => mapScalars(item, [...path, index], change));
    return items.some((item, index) => item !== node.items[index]) ? { ...node, items } : node;
  }
  let entries: Map<string, Entry> | null = null;
  for (const [key, { keyPlace, value }] of node.entries) {
    const changed = mapScalars(value, [...path, key], change);
    if (changed === value) continue;
    entries ??= new Map(node.entries);
    entries.set(key, { keyPlace, value: changed });
  }
  return entries === null ? node : { ...node, entries };
}

function substituteText(scalar: Scalar, path: Path, secrets: Secrets, findings: Findings, warnings: Findings): Scalar {
  const text = scalar.source;
  const literals = [''];
  let value = '';
  let failed = false;
  let position = 0;
  const putLiteral = (literal: string) => {
    value += literal;
    literals.push(`${literals.pop() ?? ''}${literal}`);
  };
  for (const match of text.matchAll(REFERENCE)) {
    putLiteral(text.slice(position, match.index));
    position = match.index + match[0].length;
    if (match[1] === undefined) {
      putLiteral('${');
      continue;
    }
    const found = match[2] === '' ? MALFORMED : lookUp(match[1], scalar, secrets);
    if (found.kind === 'absent' && secrets.areElsewhere) {
      // Text may be any; an option of another kind, and a DSN as a whole, cannot be known.
      failed ||= match[0] === text && !isText(path);
      value += STAND_IN;
      literals.push('');
      continue;
    }
    if (found.kind === 'problem' || found.kind === 'absent') {
      findings.add(scalar.place, path, found.text);
      failed = true;
    }
    if (found.kind === 'open file') warnings.add(scalar.place, path, openToOthers(found.path));
    // A default stands in the file, whoever put the text in.
    if (found.kind === 'fallback') putLiteral(found.text);
    else value += found.text;
    literals.push('');
  }
  putLiteral(text.slice(position));
  if (literals.length === 1) return { ...scalar, value };
  return { ...scalar, value: toType(value, path), substitution: { literals, failed } };
}

const STAND_IN = 'stand-in';

type Found =
  | { readonly kind: 'value' | 'fallback' | 'problem' | 'absent'; readonly text: string }
  | { readonly kind: 'open file'; readonly text: string; readonly path: string };

const MALFORMED: Found = {
  kind: 'problem',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the notation itself
  text: 'expected ${NAME}, ${NAME:-default} or ${file:path} after "${"; write "$${" for the text "${" itself',
};

function lookUp(reference: string, scalar: Scalar, secrets: Secrets): Found {
  if (reference.startsWith('file:')) return readReferenced(reference.slice('file:'.length), scalar, secrets);
  if (NAME.test(reference)) {
    const value = secrets.env[reference];
    if (value !== undefined) return { kind: 'value', text: value };
    return { kind: 'absent', text: `the environment variable ${reference} is not set` };
  }
  const [, name, fallback] = FALLBACK.exec(reference) ?? [];
  if (name === undefined || fallback === undefined) return MALFORMED;
  const value = secrets.env[name];
  // As in a shell, an empty variable counts as unset here.
  return value ? { kind: 'value', text: value } : { kind: 'fallback', text: fallback };
}

function readReferenced(path: string, scalar: Scalar, secrets: Secrets): Found {
  const absolute = resolveSecret(scalar.place.file.absolutePath, path, secrets.env);
  const file = readSecret(absolute);
  if (!file.ok) return { kind: 'absent', text: `${quotePath(absolute)} ${file.problem}` };
  if (isOpenToOthers(file.mode)) return { kind: 'open file', text: file.text, path: absolute };
  return { kind: 'value', text: file.text };
}

function isText(path: Path): boolean {
  return path.at(-1) !== 'dsn' && typeAt(configSchema, path) === 'other';
}

/** Text is read as what the option is: `port: ${DB_PORT}`. */
function toType(text: string, path: Path): string | number | boolean {
  const type = typeAt(configSchema, path);
  if (type === 'number' && /^\d{1,15}$/.test(text)) return Number(text);
  return type === 'boolean' && (text === 'true' || text === 'false') ? text === 'true' : text;
}
