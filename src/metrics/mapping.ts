import { quote } from '../language/quote.ts';
import { RefreshError } from '../model/failure.ts';

const ZERO = 0x30;
const NINE = 0x39;
const MINUS = 0x2d;
const POINT = 0x2e;

/** Every decimal number of up to this many digits is what the nearest float64 prints as. */
const EXACT_DIGITS = 15;

/** `0.000001` is the smallest power of ten that JavaScript prints without an exponent. */
const PLAIN_FRACTION_DIGITS = 6;

/** Each digit has one way to match, so that a text of megabytes which fails at its end fails in linear time. */
const NUMBER = /^[ \t\r\n]*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)[ \t\r\n]*$/i;
const WORD = /^[ \t\r\n]*(?:(nan)|([+-]?)inf(?:inity)?)[ \t\r\n]*$/i;

/**
 * How many bytes at the front of a cell are, as they stand, the canonical text of its number; -1 where that is not plain
 * from the bytes. It is the fast path of `formatNumber(parseNumber(text))` and never says anything else: `42` is 4 and 2
 * as it stands, of `12.500` the first four bytes are, `007`, `-0`, `1e3` and anything of 16 digits are not plain.
 */
export function canonicalLength(cell: Uint8Array): number {
  const end = cell.length;
  const start = cell[0] === MINUS ? 1 : 0;
  let i = start;
  while (i < end && isDigit(cell[i] as number)) i++;

  const digits = i - start;
  if (digits === 0 || digits > EXACT_DIGITS) return -1;
  const whole = cell[start] !== ZERO;
  if (!whole && (digits > 1 || start === 1)) return -1;
  if (i === end) return end;
  if (cell[i] !== POINT) return -1;

  const point = i;
  let first = 0; // the first and the last digit after the point that is not 0
  let last = 0;
  for (i++; i < end; i++) {
    const byte = cell[i] as number;
    if (!isDigit(byte)) return -1;
    if (byte === ZERO) continue;
    if (first === 0) first = i;
    last = i;
  }
  if (last === 0) return point;
  if (!whole && first - point > PLAIN_FRACTION_DIGITS) return -1;
  return digits + last - point > EXACT_DIGITS ? -1 : last + 1;
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

/** The canonical text of a sample's value: the shortest that reads back the same; `+Inf`, `-Inf`, `NaN`; -0 is `0`. */
export function formatNumber(number: number): string {
  if (number === Number.POSITIVE_INFINITY) return '+Inf';
  return number === Number.NEGATIVE_INFINITY ? '-Inf' : String(number);
}

/**
 * Finds the columns of a result: by exact name, else without case where one column alone matches.
 * Throws a `RefreshError` of reason `missing_column` that names every column that is missing or stands there twice, and
 * the columns that came.
 */
export function matchColumns(wanted: Iterable<string>, columns: readonly string[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  const missing: string[] = [];
  const ambiguous: string[] = [];
  for (const name of wanted) {
    if (found.has(name)) continue;
    const indexes = findColumns(name, columns);
    if (indexes.length > 1) ambiguous.push(name);
    else if (indexes[0] === undefined) missing.push(name);
    else found.set(name, indexes[0]);
  }
  const problems: string[] = [];
  if (missing.length > 0) problems.push(`has no column ${listNames(missing)}`);
  if (ambiguous.length > 0) problems.push(`has more than one column ${listNames(ambiguous)}`);
  if (problems.length === 0) return found;
  throw new RefreshError('missing_column', `the result ${problems.join(' and ')}; it has ${listNames(columns)}`);
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
  const shown = names.slice(0, 20).map((name) => quote(name, 64));
  if (names.length > shown.length) shown.push(`${names.length - shown.length} more`);
  return shown.join(', ');
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}
