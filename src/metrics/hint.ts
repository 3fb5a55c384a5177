import type { RejectionReason } from '../model/failure.ts';
import type { Engine } from '../sql/engine.ts';
import { parseValue } from './mapping.ts';
import { lookOf } from './value-look.ts';

/** What advice depends on, beside the column and the text that offended. */
export interface HintTerms {
  /** What the engine has to say about values that are no number. */
  readonly hints: Engine['hints'];
  readonly sql: string;
  readonly maxLabelLength: number;
  /** Whether rows bring labels to the metric. */
  readonly hasLabels: boolean;
  /** The texts that the metric's `map` knows. */
  readonly mapped: readonly string[];
  /** The columns of the result that the metric does not read. */
  readonly unused: readonly string[];
}

/**
 * What to do about a rejected sample, by whoever wrote the query; empty where nothing general can be said. `text`: what
 * offended, or its beginning.
 */
export function hintFor(reason: RejectionReason, column: string, text: string, terms: HintTerms): string {
  switch (reason) {
    case 'not_a_number':
      return hintForText(column, text, terms);
    case 'negative_counter':
      return 'use type: gauge for a value that can be negative';
    case 'not_a_histogram':
      return 'a bucket counts everything up to its bound, so the counts ascend and none is negative or above that of all';
    case 'duplicate':
      return hintForDuplicate(terms);
    case 'label_too_long': {
      if (!hasExpressions(terms.sql)) return 'raise max_label_length';
      // No character is longer than four bytes of UTF-8.
      return `use substr(${column}, 1, ${Math.max(1, Math.floor(terms.maxLabelLength / 4))}) or raise max_label_length`;
    }
    default:
      return reason satisfies never;
  }
}

/** The first pattern that fits wins; COLUMN stands for the column's name. True in every SQL. */
const ADVICE: readonly (readonly [pattern: RegExp, advice: string])[] = [
  [/^\s*$/, "use NULLIF(TRIM(COLUMN), '') for no sample where the text is empty"],
  [/^\s*[+-]?\d[\d_]*_\d/, "use REPLACE(COLUMN, '_', '')"],
  [/^\s*[+-]?\d{1,3}(,\d{3})+(\.\d*)?\s*$/, "use REPLACE(COLUMN, ',', '')"],
  [/^\s*[+-]?\d+,\d+\s*$/, "use REPLACE(COLUMN, ',', '.')"],
  [/^\s*[+-]?[\d.]+(e[+-]?\d+)?\s*[a-z%°µ€$]/iu, 'take the unit off COLUMN, so that a plain number is left'],
];

/** A text that a person would name: a word or a few. */
const WORDS = /^\s*(\p{L}[\p{L}\p{N} _-]{0,31})\s*$/u;

const NEGATIVE = /^(off|no|false|none|disabled)$/i;

function hintForText(column: string, text: string, { hints, sql, mapped }: HintTerms): string {
  // A number that is one by its looks was refused for its size or, in a counter, for what it means. Of a long one only the
  // beginning is known, so its size says nothing.
  const number = parseValue(text);
  if (number !== null && !Number.isFinite(number)) return 'a counter takes finite numbers only';
  if (/^[ \t\r\n]*[+-]?\d+\.?\d*(e[+-]?\d+)?[ \t\r\n]*$/i.test(text)) return 'no float64 is that large';
  if (mapped.length > 0) return `map has ${listTexts(mapped)}; give it this text too, or choose rows with where`;
  const word = WORDS.exec(text)?.[1]?.trim();
  const mapIt =
    word === undefined ? '' : `give it a number, as in map: {${JSON.stringify(word)}: ${NEGATIVE.test(word) ? 0 : 1}}`;
  if (!hasExpressions(sql))
    return mapIt === '' ? 'choose the rows with where' : `${mapIt}, or choose the rows with where`;
  const look = lookOf(text);
  const ofEngine = look === null ? undefined : hints[look];
  const advice = ofEngine ?? ADVICE.find(([pattern]) => pattern.test(text))?.[1] ?? mapIt;
  return advice.replaceAll('COLUMN', () => column);
}

function hintForDuplicate({ sql, hasLabels, unused }: HintTerms): string {
  const canGroup = hasExpressions(sql);
  if (!hasLabels)
    return canGroup
      ? 'let one row come, as with max() or a limit, or choose it with where'
      : 'choose the row with where';
  const [column, ...others] = unused;
  const labelled =
    column !== undefined && others.length === 0
      ? `make a label of the column ${column}, which is not used`
      : 'make the column that tells the rows apart a label';
  return canGroup ? `group by the label columns, or ${labelled}` : `${labelled}, or choose rows with where`;
}

function listTexts(texts: readonly string[]): string {
  const shown = texts.slice(0, 5).map((text) => JSON.stringify(text));
  if (texts.length > shown.length) shown.push(`${texts.length - shown.length} more`);
  return shown.join(', ');
}

/** Statements whose columns are what the server gives: no function can be put around them. */
const FIXED =
  /^(?:\s|--[^\n]*|#[^\n]*|\/\*(?![!M])[\s\S]*?\*\/)*(?:show|desc|describe|explain|pragma|help|check|checksum|analyze)\b/i;

function hasExpressions(sql: string): boolean {
  return !FIXED.test(sql);
}
