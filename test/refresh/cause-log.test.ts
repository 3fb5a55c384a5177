import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRecordLogger } from '../../src/logger.ts';
import { CauseLog, type Voice } from '../../src/refresh/cause-log.ts';
import { SetClock } from './set-clock.ts';

const SECOND = 1_000;

test('fifty tasks that fail for one cause are a line, one that names some of them, and one a minute', async () => {
  const { clock, voices, lines } = logged(50);
  for (let second = 0; second < 70; second++) {
    for (const [index, voice] of voices.entries()) fail(voice, `command denied for table 't${index}' (1142)`);
    await clock.pass(SECOND);
  }
  const first = { query: 'q0', reason: 'query', error: `command denied for table 't0' (1142)` };
  assert.deepEqual(lines, [
    ['refresh failed', first],
    ['others fail for the same cause', { server: 'db:1', reason: 'query', others: 'q1, q2, q3, q4, q5 and 44 more' }],
    ['refresh failed', { ...first, suppressed: 60 * 50 - 1 }],
  ]);
});

test('a cause is over when nobody has it any more', () => {
  const { voices, lines } = logged(3);
  const [first, second, third] = voices;
  for (const voice of voices) fail(voice, 'too slow');
  first?.well('refresh succeeds again');
  third?.leave();
  assert.equal(lines.length, 1);
  second?.well('refresh succeeds again');
  assert.deepEqual(lines.at(-1), ['refresh succeeds again', { query: 'q1' }]);
  for (const voice of voices) voice.well('refresh succeeds again');
  assert.equal(lines.length, 2);
});

test('two causes are two lines, and one task tells of another cause every ten seconds at most', async () => {
  const { clock, voices, lines } = logged(2);
  const [first, second] = voices;
  fail(first, 'no such table');
  fail(second, 'no such column');
  assert.equal(lines.length, 2);
  for (let round = 0; round < 60; round++) {
    fail(first, `strange ${'x'.repeat(round)}`);
    await clock.pass(SECOND);
  }
  assert.ok(lines.length <= 2 + 6, `${lines.length} lines`);
});

test('what flaps every second gets no more lines than what lasts', async () => {
  const { clock, voices, lines } = logged(1);
  for (let second = 0; second < 120; second++) {
    if (second % 2 === 0) fail(voices[0], 'no');
    else voices[0]?.well('well');
    await clock.pass(SECOND);
  }
  assert.deepEqual(
    lines.map(([message]) => message),
    ['refresh failed', 'well', 'refresh failed', 'well'],
  );
});

function fail(voice: Voice | undefined, error: string): void {
  voice?.wrong('refresh failed', 'query', { error }, error);
}

function logged(count: number) {
  const clock = new SetClock();
  const lines: [string, object][] = [];
  const logger = createRecordLogger(({ message, fields }) => {
    lines.push([message, JSON.parse(JSON.stringify(fields))]);
  });
  const causes = new CauseLog(logger.with({ server: 'db:1' }), clock);
  const names = Array.from({ length: count }, (_, index) => `q${index}`);
  return { clock, voices: names.map((query) => causes.voice(query, logger.with({ query }))), lines };
}
