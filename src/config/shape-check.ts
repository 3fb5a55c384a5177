import type { z } from 'zod';
import { quote } from '../language/quote.ts';
import { COMPLETE, QUOTE_IT } from '../language/values.ts';
import type { ConfigDocument } from './document.ts';
import type { Path } from './path.ts';
import { factsAt, keysAt } from './schema-walk.ts';
import { didYouMean } from './suggestion.ts';
import type { Node } from './tree.ts';

type Issue = z.core.$ZodIssue;

/**
 * Checks types and formats of a document against a schema, says all problems, and returns the part that is right. The
 * schema therefore must not require any key: whether one is missing is a question for later.
 */
export function checkShape<S extends z.ZodType>(schema: S, document: ConfigDocument): z.output<S> {
  const plain = toPlain(document.root, [], document);
  const first = schema.safeParse(plain);
  if (first.success) return first.data;
  const issues = first.error.issues.flatMap(meant);
  report(issues, document, schema);
  for (const issue of issues) prune(plain, issue, document, replaceItem);
  const second = schema.safeParse(plain);
  if (second.success) return second.data;
  for (const issue of second.error.issues.flatMap(meant)) prune(plain, issue, document, removeList);
  return schema.parse(plain);
}

/** Of a value that has several forms, what is wrong with the one that was meant: that whose outer type is right. */
function meant(issue: Issue): readonly Issue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const { path } = issue;
  const inner = issue.errors.find((errors) => errors.every((error) => error.path.length > 0));
  if (inner !== undefined) return inner.flatMap((error) => meant({ ...error, path: [...path, ...error.path] }));
  const unquoted = issue.errors.flat().find((error) => error.path.length === 0 && error.message === QUOTE_IT);
  return [unquoted === undefined ? issue : { ...unquoted, path }];
}

function report(issues: readonly Issue[], document: ConfigDocument, schema: z.ZodType): void {
  for (const issue of issues) {
    const path = issue.path as Path;
    if (issue.code === 'unrecognized_keys') {
      const keys = keysAt(schema, path);
      for (const key of issue.keys) refuseUnknownKey(document, [...path, key], keys, isSecret(schema, path));
    } else if (!document.isWrong(path)) {
      document.refuse(path, describe(issue, document.nodeAt(path), isSecret(schema, path)));
    }
  }
}

/**
 * A password that YAML cuts at a comma, or that follows its key without a space, turns up as a key. So a key is shown up
 * to the first character that no key has, and where a secret may stand, not at all if it has no value and is like none.
 */
function refuseUnknownKey(document: ConfigDocument, path: Path, keys: readonly string[], isSecretPlace: boolean): void {
  const key = String(path.at(-1));
  const parent = path.slice(0, -1);
  const word = /^[\w.-]*/.exec(key)?.[0] ?? '';
  const meant = word === key ? document.suggestions.nearest(key, keys) : null;
  if (meant !== null || word !== key) document.markMistyped([...parent, meant ?? word]);
  const place = document.keyPlaceOf(path);
  const value = document.nodeAt(path);
  if (word !== key) {
    const text = keys.includes(word) ? 'a ":" and a space are missing after the key' : 'unknown key';
    document.problems.add(place, [...parent, `${word}…`], text);
  } else if (meant === null && value?.kind === 'scalar' && value.value === null && isSecretPlace) {
    document.problems.add(place, parent, 'unknown key without a value: quote a text that contains a comma');
  } else {
    document.refuseKey(path, `unknown key${didYouMean(meant)}`);
  }
}

/** Whether the value is, or may by mistake be, a secret, so that no message shows it. */
function isSecret(schema: z.ZodType, path: Path): boolean {
  return factsAt(schema, path).secrecy !== 'shown';
}

function describe(issue: Issue, node: Node | undefined, isSecret: boolean): string {
  if (issue.message === QUOTE_IT && node?.kind === 'scalar') {
    return isSecret ? QUOTE_IT : `${QUOTE_IT}: ${quote(node.source)}`;
  }
  if (node === undefined || (issue.code === 'custom' && issue.params === COMPLETE)) return issue.message;
  // Where a mapping is expected, a text is most likely a whole entry in short form: a DSN, or SQL with literals.
  const expectsCollection = issue.code === 'invalid_type' && COLLECTIONS.has(issue.expected);
  return `${issue.message}, got ${expectsCollection && isText(node) ? 'a text' : describeValue(node, isSecret)}`;
}

const COLLECTIONS: ReadonlySet<string> = new Set(['object', 'record', 'array']);

function isText(node: Node): boolean {
  return node.kind === 'scalar' && typeof node.value === 'string';
}

function describeValue(node: Node, isSecret: boolean): string {
  if (node.kind !== 'scalar') return node.kind === 'list' ? 'a list' : 'a mapping';
  if (node.value === null) return 'nothing';
  const isHidden = isSecret || node.substitution !== null;
  if (isHidden && node.value === '') return 'an empty text';
  if (typeof node.value === 'string') return isHidden ? 'another text' : quote(node.source);
  // A number or a word is shown as it was written, without quotes.
  return isHidden ? `a ${typeof node.value}` : quote(node.source).slice(1, -1);
}

/** Values without places. Objects have no prototype, so that no key means anything but itself. */
function toPlain(node: Node, path: Path, document: ConfigDocument): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map((item, index) => toPlainItem(item, [...path, index], document));
  const object: Record<string, unknown> = Object.create(null);
  for (const [key, { value }] of node.entries) {
    const keyPath = [...path, key];
    if (isFailed(value)) document.markWrong(keyPath);
    else if (key === '__proto__') {
      // zod passes over this key in silence where any name may stand.
      document.refuseKey(keyPath, 'unknown key');
      document.markWrong(keyPath);
    } else object[key] = toPlain(value, keyPath, document);
  }
  return object;
}

function toPlainItem(item: Node, path: Path, document: ConfigDocument): unknown {
  if (!isFailed(item)) return toPlain(item, path, document);
  document.markWrong(path);
  return PLACEHOLDER;
}

function isFailed(node: Node): boolean {
  return node.kind === 'scalar' && node.substitution?.failed === true;
}

// Stands for a wrong item of a list, so that the positions of the others stay what they are in the file.
const PLACEHOLDER = 'placeholder';

type Remedy = (parent: Record<string, unknown>, key: string, list: unknown[], index: number) => void;

const replaceItem: Remedy = (_parent, _key, list, index) => {
  list[index] = PLACEHOLDER;
};

/** For lists in which the placeholder is wrong as well. */
const removeList: Remedy = (parent, key) => {
  delete parent[key];
};

/** Takes out what is wrong, so that the rest can be checked further. */
function prune(plain: unknown, issue: Issue, document: ConfigDocument, remedy: Remedy): void {
  const paths = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
  for (const path of paths as Path[]) {
    document.markWrong(path);
    const inList = path.findIndex((step) => typeof step === 'number');
    const keys = inList === -1 ? path : path.slice(0, inList);
    const key = String(keys.at(-1));
    let parent: unknown = plain;
    for (const step of keys.slice(0, -1)) parent = isObject(parent) ? parent[String(step)] : undefined;
    if (!isObject(parent)) continue;
    const value = parent[key];
    if (inList !== -1 && Array.isArray(value)) remedy(parent, key, value, Number(path[inList]));
    else delete parent[key];
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
