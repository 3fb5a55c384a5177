import { z } from 'zod';
import { DURATION_PATTERN, formatDuration, parseDuration } from './duration.ts';
import { isName } from './names.ts';
import { quote } from './quote.ts';
import { parseSize, SIZE_PATTERN } from './size.ts';

/*
 * The values that a key of a configuration may have. Each is read from what YAML gives and says what it expects.
 */

// Far beyond any schedule, and near enough that adding it to a date gives a date.
const LONGEST_MS = 3_650 * 86_400_000;
// A cap that is no cap any more; a result is text, and V8's strings end at half a gigabyte.
const LARGEST_BYTES = 1_099_511_627_776;

export const DURATION = 'a duration such as "30s"';
const SECONDS_OR_DURATION = 'a number of seconds or a duration such as "30s"';
const SIZE = 'a size such as "16MiB" or a number of bytes';

/** The text of every issue of a schema; the value that came is added by whoever reports it. */
export function expected(words: string): { error: () => string } {
  return { error: () => `expected ${words}` };
}

/** A `params` for an issue whose text is complete: the value that came is not added. */
export const COMPLETE = {};

/** YAML reads `12345`, `0123` and `true` as something else than text. */
export const QUOTE_IT = 'must be a string, quote it';

/** Any text, the empty one included. */
export function text(words = 'a text') {
  return z.string({
    error: ({ input }) => (typeof input === 'number' || typeof input === 'boolean' ? QUOTE_IT : `expected ${words}`),
  });
}

/** Half of a surrogate pair has no UTF-8: two labels that differ in it would be one on the page. */
export function labelValue() {
  return text().refine((value) => value.isWellFormed(), expected('text that can be written as UTF-8'));
}

export function nonEmptyText(words: string) {
  return text(words).refine((value) => value !== '', expected(words));
}

/** What names something in messages, labels and links. */
export function name(words: string) {
  return text(words).refine(isName, expected(`${words} without control characters`));
}

export function list<T extends z.ZodType>(item: T, words: string) {
  return z.array(item, expected(words));
}

export function mapping<T extends z.ZodType>(value: T, words: string) {
  return z.record(z.string(), value, expected(words));
}

/** A list of at least one, none of them twice. */
export function distinct(item: z.ZodType<string>, words: string, one: string) {
  return list(item, words)
    .superRefine((items, context) => {
      if (items.length === 0) refuse(context, [], `expected at least ${one}`);
      const seen = new Set<string>();
      for (const [index, value] of items.entries()) {
        if (seen.has(value)) refuse(context, [index], `${quote(value)} is listed already`);
        seen.add(value);
      }
    })
    .meta({ minItems: 1, uniqueItems: true });
}

/** A mapping with at least one entry. */
export function entries<T extends z.ZodType>(value: T, words: string, one: string) {
  return mapping(value, words)
    .superRefine((given, context) => {
      if (Object.keys(given).length === 0) refuse(context, [], `expected at least ${one}`);
    })
    .meta({ minProperties: 1 });
}

function refuse(context: z.RefinementCtx, path: PropertyKey[], message: string): void {
  context.addIssue({ code: 'custom', path, message, params: COMPLETE });
}

/** A value that is written in one of several forms, which differ in their type. */
export function oneOf<const T extends readonly [z.ZodType, z.ZodType, ...z.ZodType[]]>(forms: T, words: string) {
  return z.union(forms, expected(words));
}

export function finiteNumber() {
  return z.number(expected('a finite number'));
}

export function fields<T extends z.ZodRawShape>(shape: T, words = 'a mapping') {
  return z.strictObject(shape, expected(words));
}

export function bool() {
  return z.boolean(expected('true or false'));
}

/** One of several words, for a message: `keep, drop or fail`. */
export function anyOf(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

export function choice<const T extends readonly [string, ...string[]]>(values: T, words = anyOf(values)) {
  return z.enum(values, expected(words));
}

export function wholeNumber(min: number, max: number) {
  const rule = expected(`a whole number from ${min} to ${max}`);
  return z.number(rule).int(rule).min(min, rule).max(max, rule);
}

export interface DurationLimits {
  /** True: no time at all is allowed. */
  readonly zero?: boolean;
  readonly maxMs?: number;
}

export function duration(limits: DurationLimits = {}) {
  return z
    .string(expected(DURATION))
    .transform((value, context) => toMs(parseDuration(value), DURATION, limits, context))
    .meta({ pattern: DURATION_PATTERN });
}

/** A duration, or a number of seconds. */
export function durationOrSeconds(limits: DurationLimits = {}, words = SECONDS_OR_DURATION) {
  return z
    .union([z.number(), z.string()], expected(words))
    .transform((value, context) => {
      const ms = typeof value === 'number' ? Math.round(value * 1_000) : parseDuration(value);
      return toMs(ms, words, limits, context);
    })
    .meta({ pattern: DURATION_PATTERN, exclusiveMinimum: 0 });
}

/** Null for `off`. */
export function durationOrOff() {
  const words = `${DURATION}, or "off"`;
  return z
    .string(expected(words))
    .transform((value, context) => (value === 'off' ? null : toMs(parseDuration(value), words, {}, context)))
    .meta({ pattern: `^off$|${DURATION_PATTERN}` });
}

function toMs(ms: number | null, words: string, limits: DurationLimits, context: z.RefinementCtx): number {
  const { zero = false, maxMs = LONGEST_MS } = limits;
  if (ms !== null && (ms > 0 || (zero && ms === 0)) && ms <= maxMs) return ms;
  let message = `expected ${words}`;
  if (ms !== null && ms > maxMs) message = `expected at most ${formatDuration(maxMs)}`;
  else if (ms !== null) message = `expected ${zero ? 'no negative time' : 'more than no time'}`;
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
}

export function byteSize() {
  return z
    .union([z.number(), z.string()], expected(SIZE))
    .transform((value, context) => {
      const bytes = typeof value === 'number' ? value : parseSize(value);
      if (bytes !== null && Number.isInteger(bytes) && bytes > 0 && bytes <= LARGEST_BYTES) return bytes;
      context.addIssue({ code: 'custom', message: `expected ${SIZE}${bytes === null ? '' : ', at most 1TiB'}` });
      return z.NEVER;
    })
    .meta({ pattern: SIZE_PATTERN, minimum: 1, maximum: LARGEST_BYTES });
}
