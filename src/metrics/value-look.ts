import type { ValueLook } from '../sql/engine.ts';

/** The first that fits wins. Of a long text only the beginning is known, so a pattern must not need its end. */
const LOOKS: readonly (readonly [pattern: RegExp, look: ValueLook])[] = [
  [/^\d{4}-\d\d-\d\d/, 'date'],
  [/^[+-]?\d+ (years?|mons?|days?)\b/, 'interval'],
  [/^-?\d+:\d\d(:\d\d)?/, 'time'],
  // An object begins with a quoted name and a colon.
  [/^\s*(\[|\{\s*(\}|$|"([^"\\]|\\.)*($|"\s*(:|$))))/, 'json'],
  [/^\s*\{/, 'array'],
  [/^\s*(0x|\\x)[0-9a-f]+/i, 'hex'],
  [/^\s*-?[$€£¥]\s?\d/, 'money'],
  [/^[0-9a-f]{1,8}\/[0-9a-f]{1,8}$/i, 'position'],
];

/** What a text looks like that is no number; null: like nothing that the engines have advice for. */
export function lookOf(text: string): ValueLook | null {
  return LOOKS.find(([pattern]) => pattern.test(text))?.[1] ?? null;
}
