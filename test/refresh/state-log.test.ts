import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRecordLogger } from '../../src/logger.ts';
import { StateLog } from '../../src/refresh/state-log.ts';

test('what flaps every second gets no more lines than what lasts', () => {
  const { log, lines, pass } = logged();
  for (let second = 0; second < 120; second++) {
    if (second % 2 === 0) log.wrong('wrong', 'query', {});
    else log.well('well');
    pass(1_000);
  }
  assert.deepEqual(lines, ['wrong', 'well', 'wrong', 'well']);
});

test('another reason is said at once, but two that take turns are not', () => {
  const { log, lines, pass } = logged();
  log.wrong('wrong', 'query', {});
  pass(10_000);
  for (let second = 0; second < 20; second++) {
    log.wrong(`wrong ${second}`, second % 2 === 0 ? 'timeout' : 'query', {});
    pass(1_000);
  }
  assert.deepEqual(lines, ['wrong', 'wrong 0', 'wrong 11']);
});

function logged() {
  const lines: string[] = [];
  let nowMs = 0;
  const logger = createRecordLogger(({ message }) => lines.push(message));
  const pass = (ms: number) => {
    nowMs += ms;
  };
  return { log: new StateLog(logger, () => nowMs), lines, pass };
}
