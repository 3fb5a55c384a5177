import { quote } from '../language/quote.ts';

/** The keys and list positions that lead to a value: `['queries', 'orders', 'interval']`. */
export type Path = readonly (string | number)[];

const BARE_KEY = /^[\p{L}_][\p{L}\p{N}_-]*$/u;
const LONGEST_BARE_KEY = 64;

/** `queries.orders.interval`, `targets["10.0.0.1:3306"].groups[0]`. */
export function formatPath(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (!BARE_KEY.test(step) || step.length > LONGEST_BARE_KEY) text += `[${quote(step)}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}

/** One text per path, to be used as a key. */
export function pathKey(path: Path): string {
  return JSON.stringify(path);
}
