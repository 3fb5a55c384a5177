const INSTANT = /^[ \t\r\n]*(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d+)?([+-])(\d\d)(?::(\d\d))?[ \t\r\n]*$/;

/**
 * The Unix time in seconds of `YYYY-MM-DD hh:mm:ss[.f]±hh[:mm]`; null for any other text. Without its offset a time says
 * nothing, so such a text is no number.
 */
export function parseInstant(text: string): number | null {
  const match = INSTANT.exec(text);
  if (match === null) return null;
  const [, date, time, fraction = '', sign, hours, minutes = '0'] = match;
  const local = `${date}T${time}`;
  const ms = Date.parse(`${local}Z`);
  // JavaScript takes the 31st of any month for a day of the next one.
  if (Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(local)) return null;
  if (Number(hours) > 23 || Number(minutes) > 59) return null;
  const offset = (sign === '-' ? -60 : 60) * (60 * Number(hours) + Number(minutes));
  return ms / 1000 - offset + Number(`0${fraction}`);
}
