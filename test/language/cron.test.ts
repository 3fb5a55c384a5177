import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { checkCron, cronPeriodMs, nextCronRun, previousCronRun } from '../../src/language/cron.ts';
import { checkTimezone } from '../../src/language/zone.ts';

const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;

describe('the language of cron expressions', () => {
  const refused: readonly (readonly [string, RegExp])[] = [
    ['', /expected 5 fields .* or 6 .*, got 0/],
    ['* * * *', /got 4/],
    ['* * * * * * *', /got 7/],
    ['@reboot', /expected one of @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually, in "@reboot"/],
    ['@Daily', /expected one of/],
    ['@daily 5', /got 2/],
    ['60 * * * *', /minute: "60" is not possible, expected 0 to 59/],
    ['60 * * * * *', /second: "60" is not possible/],
    ['* 24 * * *', /hour: "24" is not possible, expected 0 to 23/],
    ['* * 0 * *', /day of month: "0" is not possible, expected 1 to 31/],
    ['* * * 13 *', /month: "13" is not possible, expected 1 to 12, jan to dec/],
    ['* * * * 8', /day of week: "8" is not possible, expected 0 to 7, sun to sat/],
    ['1.5 * * * *', /minute: "1.5" is not possible/],
    ['-1 * * * *', /minute: "-1" is not possible/],
    ['1,,2 * * * *', /minute: "" is not possible/],
    ['1e1 * * * *', /minute: "1e1" is not possible/],
    ['*/61 * * * *', /minute: the step of "\*\/61" must be 1 to 59/],
    ['*/0 * * * *', /minute: the step of "\*\/0" must be 1 to 59/],
    ['5-1 * * * *', /minute: the range "5-1" runs backwards/],
    ['5/10 * * * *', /minute: "5\/10" needs a range or a star before the step/],
    ['* * * janfeb *', /month: "janfeb" is not possible/],
    ['* * * january *', /month: "january" is not possible/],
    ['* * * mon *', /month: "mon" is not possible/],
    ['* * L * *', /day of month: "l" is not possible/],
    ['* * 15W * *', /day of month: "15w" is not possible/],
    ['* * * * 5#2', /day of week: "5#2" is not possible/],
    ['* * ? * *', /day of month: "\?" is not possible/],
    ['*\t* * * *', /divided by spaces; .* in "\*\\t\* \* \* \*"/],
    ['* * * *\n*', /divided by spaces/],
    ['٣ * * * *', /divided by spaces/],
    ['0 0 30 2 *', /"0 0 30 2 \*" never runs/],
    ['0 0 31 4,6 *', /never runs/],
    ['61 25 * * *', /minute: .*; hour: /],
  ];
  for (const [expression, problem] of refused) {
    test(`refuses ${JSON.stringify(expression)}`, () => assert.match(checkCron(expression) ?? 'accepted', problem));
  }

  const accepted = [
    '* * * * *',
    '*/15 * * * * *',
    '0 0 29 2 *',
    '0 0 30 2 1',
    '0,30 8-17/2 1-5,20 JAN-mar,dec mon-FRI',
    '0 0 * * 0-7',
    '0 0 * * fri-sun',
    '0  0 * * 7',
    '00 05 * * *',
    '@hourly',
    '@daily',
    '@midnight',
    '@weekly',
    '@monthly',
    '@yearly',
    '@annually',
  ];
  for (const expression of accepted) {
    test(`accepts ${JSON.stringify(expression)}`, () => assert.equal(checkCron(expression), null));
  }

  test('a time zone is a name of the IANA database', () => {
    for (const zone of ['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires']) {
      assert.equal(checkTimezone(zone), null);
    }
    for (const zone of ['', 'Mars/Base', '+02:00', 'Europe/Berlin ', 'local']) {
      assert.match(checkTimezone(zone) ?? 'accepted', /^unknown time zone ".*", expected a name/);
    }
  });
});

