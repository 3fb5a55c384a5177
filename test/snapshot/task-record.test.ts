import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SkipReason } from '../../src/model/failure.ts';
import { durationsOf, runsOf } from '../../src/model/recent-runs.ts';
import type { TaskState } from '../../src/model/status.ts';
import {
  afterChange,
  afterExpiry,
  afterOutcome,
  afterSetback,
  afterSkip,
  afterStart,
  afterSuspension,
  expiresAtMs,
  isUp,
  NEW_RECORD,
  stateOf,
  type TaskRecord,
} from '../../src/snapshot/task-record.ts';
import { aFailure, aQuery, aResult, aRunResult, aTarget, aTask, START_MS } from './fixtures.ts';

const task = aTask(aQuery('orders'), aTarget('east'), ['orders']);
const KEEP = { onError: 'keep', onEmpty: 'clear' } as const;

const success = afterOutcome(NEW_RECORD, KEEP, aRunResult(task, aResult(task, 3))).record;

test('a success renews the samples and the times', () => {
  const { record, samples } = afterOutcome(NEW_RECORD, KEEP, aRunResult(task, aResult(task, 3)));
  assert.equal(samples, 'replace');
  assert.deepEqual(
    [
      record.succeeded,
      record.lastSuccessAtMs,
      record.lastRefreshAtMs,
      record.renewedAtMs,
      record.rows,
      record.refreshes,
    ],
    [true, START_MS, START_MS, START_MS, 3, 1],
  );
  const run = { finishedAtMs: START_MS, durationMs: 20, rows: 3, failure: null };
  assert.deepEqual([record.nextAtMs, record.lastDurationMs, runsOf(record.recentRuns)], [START_MS + 60_000, 20, [run]]);
});

test('a failure keeps the samples and their age, or drops them, as the query says', () => {
  const failed = aRunResult(task, aFailure({ reason: 'timeout' }), { asOfMs: START_MS + 60_000 });
  const kept = afterOutcome(success, KEEP, failed);
  assert.equal(kept.samples, 'keep');
  assert.equal(kept.record.renewedAtMs, START_MS);
  assert.equal(kept.record.lastSuccessAtMs, START_MS);
  assert.deepEqual(kept.record.failures, { timeout: 1 });
  assert.equal(kept.record.lastFailure?.atMs, START_MS + 60_000);
  const dropped = afterOutcome(success, { ...KEEP, onError: 'drop' }, failed);
  assert.equal(dropped.samples, 'drop');
  assert.equal(expiresAtMs(dropped.record, { maxAgeMs: 1 }), null);
});

test('an empty result that is kept is a success that does not renew the age', () => {
  const empty = aRunResult(task, aResult(task, 0), { asOfMs: START_MS + 60_000 });
  const { record, samples } = afterOutcome(success, { ...KEEP, onEmpty: 'keep' }, empty);
  assert.equal(samples, 'keep');
  assert.deepEqual([record.succeeded, record.rows, record.renewedAtMs], [true, 0, START_MS]);
  assert.equal(record.lastSuccessAtMs, START_MS + 60_000);
});

test('rows without any sample replace the samples, whatever is said about empty results', () => {
  const allNull = aRunResult(task, aResult(task, 0, 1, { rows: 4 }));
  assert.equal(afterOutcome(success, { ...KEEP, onEmpty: 'keep' }, allNull).samples, 'replace');
});

test('counts grow by their reasons', () => {
  const rejection = { family: 'orders', column: 'v', example: 'x', hint: '' } as never as object;
  const rejections = [
    { reason: 'duplicate', count: 2, ...rejection },
    { reason: 'not_a_number', count: 1, ...rejection },
    { reason: 'duplicate', count: 3, ...rejection },
  ] as never[];
  const { record } = afterOutcome(NEW_RECORD, KEEP, aRunResult(task, aResult(task, 1, 1, { rejections })));
  assert.deepEqual(record.rejected, { duplicate: 5, not_a_number: 1 });
  assert.deepEqual(afterSkip(afterSkip(record, 'overlap', START_MS), 'backoff', START_MS).skips, {
    overlap: 1,
    backoff: 1,
  });
});

