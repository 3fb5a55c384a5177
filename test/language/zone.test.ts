import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { checkTimezone, type HostZone } from '../../src/language/zone.ts';

const SCRIPT = `
  import { readHostZone, Zone } from ${JSON.stringify(new URL('../../src/language/zone.js', import.meta.url).href)};
  const hours = new Zone(null).offsetAt(Date.parse('2026-01-15T12:00Z')) / 3_600_000;
  console.log(JSON.stringify({ ...readHostZone(), hours }));`;

function hostZone(TZ: string): HostZone & { readonly hours: number } {
  const { TZ: _own, ...env } = process.env;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', SCRIPT], { env: { ...env, TZ } });
  return JSON.parse(output.toString());
}

test('the TZ environment variable names the zone of the host', () => {
  assert.deepEqual(hostZone('Asia/Seoul'), { name: 'Asia/Seoul', problem: null, hours: 9 });
  assert.deepEqual(hostZone(':America/New_York'), { name: 'America/New_York', problem: null, hours: -5 });
});

test('a file of the time zone database stands for its zone', {
  skip: !existsSync('/usr/share/zoneinfo/Asia/Seoul'),
}, () => {
  for (const path of ['/usr/share/zoneinfo/Asia/Seoul', ':/usr/share/zoneinfo/Asia/Seoul']) {
    assert.equal(hostZone(path).hours, 9);
    assert.equal(hostZone(path).problem, null);
  }
});

test('a TZ that names no zone is UTC, and that is said', () => {
  assert.deepEqual(hostZone(''), {
    name: 'UTC',
    problem: 'the environment variable TZ is empty: UTC is used',
    hours: 0,
  });
  for (const TZ of ['Mars/Olympus', 'CET-1CEST,M3.5.0,M10.5.0/3', 'UTC+3', '+05:30', '/nowhere']) {
    assert.deepEqual(hostZone(TZ), {
      name: 'UTC',
      problem: `the environment variable TZ, "${TZ}", names no known time zone, such as "Europe/Berlin": UTC is used`,
      hours: 0,
    });
  }
});

test('a zone is known by its name alone', () => {
  for (const name of ['UTC', 'Europe/Berlin', 'asia/seoul', 'EST5EDT']) assert.equal(checkTimezone(name), null, name);
  for (const name of ['', '+02:00', 'Mars/Olympus', 'CET-1CEST', 'undefined']) {
    assert.match(checkTimezone(name) ?? 'accepted', /^unknown time zone ".*", expected a name such as/, name);
  }
});
