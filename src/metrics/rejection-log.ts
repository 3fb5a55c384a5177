import type { RejectionReason } from '../model/failure.ts';
import type { Rejection } from '../model/outcome.ts';
import type { MetricName } from '../model/words.ts';
import { type HintTerms, hintFor } from './hint.ts';

const EXAMPLE_LENGTH = 32;

/** Controls, invisible format characters and line separators could forge a log line or hide in it. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export interface RejectionTerms extends HintTerms {
  readonly family: MetricName;
}

/** Counts the rejected samples of one metric by column and reason. Of each only the first offender is looked at. */
export class RejectionLog {
  readonly #terms: RejectionTerms;
  /** Null until the first comes: most metrics have none. */
  #counts: Map<string, { count: number; readonly first: Omit<Rejection, 'count'> }> | null = null;

  constructor(terms: RejectionTerms) {
    this.#terms = terms;
  }

  add(reason: RejectionReason, column: string, offender: Uint8Array): void {
    const key = `${reason} ${column}`;
    this.#counts ??= new Map();
    const known = this.#counts.get(key);
    if (known !== undefined) {
      known.count++;
      return;
    }
    // A label may be megabytes long; no character of UTF-8 is longer than four bytes.
    const text = decoder.decode(offender.subarray(0, 4 * EXAMPLE_LENGTH + 4));
    const hint = hintFor(reason, column, text, this.#terms);
    const { family } = this.#terms;
    this.#counts.set(key, { count: 1, first: { reason, family, column, example: toExample(text), hint } });
  }

  rejections(): readonly Rejection[] {
    return this.#counts === null ? [] : [...this.#counts.values()].map(({ count, first }) => ({ ...first, count }));
  }
}

/** In a sentence: the first of them whole, of the others how many. */
export function describeRejections(rejections: readonly Rejection[]): string {
  const [first] = rejections;
  if (first === undefined) return '';
  const { count, reason, column, example, hint } = first;
  const others = rejections.slice(1).reduce((sum, rejection) => sum + rejection.count, 0);
  const more = others === 0 ? '' : `, and ${others} more elsewhere`;
  const advice = hint === '' ? '' : `; ${hint}`;
  return `${count} rejected (${reason}) in column "${column}", the first is "${example}"${more}${advice}`;
}

function toExample(text: string): string {
  const characters = [...text.replace(UNPRINTABLE, toEscape)];
  if (characters.length <= EXAMPLE_LENGTH) return characters.join('');
  return `${characters.slice(0, EXAMPLE_LENGTH - 1).join('')}…`;
}

function toEscape(character: string): string {
  return character === '\n' ? '\\n' : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
