import type { RejectionReason } from '../model/failure.ts';
import type { Rejection } from '../model/update.ts';
import type { EngineName, MetricName } from '../model/words.ts';
import { hintFor } from './hint.ts';

const EXAMPLE_LENGTH = 32;

/** Controls, invisible format characters and line separators could forge a log line or hide in it. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export interface RejectionTerms {
  readonly engine: EngineName;
  readonly family: MetricName;
  readonly maxLabelLength: number;
}

/** Counts the rejected samples of one metric by column and reason. Of each only the first offender is looked at. */
export class RejectionLog {
  readonly #terms: RejectionTerms;
  readonly #counts = new Map<string, { count: number; readonly first: Omit<Rejection, 'count'> }>();

  constructor(terms: RejectionTerms) {
    this.#terms = terms;
  }

  add(reason: RejectionReason, column: string, offender: Uint8Array): void {
    const key = `${reason} ${column}`;
    const known = this.#counts.get(key);
    if (known !== undefined) {
      known.count++;
      return;
    }
    // A label may be megabytes long; no character of UTF-8 is longer than four bytes.
    const text = decoder.decode(offender.subarray(0, 4 * EXAMPLE_LENGTH + 4));
    const { engine, family, maxLabelLength } = this.#terms;
    const hint = hintFor(reason, { engine, column, text, maxLabelLength });
    this.#counts.set(key, { count: 1, first: { reason, family, column, example: toExample(text), hint } });
  }

  rejections(): readonly Rejection[] {
    return [...this.#counts.values()].map(({ count, first }) => ({ ...first, count }));
  }
}

function toExample(text: string): string {
  const characters = [...text.replace(UNPRINTABLE, toEscape)];
  if (characters.length <= EXAMPLE_LENGTH) return characters.join('');
  return `${characters.slice(0, EXAMPLE_LENGTH - 1).join('')}…`;
}

function toEscape(character: string): string {
  return character === '\n' ? '\\n' : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
