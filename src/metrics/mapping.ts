import { quote } from '../language/quote.ts';
import { RefreshError } from '../model/failure.ts';
import type { ColumnNames } from '../model/plan.ts';
import { parseInstant } from './instant.ts';

const ZERO = 0x30;
const NINE = 0x39;
const MINUS = 0x2d;
const POINT = 0x2e;

/** How many names a message shows. */
const MAX_LISTED = 20;

/** Every decimal number of up to this many digits is what the nearest float64 prints as. */
const EXACT_DIGITS = 15;

/** `0.000001` is the smallest power of ten that JavaScript prints without an exponent. */
const PLAIN_FRACTION_DIGITS = 6;

/** Each digit has one way to match, so that a text of megabytes which fails at its end fails in linear time. */
const NUMBER = /^[ \t\r\n]*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)[ \t\r\n]*$/i;
const WORD = /^[ \t\r\n]*(?:(nan)|([+-]?)inf(?:inity)?)[ \t\r\n]*$/i;

/**
 * How many bytes at the front of `[from, end)` are, as they stand, the canonical text of its number; -1 where that is not
 * plain from the bytes. It is the fast path of `formatNumber(parseNumber(text))` and never says anything else: `42` is 4 and 2
 * as it stands, of `12.500` the first four bytes are, `007`, `-0`, `1e3` and anything of 16 digits are not plain.
 */
export function canonicalLength(bytes: Uint8Array, from: number, end: number): number {
  const start = bytes[from] === MINUS ? from + 1 : from;
  let i = start;
  while (i < end && isDigit(bytes[i] as number)) i++;

  const digits = i - start;
  if (digits === 0 || digits > EXACT_DIGITS) return -1;
  const whole = bytes[start] !== ZERO;
  if (!whole && (digits > 1 || start > from)) return -1;
  if (i === end) return end - from;
  if (bytes[i] !== POINT) return -1;

  const point = i;
  let first = 0; // the first and the last digit after the point that is not 0
  let last = 0;
  for (i++; i < end; i++) {
    const byte = bytes[i] as number;
    if (!isDigit(byte)) return -1;
    if (byte === ZERO) continue;
    if (first === 0) first = i;
    last = i;
  }
  if (last === 0) return point - from;
  if (!whole && first - point > PLAIN_FRACTION_DIGITS) return -1;
  return digits + last - point > EXACT_DIGITS ? -1 : last + 1 - from;
}

/**
 * A text as float64; null if it is no number: nothing but spaces, hexadecimal, with underscores, a unit or a decimal
 * comma, or too large for float64. Takes spaces around, decimal and exponent, `NaN` and `±Inf` as words in any case.
 */
export function parseNumber(text: string): number | null {
  const decimal = NUMBER.exec(text)?.[1];
  if (decimal !== undefined) {
    const number = Number(decimal);
    return Number.isFinite(number) ? number : null;
  }
  const word = WORD.exec(text);
  if (word === null) return null;
  if (word[1] !== undefined) return Number.NaN;
  return word[2] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** A cell's text as float64: a number, or a date and time with an offset, which is its Unix time; null if it is neither. */
export function parseValue(text: string): number | null {
  return parseNumber(text) ?? parseInstant(text);
}

/** The number of bytes `[start, end)` that are nothing but up to 15 digits; -1 for any other. */
export function plainInteger(bytes: Uint8Array, start: number, end: number): number {
  if (start === end || end - start > EXACT_DIGITS) return -1;
  let number = 0;
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    if (!isDigit(byte)) return -1;
    number = 10 * number + byte - ZERO;
  }
  return number;
}

/** The canonical text of a sample's value: the shortest that reads back the same; `+Inf`, `-Inf`, `NaN`; -0 is `0`. */
export function formatNumber(number: number): string {
  if (number === Number.POSITIVE_INFINITY) return '+Inf';
  return number === Number.NEGATIVE_INFINITY ? '-Inf' : String(number);
}

/**
 * Finds columns of a result, each by the first of its names that came: by exact name, else without case where one column
 * alone matches. Throws a `RefreshError` of reason `missing_column` that names every column that is missing or stands
 * there twice, and the columns that came.
 */
export function matchColumns(
  wanted: Iterable<ColumnNames>,
  columns: readonly string[],
): (names: ColumnNames) => number {
  const found = new Map<string, number>();
  const missing = new Set<string>();
  const alternatives: string[] = [];
  const ambiguous = new Set<string>();
  for (const names of wanted) {
    const key = JSON.stringify(names);
    if (found.has(key)) continue;
    // Found or not, it is looked for once.
    found.set(key, -1);
    const [came] = names.flatMap((name) => {
      const indexes = findColumns(name, columns);
      return indexes.length === 0 ? [] : [{ name, indexes }];
    });
    if (came === undefined && names.length === 1) missing.add(names[0] ?? '');
    else if (came === undefined) alternatives.push(`none of ${listNames(names)}`);
    else if (came.indexes.length > 1) ambiguous.add(came.name);
    else found.set(key, came.indexes[0] ?? -1);
  }
  const problems = alternatives.slice(0, MAX_LISTED);
  if (missing.size > 0) problems.unshift(`no column ${listNames([...missing])}`);
  if (ambiguous.size > 0) problems.push(`more than one column ${listNames([...ambiguous])}`);
  if (problems.length > 0) {
    const [first = ''] = missing;
    const came = `it has ${listNames(columns)}${adviceToName(columns, first)}`;
    throw new RefreshError('missing_column', `the result has ${problems.join(' and ')}; ${came}`);
  }
  return (names) => found.get(JSON.stringify(names)) ?? -1;
}

/** An expression without a name is called as it was written. */
function adviceToName(columns: readonly string[], wanted: string): string {
  const expression = columns.find((column) => /[(*+]/.test(column));
  if (expression === undefined || !/^\w+$/.test(wanted)) return '';
  return `; write ${quote(expression, 64).slice(1, -1)} AS ${wanted}`;
}

function findColumns(name: string, columns: readonly string[]): readonly number[] {
  const exact = indexesOf(columns, (column) => column === name);
  if (exact.length > 0) return exact;
  const folded = name.toLowerCase();
  return indexesOf(columns, (column) => column.toLowerCase() === folded);
}

function indexesOf(columns: readonly string[], matches: (column: string) => boolean): readonly number[] {
  return columns.flatMap((column, index) => (matches(column) ? [index] : []));
}

/** A table has up to 4,096 columns of 64 characters; a message shows a readable part of them. */
function listNames(names: readonly string[]): string {
  const shown = names.slice(0, MAX_LISTED).map((name) => quote(name, 64));
  if (names.length > shown.length) shown.push(`${names.length - shown.length} more`);
  return shown.join(', ');
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}
