/*
 * When a cron expression runs. node-cron reads the expressions, but does not run them: its timers drop late runs, pause
 * for an hour at one daylight-saving change, leave a run out at the other, and join the two day fields by "and". So
 * what it reads is evaluated here, by functions of the time alone; missed runs and stepped clocks are the schedule's.
 */
import { edgesOfDay, longestGapWithinDay, nextLocal, previousLocal } from './cron-calendar.ts';
import { type CronFields, type CronReading, readCronFields } from './cron-fields.ts';
import { quote } from './quote.ts';
import { Zone } from './zone.ts';

const SECOND = 1_000;
const DAY = 86_400_000;
const YEAR_DAYS = 366;
/** An expression with lists in every field still stands in a message as a whole. */
const LONGEST_QUOTE = 200;
/** Clocks on the wall are at most 14 hours from UTC. */
const FARTHEST_ZONE = 15 * 3_600_000;

/** What is wrong with an expression, in words that follow its place; null: nothing. */
export function checkCron(expression: string): string | null {
  const reading = read(expression);
  if (!reading.ok) return `${reading.problem}, in ${quote(expression, LONGEST_QUOTE)}`;
  if (nextLocal(reading.fields, 0) !== null) return null;
  return `${quote(expression, LONGEST_QUOTE)} never runs: no month has such a day`;
}

/**
 * The first run after an instant, or null if there is none in 40 years. With an hour field of `*` or `*` and a step, runs
 * follow elapsed time, through both passes of an hour that the clock on the wall shows twice. With any other, each local
 * time happens once: at its first pass, and where the clock skips it, at the moment of the skip.
 *
 * `timezone` null: the zone of the host. The expression and the zone were checked before; wrong ones throw.
 */
export function nextCronRun(expression: string, timezone: string | null, afterMs: number): number | null {
  const fields = fieldsOf(expression);
  const zone = zoneOf(timezone);
  return fields.elapsed ? nextElapsed(fields, zone, afterMs) : nextListed(fields, zone, afterMs);
}

/** The last run at or before an instant, or null if there was none in 40 years. */
export function previousCronRun(expression: string, timezone: string | null, atMs: number): number | null {
  const fields = fieldsOf(expression);
  const zone = zoneOf(timezone);
  return fields.elapsed ? previousElapsed(fields, zone, atMs) : previousListed(fields, zone, atMs);
}

/** The longest gap between two runs, of those that begin in the year after an instant. */
export function cronPeriodMs(expression: string, timezone: string | null, fromMs: number): number {
  const today = Math.floor(fromMs / DAY);
  return remembered(periods, `${today} ${timezone ?? ''} ${expression}`, () =>
    longestGap(expression, timezone, today * DAY),
  );
}

function longestGap(expression: string, timezone: string | null, fromMs: number): number {
  const fields = fieldsOf(expression);
  const zone = zoneOf(timezone);
  const { first, last } = edgesOfDay(fields);
  let longest = longestGapWithinDay(fields);

  // From the last run of a day to the first of the next day that has any.
  const today = Math.floor(fromMs / DAY);
  let day = nextDay(fields, today);
  while (day !== null) {
    const next = nextDay(fields, day + 1);
    if (next === null) break;
    longest = Math.max(longest, instantOf(zone, next * DAY + first) - instantOf(zone, day * DAY + last));
    if (next > today + YEAR_DAYS) break;
    day = next;
  }

  // Over the changes of the zone.
  const end = fromMs + YEAR_DAYS * DAY;
  for (let at = zone.changeBetween(fromMs, end); at !== null; at = zone.changeBetween(at, end)) {
    const before = previousCronRun(expression, timezone, at - 1);
    const after = before === null ? null : nextCronRun(expression, timezone, before);
    if (before !== null && after !== null && before >= fromMs) longest = Math.max(longest, after - before);
  }
  return longest;
}

function nextDay(fields: CronFields, day: number): number | null {
  const local = nextLocal(fields, day * DAY);
  return local === null ? null : Math.floor(local / DAY);
}

function nextListed(fields: CronFields, zone: Zone, afterMs: number): number | null {
  const local = nextLocal(fields, wholeSecondAfter(latestLocal(zone, afterMs)));
  return local === null ? null : instantOf(zone, local);
}

function previousListed(fields: CronFields, zone: Zone, atMs: number): number | null {
  const local = previousLocal(fields, latestLocal(zone, atMs));
  return local === null ? null : instantOf(zone, local);
}

/** Looks for the next run as long as one offset lasts, then goes on from the change. */
function nextElapsed(fields: CronFields, zone: Zone, afterMs: number): number | null {
  let from = wholeSecondAfter(afterMs);
  for (;;) {
    const offset = zone.offsetAt(from);
    const local = nextLocal(fields, from + offset);
    if (local === null) return null;
    const at = local - offset;
    const change = zone.changeBetween(from, Math.min(at, from + DAY));
    if (change !== null) from = change;
    else if (at - from <= DAY) return at;
    // Far away: there is nothing until the day before, whatever the offset is then.
    else from = at - DAY;
  }
}

function previousElapsed(fields: CronFields, zone: Zone, atMs: number): number | null {
  let to = atMs;
  for (;;) {
    const offset = zone.offsetAt(to);
    const local = previousLocal(fields, to + offset);
    if (local === null) return null;
    const at = local - offset;
    const change = zone.changeBetween(Math.max(at, to - DAY), to);
    if (change !== null) to = change - 1;
    else if (to - at <= DAY) return at;
    else to = at + DAY;
  }
}

/** The latest time that the clock on the wall has shown so far: while an hour is repeated, its end. */
function latestLocal(zone: Zone, atMs: number): number {
  const local = atMs + zone.offsetAt(atMs);
  const change = zone.changeBetween(atMs - DAY, atMs);
  return change === null ? local : Math.max(local, change - 1 + zone.offsetAt(change - 1));
}

/** The first instant at which the clock on the wall shows a local time or, where it is skipped, a later one. */
function instantOf(zone: Zone, local: number): number {
  const change = zone.changeBetween(local - FARTHEST_ZONE, local + FARTHEST_ZONE);
  if (change === null) return local - zone.offsetAt(local);
  const before = local - zone.offsetAt(change - 1);
  return before < change ? before : Math.max(change, local - zone.offsetAt(change));
}

function wholeSecondAfter(ms: number): number {
  return (Math.floor(ms / SECOND) + 1) * SECOND;
}

/** Thousands of queries share few expressions and fewer zones. */
const REMEMBERED = 10_000;
const readings = new Map<string, CronReading>();
const zones = new Map<string, Zone>();
const periods = new Map<string, number>();

function read(expression: string): CronReading {
  return remembered(readings, expression, () => readCronFields(expression));
}

function fieldsOf(expression: string): CronFields {
  const reading = read(expression);
  if (!reading.ok) throw new RangeError(reading.problem);
  return reading.fields;
}

function zoneOf(timezone: string | null): Zone {
  return remembered(zones, timezone ?? '', () => new Zone(timezone));
}

function remembered<Value>(memory: Map<string, Value>, key: string, make: () => Value): Value {
  const known = memory.get(key);
  if (known !== undefined) return known;
  if (memory.size >= REMEMBERED) memory.clear();
  const value = make();
  memory.set(key, value);
  return value;
}
