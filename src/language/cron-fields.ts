import { validateDetailed } from 'node-cron';

/** A cron expression, read. Lists are sorted and without repetition. */
export interface CronFields {
  readonly seconds: readonly number[];
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly daysOfMonth: readonly number[];
  /** 1 to 12. */
  readonly months: readonly number[];
  /** 0 to 6, Sunday is 0. */
  readonly daysOfWeek: readonly number[];
  /** Both day fields are restricted, so that either suffices (crontab(5)). */
  readonly eitherDay: boolean;
  /** The hour field is a star, with or without a step: runs follow elapsed time, not the clock on the wall. */
  readonly elapsed: boolean;
}

export type CronReading =
  | { readonly ok: true; readonly fields: CronFields }
  | { readonly ok: false; readonly problem: string };

interface FieldRule {
  /** As node-cron calls it in its answer. */
  readonly key: 'second' | 'minute' | 'hour' | 'dayOfMonth' | 'month' | 'dayOfWeek';
  readonly title: string;
  readonly min: number;
  readonly max: number;
  readonly names: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const RULES: readonly FieldRule[] = [
  { key: 'second', title: 'second', min: 0, max: 59, names: [] },
  { key: 'minute', title: 'minute', min: 0, max: 59, names: [] },
  { key: 'hour', title: 'hour', min: 0, max: 23, names: [] },
  { key: 'dayOfMonth', title: 'day of month', min: 1, max: 31, names: [] },
  { key: 'month', title: 'month', min: 1, max: 12, names: MONTHS },
  { key: 'dayOfWeek', title: 'day of week', min: 0, max: 7, names: WEEKDAYS },
];

/** The words of crontab(5) that stand for an expression; `@reboot` is `run_on_start`. */
const WORDS = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
} as const;

const CRON_WORDS = Object.keys(WORDS) as readonly (keyof typeof WORDS)[];

/** Reads five or six fields, in the language of crontab(5) with an optional field of seconds in front, or one of its words. */
export function readCronFields(written: string): CronReading {
  const expression = Object.hasOwn(WORDS, written) ? WORDS[written as keyof typeof WORDS] : written;
  if (/[^\x20-\x7e]/.test(expression)) {
    return wrong('fields are divided by spaces; a tab, a line break or another special character stands in it');
  }
  const texts = expression.split(' ').filter((text) => text !== '');
  if (texts.length === 1 && expression.startsWith('@')) return wrong(`expected one of ${CRON_WORDS.join(', ')}`);
  if (texts.length !== 5 && texts.length !== 6) {
    return wrong(`expected 5 fields (minute hour day month weekday) or 6 (second first), got ${texts.length}`);
  }
  if (texts.length === 5) texts.unshift('0');

  const values = new Map<FieldRule['key'], readonly number[]>();
  const problems: string[] = [];
  for (const [index, rule] of RULES.entries()) {
    const list = readField(rule, index, texts[index] ?? '');
    if (typeof list === 'string') problems.push(`${rule.title}: ${list}`);
    else values.set(rule.key, list);
  }
  if (problems.length > 0) return wrong(problems.join('; '));

  const of = (key: FieldRule['key']) => values.get(key) ?? [];
  const [, , hour = '', dayOfMonth = '', , dayOfWeek = ''] = texts;
  return {
    ok: true,
    fields: {
      seconds: of('second'),
      minutes: of('minute'),
      hours: of('hour'),
      daysOfMonth: of('dayOfMonth'),
      months: of('month'),
      daysOfWeek: of('dayOfWeek'),
      eitherDay: !dayOfMonth.includes('*') && !dayOfWeek.includes('*'),
      elapsed: /^\*(\/\d+)?$/.test(hour),
    },
  };
}

function wrong(problem: string): CronReading {
  return { ok: false, problem };
}

/**
 * The values of one field, or what is wrong with it. node-cron is asked about one field at a time: it takes the two day
 * fields as one condition, and so refuses `30 2 1` for the last three, which are the Mondays of February.
 */
function readField(rule: FieldRule, index: number, text: string): number[] | string {
  for (const term of text.split(',')) {
    const problem = checkTerm(rule, term.toLowerCase());
    if (problem !== null) return problem;
  }
  const expression = RULES.map((_, other) => (other === index ? text : '*')).join(' ');
  const { fields } = validateDetailed(expression);
  if (fields === undefined) return notPossible(rule, text);
  return [...new Set(fields[rule.key].map(Number))].sort((a, b) => a - b);
}

const TERM = /^(?:\*|(?<from>\d+|[a-z]+)(?:-(?<to>\d+|[a-z]+))?)(?:\/(?<step>\d+))?$/;

/** What node-cron would take in silence: ranges that run backwards, steps beyond the field, two names in one word. */
function checkTerm(rule: FieldRule, term: string): string | null {
  const groups = TERM.exec(term)?.groups;
  if (groups === undefined) return notPossible(rule, term);
  const { from, to, step } = groups as Partial<Record<'from' | 'to' | 'step', string>>;
  if (from !== undefined) {
    const first = toValue(rule, from);
    // A week may end with its Sunday, as in fri-sun.
    const last = to === undefined ? first : to === 'sun' ? 7 : toValue(rule, to);
    if (first === null || last === null) return notPossible(rule, term);
    if (first > last) return `the range "${term}" runs backwards`;
    if (step !== undefined && to === undefined) return `"${term}" needs a range or a star before the step`;
  }
  if (step !== undefined && (Number(step) < 1 || Number(step) > rule.max - rule.min)) {
    return `the step of "${term}" must be 1 to ${rule.max - rule.min}`;
  }
  return null;
}

function toValue({ min, max, names }: FieldRule, text: string): number | null {
  const position = names.indexOf(text);
  if (position >= 0) return position + min;
  return /^\d+$/.test(text) && Number(text) >= min && Number(text) <= max ? Number(text) : null;
}

function notPossible({ min, max, names }: FieldRule, text: string): string {
  const named = names.length === 0 ? '' : `, ${names[0]} to ${names.at(-1)}`;
  return `"${text}" is not possible, expected ${min} to ${max}${named}, as a list, a range or a step`;
}
