import type { KnownTask } from '../model/known-task.ts';
import type { Part } from '../model/outcome.ts';
import type { Query, Task } from '../model/plan.ts';
import type { ResultSource } from '../model/result-source.ts';
import type { KnownResult, TaskResult } from '../model/task-result.ts';
import {
  afterChange,
  afterExpiry,
  afterReload,
  afterSetback,
  expiresAtMs,
  NEW_RECORD,
  type TaskRecord,
  toHistory,
} from './task-record.ts';

/** The latest state of one task. Replaced whole. */
export interface Entry {
  readonly task: Task;
  /** The samples held are of the query as it was before a reload. */
  readonly outdated: boolean;
  readonly record: TaskRecord;
  /** Held, in all families. */
  readonly series: number;
}

export function newEntry(task: Task): Entry {
  return { task, outdated: false, record: NEW_RECORD, series: 0 };
}

/** `kept`: the old samples that stay. */
export function reloadEntry(entry: Entry, task: Task, kept: readonly Part[]): Entry {
  const series = countSeries(kept);
  const record = isSame(entry.task.query.schedule, task.query.schedule)
    ? entry.record
    : { ...entry.record, nextAtMs: null };
  if (entry.task.samplesFingerprint === task.samplesFingerprint) {
    return { ...entry, task, record: afterReload(record), series };
  }
  const outdated = kept.length > 0;
  return { task, outdated, record: afterChange(record, outdated), series };
}

/**
 * Whether a result is taken over: its fingerprint is the task's, and it is newer than what is held. A time ahead of the clock
 * says nothing of what is held: it comes from a clock that was ahead.
 */
export function isNews({ task, record }: Entry, result: TaskResult, source: ResultSource, nowMs: number): boolean {
  if (result.samplesFingerprint !== task.samplesFingerprint) return false;
  const { asOfMs } = record;
  return source.isInOrder || asOfMs === null || asOfMs > nowMs || result.times.asOfMs > asOfMs;
}

/** What is held is replaced by what somebody else knows. */
export function knownEntry(entry: Entry, { times, outcome }: KnownResult, source: ResultSource, nowMs: number): Entry {
  const { task, record } = entry;
  const { asOfMs, durationMs: lastDurationMs } = times;
  const restored = afterSetback({ ...record, ...outcome.history, asOfMs, lastDurationMs }, nowMs);
  const tooOldAtMs = expiresAtMs(restored, task.query);
  const expired = tooOldAtMs !== null && tooOldAtMs <= nowMs;
  const nextAtMs = isSame(outcome.schedule, task.query.schedule) ? times.nextAtMs : null;
  // Where nothing came back, a refresh is soon made; readiness waits for it.
  const settled = record.settled || source.isCurrent || stands({ ...restored, expired });
  return {
    ...entry,
    outdated: false,
    // Whoever knows it may run it.
    record: { ...restored, expired, nextAtMs, settled, suspended: false },
    series: expired ? 0 : countSeries(outcome.parts),
  };
}

/** Null: there is nothing yet that is worth a file, or the samples are of an earlier definition. */
export function toKnownResult({ task, outdated, record }: Entry, parts: readonly Part[]): KnownResult | null {
  const { asOfMs, lastDurationMs: durationMs, nextAtMs } = record;
  if (outdated || asOfMs === null) return null;
  const { key, samplesFingerprint, query } = task;
  const outcome = { kind: 'known', schedule: query.schedule, history: toHistory(record), parts } as const;
  return { task: key, samplesFingerprint, times: { asOfMs, durationMs, nextAtMs }, outcome };
}

/** Null: it never ran. */
export function toKnownTask({ task, outdated, record, series }: Entry): KnownTask | null {
  const { lastRefreshAtMs, nextAtMs } = record;
  if (lastRefreshAtMs === null) return null;
  const lastSuccessAtMs = stands(record) && !outdated ? record.lastSuccessAtMs : null;
  return { task: task.key, lastRefreshAtMs, lastSuccessAtMs, series, nextAtMs };
}

/** The entry by this time, and whether its samples have become too old. */
export function agedEntry(entry: Entry, nowMs: number): { readonly entry: Entry; readonly isTooOld: boolean } {
  const record = afterSetback(entry.record, nowMs);
  const atMs = expiresAtMs(record, entry.task.query);
  const isTooOld = atMs !== null && atMs <= nowMs;
  return { entry: { ...entry, record: isTooOld ? afterExpiry(record) : record }, isTooOld };
}

/** What becomes of the samples held. Those of the query as it was do not outlive a result of what it is now. */
export function policiesOf({ task: { query }, outdated }: Entry): Pick<Query, 'onError' | 'onEmpty'> {
  const { onError, onEmpty } = query;
  return { onError, onEmpty: outdated && onEmpty === 'keep' ? 'clear' : onEmpty };
}

export function countSeries(parts: readonly Part[]): number {
  return parts.reduce((sum, { series }) => sum + series, 0);
}

/** Whether the last success is what the exposition shows: its samples, or none where rows never came and none were kept. */
function stands({ renewedAtMs, succeeded, expired }: TaskRecord): boolean {
  return renewedAtMs === null ? succeeded === true : !expired;
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