describe('the runs of a cron expression', () => {
  test('7 is Sunday, and a week may end with it', () => {
    assert.deepEqual(runs('0 0 * * 7', 'UTC', '2026-01-01T00:00Z', 2), ['2026-01-04T00:00Z', '2026-01-11T00:00Z']);
    assert.deepEqual(runs('0 0 * * sat-sun', 'UTC', '2026-01-01T00:00Z', 3), [
      '2026-01-03T00:00Z',
      '2026-01-04T00:00Z',
      '2026-01-10T00:00Z',
    ]);
  });

  test('where both day fields are restricted, either suffices', () => {
    assert.deepEqual(runs('0 0 13 * fri', 'UTC', '2026-02-01T00:00Z', 4), [
      '2026-02-06T00:00Z',
      '2026-02-13T00:00Z',
      '2026-02-20T00:00Z',
      '2026-02-27T00:00Z',
    ]);
    assert.deepEqual(runs('0 0 13 * fri', 'UTC', '2026-06-12T12:00Z', 2), ['2026-06-13T00:00Z', '2026-06-19T00:00Z']);
    assert.deepEqual(runs('0 0 */2 * mon', 'UTC', '2026-02-01T00:00Z', 2), ['2026-02-09T00:00Z', '2026-02-23T00:00Z']);
  });

  test('29 February is found years ahead, and over a year that has none', () => {
    assert.deepEqual(runs('0 0 29 2 *', 'Europe/Berlin', '2096-03-01T00:00Z', 2), [
      '2104-02-28T23:00Z',
      '2108-02-28T23:00Z',
    ]);
  });

  test('in autumn, every five minutes stays every five minutes, through both passes', () => {
    const through = runs('*/5 * * * *', 'Europe/Berlin', '2026-10-24T23:00Z', 60).map((text) => Date.parse(text));
    for (const [index, at] of through.entries()) assert.equal(at, Date.parse('2026-10-24T23:05Z') + index * 5 * MINUTE);
    assert.deepEqual(runs('30 * * * *', 'America/New_York', '2026-11-01T04:00Z', 4), [
      '2026-11-01T04:30Z',
      '2026-11-01T05:30Z',
      '2026-11-01T06:30Z',
      '2026-11-01T07:30Z',
    ]);
    assert.deepEqual(runs('0 */2 * * *', 'Europe/Berlin', '2026-10-24T21:00Z', 4), [
      '2026-10-24T22:00Z',
      '2026-10-25T00:00Z',
      '2026-10-25T01:00Z',
      '2026-10-25T03:00Z',
    ]);
  });

  test('in autumn, a listed local time happens once, at its first pass', () => {
    assert.deepEqual(runs('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', 2), [
      '2026-10-25T00:30Z',
      '2026-10-26T01:30Z',
    ]);
    assert.deepEqual(runs('*/30 1-2 * * *', 'America/New_York', '2026-11-01T04:59Z', 5), [
      '2026-11-01T05:00Z',
      '2026-11-01T05:30Z',
      '2026-11-01T07:00Z',
      '2026-11-01T07:30Z',
      '2026-11-02T06:00Z',
    ]);
  });

  test('in spring, a local time that does not exist happens at the change', () => {
    assert.deepEqual(runs('30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', 2), [
      '2026-03-29T01:00Z',
      '2026-03-30T00:30Z',
    ]);
    assert.deepEqual(runs('*/20 2 * * *', 'America/New_York', '2026-03-08T00:00Z', 2), [
      '2026-03-08T07:00Z',
      '2026-03-09T06:00Z',
    ]);
    assert.deepEqual(runs('*/30 * * * *', 'America/New_York', '2026-03-08T06:00Z', 3), [
      '2026-03-08T06:30Z',
      '2026-03-08T07:00Z',
      '2026-03-08T07:30Z',
    ]);
  });

  test('zones that change by half an hour, or at midnight, are followed too', () => {
    assert.deepEqual(runs('45 1 * * *', 'Australia/Lord_Howe', '2026-04-04T00:00Z', 2), [
      '2026-04-04T14:45Z',
      '2026-04-05T15:15Z',
    ]);
    assert.deepEqual(runs('15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T00:00Z', 2), [
      '2026-10-03T15:30Z',
      '2026-10-04T15:15Z',
    ]);
    assert.deepEqual(runs('0 0 * * *', 'Africa/Cairo', '2026-04-23T00:00Z', 2), [
      '2026-04-23T22:00Z',
      '2026-04-24T21:00Z',
    ]);
  });

  const zone = fc.constantFrom(
    'Europe/Berlin',
    'America/New_York',
    'Australia/Lord_Howe',
    'America/Havana',
    'Asia/Seoul',
  );
  const minutes = fc.constantFrom('*', '*/7', '0', '30', '15,45', '59');
  const hours = fc.constantFrom('*', '*/2', '*/5', '0', '1', '2', '1-3', '0,23', '*/2,3');
  const days = fc.constantFrom('* * *', '* * sun', '8,25,29 * *', '1 4,11 *');
  const start = fc.constantFrom('2026-03-07', '2026-03-28', '2026-04-04', '2026-10-03', '2026-10-24', '2026-10-31');
  test('any expression runs when a walk over the clock on the wall says so', () => {
    fc.assert(
      fc.property(zone, minutes, hours, days, start, (timezone, minute, hour, day, date) => {
        const expression = `${minute} ${hour} ${day}`;
        const fromMs = Date.parse(`${date}T00:00Z`);
        const toMs = fromMs + 60 * HOUR;
        const expected = walk(expression, timezone, fromMs, toMs);
        const forwards: number[] = [];
        for (let at = nextCronRun(expression, timezone, fromMs); at !== null && at <= toMs; ) {
          forwards.push(at);
          at = nextCronRun(expression, timezone, at);
        }
        assert.deepEqual(forwards, expected);
        const backwards: number[] = [];
        for (let at = previousCronRun(expression, timezone, toMs); at !== null && at > fromMs; ) {
          backwards.unshift(at);
          at = previousCronRun(expression, timezone, at - 1);
        }
        assert.deepEqual(backwards, expected);
      }),
      { numRuns: 60 },
    );
  });

  test('without a time zone the TZ environment variable decides', () => {
    const script = `
      import { nextCronRun, cronPeriodMs } from ${JSON.stringify(new URL('../../src/language/cron.js', import.meta.url).href)};
      const list = (expression, from, count) => {
        const found = [];
        for (let at = Date.parse(from); found.length < count; ) found.push((at = nextCronRun(expression, null, at)));
        return found.map((at) => new Date(at).toISOString().slice(0, 16));
      };
      console.log(JSON.stringify([
        list('30 2 * * *', process.argv[1], 2), list('30 2 * * *', process.argv[2], 2),
        list('30 * * * *', process.argv[2], 30).length, cronPeriodMs('*/5 * * * *', null, Date.parse(process.argv[1])),
      ]));`;
    const inZone = (TZ: string, ...starts: string[]) =>
      JSON.parse(
        execFileSync(process.execPath, ['--input-type=module', '-e', script, ...starts], {
          env: { ...process.env, TZ },
          encoding: 'utf8',
        }),
      );
    assert.deepEqual(inZone('Europe/Berlin', '2026-03-28T12:00Z', '2026-10-24T12:00Z'), [
      ['2026-03-29T01:00', '2026-03-30T00:30'],
      ['2026-10-25T00:30', '2026-10-26T01:30'],
      30,
      5 * MINUTE,
    ]);
    assert.deepEqual(inZone('America/New_York', '2026-03-07T12:00Z', '2026-10-31T12:00Z'), [
      ['2026-03-08T07:00', '2026-03-09T06:30'],
      ['2026-11-01T07:30', '2026-11-02T07:30'],
      30,
      5 * MINUTE,
    ]);
  });
});

