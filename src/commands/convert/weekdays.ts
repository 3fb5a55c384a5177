/** A cron expression of ours. */
export interface ShiftedSchedule {
  readonly expression: string;
  /** Day of month and day of week are both restricted. */
  readonly bothDays: boolean;
}

/** Turns a crontab expression of APScheduler, whose week begins with Monday as 0, into one that begins with Sunday. */
export function shiftWeekdays(expression: string): ShiftedSchedule {
  const fields = expression.trim().split(/\s+/);
  const [weekdays = '*'] = fields.slice(-1);
  if (fields.length !== 5) return { expression, bothDays: false };
  const shifted = weekdays.split(',').map(shift).join(',');
  return { expression: [...fields.slice(0, 4), shifted].join(' '), bothDays: fields[2] !== '*' && weekdays !== '*' };
}

// `5`, `0-4`, `1-5/2` and `*/2`; names of days stay.
function shift(part: string): string {
  const [, from, to, step] = /^(?:\*|(\d)(?:-(\d))?)(?:\/(\d+))?$/.exec(part) ?? [];
  if (part === '*' || (from === undefined && step === undefined)) return part;
  const first = Number(from ?? 0);
  const last = Number(to ?? (step === undefined ? first : 6));
  if (step === undefined && to !== undefined) return `${first + 1}-${last + 1}`;
  const days: number[] = [];
  for (let day = first; day <= last; day += Number(step ?? 1)) days.push((day + 1) % 7);
  return days.toSorted((a, b) => a - b).join(',');
}
