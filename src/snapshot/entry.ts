import type { Query, Task } from '../model/plan.ts';
import type { RestoredTask } from '../model/restored-task.ts';
import type { Part } from '../model/update.ts';
import { type SavedTask, toSavedRecord } from './state-file.ts';
import {
  afterChange,
  afterExpiry,
  afterReload,
  afterSetback,
  expiresAtMs,
  NEW_RECORD,
  type TaskRecord,
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
 * Null: what was saved is of another query, or no newer than what is held. A time ahead of the clock says nothing of what is
 * held: it comes from a clock that was ahead.
 *
 * `isOfReplica`: whoever polls the server has written it, so that it is the outcome of the run that was due, success or not.
 */
export function restoreEntry(entry: Entry, saved: SavedTask, nowMs: number, isOfReplica = false): Entry | null {
  const { task, record } = entry;
  if (saved.samplesFingerprint !== task.samplesFingerprint) return null;
  const heldMs = asOf(record);
  if (heldMs !== null && heldMs <= nowMs && (asOf(saved.record) ?? 0) <= heldMs) return null;
  const restored = afterSetback({ ...record, ...saved.record }, nowMs);
  const tooOldAtMs = expiresAtMs(restored, task.query);
  const expired = tooOldAtMs !== null && tooOldAtMs <= nowMs;
  const nextAtMs = isSame(saved.schedule, task.query.schedule) ? restored.nextAtMs : null;
  // Where nothing came back, a refresh is soon made; readiness waits for it.
  const settled = record.settled || isOfReplica || stands({ ...restored, expired });
  return {
    ...entry,
    outdated: false,
    record: { ...restored, expired, nextAtMs, settled },
    series: expired ? 0 : countSeries(saved.parts),
  };
}

/** Null: there is nothing yet that is worth a file, or the samples are of an earlier definition. */
export function toSaved({ task, outdated, record }: Entry, parts: readonly Part[]): SavedTask | null {
  if (outdated || asOf(record) === null) return null;
  const { key, samplesFingerprint, query } = task;
  return { task: key, samplesFingerprint, schedule: query.schedule, record: toSavedRecord(record), parts };
}

/** Null: it never ran. */
export function toKnown({ task, outdated, record, series }: Entry): RestoredTask | null {
  const { lastRefreshAtMs, nextAtMs } = record;
  if (lastRefreshAtMs === null) return null;
  const lastSuccessAtMs = stands(record) && !outdated ? record.lastSuccessAtMs : null;
  return { task: task.key, lastRefreshAtMs, lastSuccessAtMs, series, dueAtMs: nextAtMs };
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

/** Files of earlier versions know the last refresh only. */
function asOf({ asOfMs, lastRefreshAtMs }: Pick<TaskRecord, 'asOfMs' | 'lastRefreshAtMs'>): number | null {
  return asOfMs ?? lastRefreshAtMs;
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