test('the words of crontab run at the beginning of what they name', () => {
  const next = (word: string) => runs(word, 'UTC', '2026-06-17T12:30Z', 1)[0];
  assert.deepEqual(['@hourly', '@daily', '@midnight', '@weekly', '@monthly', '@yearly', '@annually'].map(next), [
    ...['2026-06-17T13:00Z', '2026-06-18T00:00Z', '2026-06-18T00:00Z', '2026-06-21T00:00Z'],
    ...['2026-07-01T00:00Z', '2027-01-01T00:00Z', '2027-01-01T00:00Z'],
  ]);
});

describe('the period of a cron expression', () => {
  const cases: readonly (readonly [string, string, number])[] = [
    ['* * * * * *', 'UTC', SECOND],
    ['*/40 * * * * *', 'UTC', 40 * SECOND],
    ['*/5 * * * *', 'Europe/Berlin', 5 * MINUTE],
    ['*/25 * * * *', 'UTC', 25 * MINUTE],
    ['0 3 * * *', 'UTC', DAY],
    // The day that has 25 hours.
    ['0 3 * * *', 'Europe/Berlin', 25 * HOUR],
    // 02:30 runs at its first pass, 03:00 is an hour and a half later.
    ['*/30 0-23 * * *', 'Europe/Berlin', 90 * MINUTE],
    // From Friday 17:00 to Monday 09:00.
    ['0 9-17 * * mon-fri', 'UTC', 64 * HOUR],
    ['0 0 1 * *', 'UTC', 31 * DAY],
    ['0 0 1 1 *', 'UTC', 365 * DAY],
    ['0 0 29 2 *', 'UTC', 1_461 * DAY],
  ];
  for (const [expression, timezone, period] of cases) {
    test(`${expression} in ${timezone} pauses at most ${period / HOUR} h`, () =>
      assert.equal(cronPeriodMs(expression, timezone, Date.parse('2026-06-15T12:00Z')), period));
  }
});

