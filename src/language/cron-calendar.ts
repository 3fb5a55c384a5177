import type { CronFields } from './cron-fields.ts';

const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;
/** The weekdays of 29 February come round every 28 years, and every 40 over a year such as 2100. */
const SEARCH_DAYS = 41 * 366;

/*
 * Cron on the calendar alone. A local time is written as milliseconds, as if it were UTC: no zone has a say here, and
 * every day has 24 hours.
 */

/** The first matching local time that is not before `local`; null: there is none in 40 years. */
export function nextLocal(fields: CronFields, local: number): number | null {
  const first = Math.floor(local / DAY);
  for (let day = first; day <= first + SEARCH_DAYS; day++) {
    if (!isDay(fields, day)) continue;
    const time = nextTime(fields, day === first ? local - day * DAY : 0);
    if (time !== null) return day * DAY + time;
  }
  return null;
}

/** The last matching local time that is not after `local`; null: there was none in 40 years. */
export function previousLocal(fields: CronFields, local: number): number | null {
  const last = Math.floor(local / DAY);
  for (let day = last; day >= last - SEARCH_DAYS; day--) {
    if (!isDay(fields, day)) continue;
    const time = previousTime(fields, day === last ? local - day * DAY : DAY - SECOND);
    if (time !== null) return day * DAY + time;
  }
  return null;
}

/** Whether anything may run on a day, counted from 1970-01-01. */
function isDay(fields: CronFields, day: number): boolean {
  const date = new Date(day * DAY);
  if (!fields.months.includes(date.getUTCMonth() + 1)) return false;
  const ofMonth = fields.daysOfMonth.includes(date.getUTCDate());
  const ofWeek = fields.daysOfWeek.includes(date.getUTCDay());
  return fields.eitherDay ? ofMonth || ofWeek : ofMonth && ofWeek;
}

/** The longest time between two runs of one day. */
export function longestGapWithinDay({ hours, minutes, seconds }: CronFields): number {
  const firstSecond = seconds[0] ?? 0;
  const lastSecond = seconds.at(-1) ?? 0;
  let longest = 0;
  for (let i = 1; i < seconds.length; i++) longest = Math.max(longest, (seconds[i] ?? 0) - (seconds[i - 1] ?? 0));
  let previous: number | null = null;
  for (const hour of hours) {
    for (const minute of minutes) {
      const current = (hour * 60 + minute) * 60;
      if (previous !== null) longest = Math.max(longest, current + firstSecond - previous - lastSecond);
      previous = current;
    }
  }
  return longest * SECOND;
}

/** The first and the last run of a day, in milliseconds from its start. */
export function edgesOfDay(fields: CronFields): { readonly first: number; readonly last: number } {
  return { first: nextTime(fields, 0) ?? 0, last: previousTime(fields, DAY - SECOND) ?? 0 };
}

function nextTime({ hours, minutes, seconds }: CronFields, from: number): number | null {
  const hour = Math.floor(from / HOUR);
  const minute = Math.floor(from / MINUTE) % 60;
  const second = Math.ceil((from % MINUTE) / SECOND);
  for (const h of hours) {
    if (h < hour) continue;
    for (const m of minutes) {
      if (h === hour && m < minute) continue;
      const s = h === hour && m === minute ? seconds.find((value) => value >= second) : seconds[0];
      if (s !== undefined) return h * HOUR + m * MINUTE + s * SECOND;
    }
  }
  return null;
}

function previousTime({ hours, minutes, seconds }: CronFields, to: number): number | null {
  const hour = Math.floor(to / HOUR);
  const minute = Math.floor(to / MINUTE) % 60;
  const second = Math.floor((to % MINUTE) / SECOND);
  for (const h of hours.toReversed()) {
    if (h > hour) continue;
    for (const m of minutes.toReversed()) {
      if (h === hour && m > minute) continue;
      const s = h === hour && m === minute ? seconds.findLast((value) => value <= second) : seconds.at(-1);
      if (s !== undefined) return h * HOUR + m * MINUTE + s * SECOND;
    }
  }
  return null;
}
