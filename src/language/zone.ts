import { realpathSync } from 'node:fs';
import { quote } from './quote.ts';

const SECOND = 1_000;
const DAY = 86_400_000;
/** Two years of days, and some. */
const DAYS_KEPT = 1_000;

/** How one UTC day stands to local time: the offset from UTC, in milliseconds, until `changeMs` and from then on. */
interface ZoneDay {
  readonly before: number;
  /** Infinity where the offset does not change from this midnight to the next. */
  readonly changeMs: number;
  readonly after: number;
}

/** The offsets of one time zone. They are asked for by the day and kept, since asking `Intl` takes microseconds. */
export class Zone {
  readonly #readOffset: (atMs: number) => number;
  readonly #days = new Map<number, ZoneDay>();

  /** Null: the zone of the host. */
  constructor(name: string | null) {
    this.#readOffset = offsetReader(name ?? readHostZone().name);
  }

  /** Local time minus UTC. */
  offsetAt(atMs: number): number {
    const day = this.#day(Math.floor(atMs / DAY));
    return atMs < day.changeMs ? day.before : day.after;
  }

  /** The first instant of another offset after `fromMs` and not after `toMs`; null: there is none. */
  changeBetween(fromMs: number, toMs: number): number | null {
    for (let day = Math.floor(fromMs / DAY); day * DAY <= toMs; day++) {
      const { changeMs } = this.#day(day);
      if (changeMs > fromMs && changeMs <= toMs) return changeMs;
    }
    return null;
  }

  #day(number: number): ZoneDay {
    const known = this.#days.get(number);
    if (known !== undefined) return known;
    if (this.#days.size >= DAYS_KEPT) this.#days.clear();
    const day = this.#readDay(number * DAY);
    this.#days.set(number, day);
    return day;
  }

  /** No zone changes twice within a day, so two equal midnights enclose one offset. */
  #readDay(startMs: number): ZoneDay {
    const before = this.#readOffset(startMs);
    const after = this.#readOffset(startMs + DAY);
    if (before === after) return { before, changeMs: Number.POSITIVE_INFINITY, after };
    let low = startMs;
    let high = startMs + DAY;
    while (high - low > SECOND) {
      const middle = Math.floor((low + high) / 2 / SECOND) * SECOND;
      if (this.#readOffset(middle) === before) low = middle;
      else high = middle;
    }
    return { before, changeMs: high, after };
  }
}

/** What is wrong with the name of a time zone; null: nothing. */
export function checkTimezone(name: string): string | null {
  // Some versions of Node take offsets such as "+02:00", which never change, some do not.
  if (/^[A-Za-z]/.test(name)) {
    try {
      new Intl.DateTimeFormat('en-US', { timeZone: name });
      return null;
    } catch {
      // Said below, for every kind of wrong name alike.
    }
  }
  return `unknown time zone ${quote(name)}, expected a name such as "Europe/Berlin" or "UTC"`;
}

export interface HostZone {
  /** A name that {@link checkTimezone} takes; UTC where the host's own zone cannot be told. */
  readonly name: string;
  /** What is wrong with the zone of the host; null: nothing. */
  readonly problem: string | null;
}

/**
 * The zone of the host, as the TZ environment variable or the system sets it. A TZ that names no zone of the time zone
 * database, such as POSIX' `CET-1CEST`, is read as UTC by Node.js or as a zone without a name: here it is UTC, and said.
 */
export function readHostZone(): HostZone {
  const { TZ: written } = process.env;
  if (written === '') return { name: 'UTC', problem: 'the environment variable TZ is empty: UTC is used' };
  const name = written === undefined ? new Intl.DateTimeFormat().resolvedOptions().timeZone : zoneNameOf(written);
  // A host without any zone is answered with none, or with one that cannot be used.
  if (typeof name === 'string' && checkTimezone(name) === null) return { name, problem: null };
  const culprit = written === undefined ? 'the host' : `the environment variable TZ, ${quote(written)},`;
  return { name: 'UTC', problem: `${culprit} names no known time zone, such as "Europe/Berlin": UTC is used` };
}

/** As in tzset(3): `:` may stand in front, and a file of the database may stand for its zone. */
function zoneNameOf(tz: string): string {
  const text = tz.startsWith(':') ? tz.slice(1) : tz;
  if (!text.startsWith('/')) return text;
  try {
    return /\/zoneinfo\/(?:posix\/)?(.+)$/.exec(realpathSync(text))?.[1] ?? text;
  } catch {
    return text;
  }
}

function offsetReader(timeZone: string): (atMs: number) => number {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  return (atMs) => {
    // Such as "11/22/2026, GMT+05:30"; plain "GMT" at no offset.
    const [, sign, hours, minutes, seconds] = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(format.format(atMs)) ?? [];
    if (sign === undefined) return 0;
    const offset = Number(hours) * 3_600_000 + Number(minutes) * 60_000 + Number(seconds ?? 0) * SECOND;
    return sign === '-' ? -offset : offset;
  };
}
