import type { Plan, Query, Task } from '../model/plan.ts';
import type { Part } from '../model/update.ts';
import type { TaskKey } from '../model/words.ts';
import { type SavedTask, toSavedRecord } from './state-file.ts';
import { afterChange, afterReload, afterSetback, expiresAtMs, NEW_RECORD, type TaskRecord } from './task-record.ts';

/** The latest state of one task. Replaced whole. */
export interface Entry {
  readonly task: Task;
  /** The plan since which its samples mean the same; what was asked under an earlier one is not its result. */
  readonly sinceRevision: number;
  /** The samples held are of the query as it was before a reload. */
  readonly outdated: boolean;
  readonly record: TaskRecord;
  /** Held, in all families. */
  readonly series: number;
}

/** What a poller that starts, or that takes over a plan, has to know about a task that ran before. */
export interface KnownTask {
  readonly task: TaskKey;
  readonly lastRefreshAtMs: number;
  /** Null: it never succeeded, or what it brought no longer stands, so that nothing speaks against a run at once. */
  readonly lastSuccessAtMs: number | null;
  /** Samples that it holds in the exposition. */
  readonly series: number;
  /** When it was to run next. Null: not known, or the schedule is another one now. */
  readonly dueAtMs: number | null;
}

export function newEntry(task: Task, revision: number): Entry {
  return { task, sinceRevision: revision, outdated: false, record: NEW_RECORD, series: 0 };
}

/** `kept`: the old samples that stay. */
export function reloadEntry(entry: Entry, task: Task, { revision }: Plan, kept: readonly Part[]): Entry {
  const series = countSeries(kept);
  const record = isSame(entry.task.query.schedule, task.query.schedule)
    ? entry.record
    : { ...entry.record, nextAtMs: null };
  if (entry.task.samplesFingerprint === task.samplesFingerprint) {
    return { ...entry, task, record: afterReload(record), series };
  }
  const outdated = kept.length > 0;
  return { task, sinceRevision: revision, outdated, record: afterChange(record, outdated), series };
}

/** Null: what was saved is of another query, or the task has a newer state already. */
export function restoreEntry(entry: Entry, saved: SavedTask, nowMs: number): Entry | null {
  const { task, record } = entry;
  if (record !== NEW_RECORD || saved.samplesFingerprint !== task.samplesFingerprint) return null;
  const restored = afterSetback({ ...NEW_RECORD, ...saved.record }, nowMs);
  const tooOldAtMs = expiresAtMs(restored, task.query);
  const expired = tooOldAtMs !== null && tooOldAtMs <= nowMs;
  const nextAtMs = isSame(saved.schedule, task.query.schedule) ? restored.nextAtMs : null;
  // Where nothing came back, a refresh is soon made; readiness waits for it.
  const settled = stands({ ...restored, expired });
  return {
    ...entry,
    record: { ...restored, expired, nextAtMs, settled },
    series: expired ? 0 : countSeries(saved.parts),
  };
}

/** Null: there is nothing yet that is worth a file, or the samples are of an earlier definition. */
export function toSaved({ task, outdated, record }: Entry, parts: readonly Part[]): SavedTask | null {
  if (outdated || record.lastRefreshAtMs === null) return null;
  const { key, samplesFingerprint, query } = task;
  return { task: key, samplesFingerprint, schedule: query.schedule, record: toSavedRecord(record), parts };
}

/** Null: it never ran. */
export function toKnown({ task, outdated, record, series }: Entry): KnownTask | null {
  const { lastRefreshAtMs, nextAtMs } = record;
  if (lastRefreshAtMs === null) return null;
  const lastSuccessAtMs = stands(record) && !outdated ? record.lastSuccessAtMs : null;
  return { task: task.key, lastRefreshAtMs, lastSuccessAtMs, series, dueAtMs: nextAtMs };
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