function runs(expression: string, timezone: string, from: string, count: number): string[] {
  const found: string[] = [];
  for (let at: number | null = Date.parse(from); found.length < count; ) {
    at = nextCronRun(expression, timezone, at);
    assert.ok(at !== null);
    found.push(`${new Date(at).toISOString().slice(0, 16)}Z`);
  }
  return found;
}

/** The runs in (from, to], found by looking at the clock on the wall every minute. */
function walk(expression: string, timezone: string, fromMs: number, toMs: number): number[] {
  const [minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = ''] = expression.split(' ');
  const format = new Intl.DateTimeFormat('en-GB', { timeZone: timezone, dateStyle: 'short', timeStyle: 'short' });
  const localAt = (at: number) => {
    const [, d, mo, y, h, m] = /(\d+)\/(\d+)\/(\d+), (\d+):(\d+)/.exec(format.format(at)) ?? [];
    return Date.UTC(Number(y), Number(mo) - 1, Number(d), Number(h), Number(m));
  };
  const matches = (local: number) => {
    const date = new Date(local);
    return (
      isIn(minute, date.getUTCMinutes(), 0) &&
      isIn(hour, date.getUTCHours(), 0) &&
      isIn(dayOfMonth, date.getUTCDate(), 1) &&
      isIn(month, date.getUTCMonth() + 1, 1) &&
      isIn(dayOfWeek.replace('sun', '0'), date.getUTCDay(), 0)
    );
  };
  const found: number[] = [];
  let latest = localAt(fromMs - DAY);
  for (let at = fromMs - DAY + MINUTE; at <= toMs; at += MINUTE) {
    const local = localAt(at);
    let hit = /^\*(\/\d+)?$/.test(hour) && matches(local);
    if (!/^\*(\/\d+)?$/.test(hour)) {
      for (let shown = latest + MINUTE; shown <= local; shown += MINUTE) hit ||= matches(shown);
    }
    latest = Math.max(latest, local);
    if (hit && at > fromMs) found.push(at);
  }
  return found;
}

function isIn(field: string, value: number, min: number): boolean {
  return field.split(',').some((term) => {
    const [range = '', step = '1'] = term.split('/');
    const [from, to] = range === '*' ? [min, 99] : range.split('-').map(Number);
    return value >= (from ?? 0) && value <= (to ?? from ?? 0) && (value - (from ?? 0)) % Number(step) === 0;
  });
}