test('only the last twenty runs are kept, those that failed with their reason', () => {
  let record = NEW_RECORD;
  for (let durationMs = 1; durationMs <= 25; durationMs++) {
    record = afterOutcome(record, KEEP, aRunResult(task, aResult(task, 1), { durationMs })).record;
  }
  const durations = durationsOf(record.recentRuns);
  assert.deepEqual([durations.length, durations[0], record.lastDurationMs], [20, 6, 25]);
  const failed = afterOutcome(record, KEEP, aRunResult(task, aFailure({ reason: 'timeout' }))).record;
  assert.deepEqual(runsOf(failed.recentRuns).at(-1), {
    finishedAtMs: START_MS,
    durationMs: 20,
    rows: null,
    failure: 'timeout',
  });
});

test('a state says the most important thing about a task', () => {
  const failed = afterOutcome(success, KEEP, aRunResult(task, aFailure({ reason: 'timeout' }))).record;
  const unreached = afterOutcome(success, KEEP, aRunResult(task, aFailure({ reason: 'auth' }))).record;
  const missed = afterSkip(success, 'backoff', START_MS);
  const not = afterOutcome(success, KEEP, aRunResult(task, { kind: 'not_applicable', why: 'it is a replica' })).record;
  const rejecting = aResult(task, 1, 1, { rejecting: [task.metrics[0]?.family ?? assert.fail()] });
  const cases: readonly (readonly [TaskRecord, whileUp: TaskState, whileDown: TaskState])[] = [
    [NEW_RECORD, 'waiting', 'waiting'],
    [afterStart(NEW_RECORD, START_MS), 'running', 'running'],
    [afterStart(success, START_MS), 'fresh', 'fresh'],
    [afterExpiry(success), 'stale', 'stale'],
    [failed, 'failing', 'failing'],
    [afterExpiry(failed), 'stale', 'stale'],
    [unreached, 'failing', 'target_down'],
    [missed, 'failing', 'target_down'],
    [afterExpiry(missed), 'stale', 'target_down'],
    [afterSkip(NEW_RECORD, 'backoff', START_MS), 'failing', 'target_down'],
    [afterSkip(success, 'overlap', START_MS), 'fresh', 'fresh'],
    [afterSuspension(missed, START_MS), 'suspended', 'suspended'],
    [not, 'not_applicable', 'not_applicable'],
    [afterOutcome(missed, KEEP, aRunResult(task, rejecting)).record, 'rejecting', 'rejecting'],
  ];
  for (const [record, whileUp, whileDown] of cases) {
    assert.deepEqual([stateOf(record, false), stateOf(record, true)], [whileUp, whileDown]);
  }
});

test('it is up by the newest run that was due, made or not', () => {
  const skipped = (reason: SkipReason) => isUp(afterSkip(success, reason, START_MS));
  assert.deepEqual(
    ['backoff', 'suspended'].map((reason) => skipped(reason as SkipReason)),
    [false, false],
  );
  assert.deepEqual(
    ['overlap', 'guarded'].map((reason) => skipped(reason as SkipReason)),
    [true, true],
  );
  assert.equal(isUp(NEW_RECORD), null);
  const missed = afterSkip(success, 'backoff', START_MS);
  assert.equal(isUp(afterOutcome(missed, KEEP, aRunResult(task, aResult(task, 1))).record), true);
  const not = aRunResult(task, { kind: 'not_applicable', why: 'it is a replica' });
  assert.equal(isUp(afterOutcome(missed, KEEP, not).record), null);
});

test('it has failed since the first of the runs in a row that came to nothing', () => {
  const missed = afterSkip(success, 'backoff', START_MS + 1_000);
  const failed = aRunResult(task, aFailure(), { asOfMs: START_MS + 2_000 });
  const { record } = afterOutcome(afterSkip(missed, 'backoff', START_MS + 1_500), KEEP, failed);
  assert.equal(record.failingSinceMs, START_MS + 1_000);
  assert.equal(afterOutcome(record, KEEP, aRunResult(task, aResult(task, 1))).record.failingSinceMs, null);
});

test('a changed task keeps its counters, and its times as long as its samples', () => {
  const suspended = afterSuspension(success, START_MS);
  const missed = { missed: 'suspended', failingSinceMs: START_MS } as const;
  assert.deepEqual(afterChange(suspended, true), { ...success, ...missed, settled: true });
  const without = afterChange(suspended, false);
  assert.deepEqual([without.refreshes, without.lastSuccessAtMs, without.succeeded], [1, null, null]);
});

test('samples from the future of a clock that was set back are as old as now', () => {
  assert.equal(afterSetback(success, START_MS - 1_000).renewedAtMs, START_MS - 1_000);
  assert.equal(afterSetback(success, START_MS + 1_000), success);
});
