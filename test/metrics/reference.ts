import type { MetricType } from '../../src/model/words.ts';
import { labelKey, type TestCell, toCell } from './render.ts';

/** The rules for values and labels once more, as simply as they can be said and without a thought for speed. */
export class Reference {
  readonly samples = new Map<string, number>();
  rejected = 0;
  readonly #type: MetricType;
  readonly #map: ReadonlyMap<string, number>;

  constructor(type: MetricType = 'gauge', map: Readonly<Record<string, number>> = {}) {
    this.#type = type;
    this.#map = new Map(Object.entries(map));
  }

  add(labels: Readonly<Record<string, TestCell>>, value: TestCell): void {
    if (value === null) return;
    const number = this.#map.get(trim(toText(value))) ?? toNumber(toText(value));
    const isWrong = number === null || (this.#type === 'counter' && (!Number.isFinite(number) || number < 0));
    const key = labelKey(textsOf(labels));
    if (isWrong || this.samples.has(key)) this.rejected++;
    else this.samples.set(key, number);
  }
}

export function textsOf(labels: Readonly<Record<string, TestCell>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).map(([name, cell]) => [name, toText(cell)]));
}

export function toText(cell: TestCell): string {
  return cell === null ? '' : new TextDecoder('utf-8', { ignoreBOM: true }).decode(toCell(cell) ?? undefined);
}

function trim(text: string): string {
  return text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');
}

export function toNumber(given: string): number | null {
  const word = trim(given).toLowerCase();
  if (word === 'nan') return Number.NaN;
  if (/^[+-]?inf(inity)?$/.test(word))
    return word.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (!/^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/.test(word)) return null;
  return Number.isFinite(Number(word)) ? Number(word) + 0 : null;
}
