import type { TaskRenderer } from '../metrics/renderer.ts';
import { type Failure, RefreshError } from '../model/failure.ts';
import type { Task } from '../model/plan.ts';
import type { Outcome } from '../model/update.ts';
import type { Driver, RunMark } from '../sql/driver.ts';
import type { Clock } from '../model/clock.ts';
import { type Gate, isSlow, laneOf } from './gate.ts';

export interface RefreshMeans {
  readonly task: Task;
  readonly driver: Driver;
  readonly renderer: TaskRenderer;
  readonly gate: Gate;
  readonly clock: Clock;
  /** Ends the refresh when it is aborted with {@link STOPPED}; the deadline aborts it as well. */
  readonly controller: AbortController;
  /** How many samples the result may hold; asked again at its end, when other results may have come. */
  readonly seriesBudget: () => number;
  /** Asked when a place is free: false where the target has turned out to be down meanwhile. */
  readonly mayAsk: () => boolean;
  /** Called with null when the driver is about to be asked, and with the mark when a statement is about to be sent. */
  readonly onStart: (mark: RunMark | null) => void;
  /** A fault of ours; its text stays out of the failure, since it may quote anything. */
  readonly onFault: (error: unknown) => void;
}

export type RefreshEnd =
  | Outcome
  /** Ended by us: the program stops, or the task was changed or removed. */
  | { readonly kind: 'stopped' }
  /** The target was down before the driver was asked. */
  | { readonly kind: 'skipped' };

/** The reason to abort a refresh with whose outcome nobody is to hear of. */
export const STOPPED = Symbol('stopped');

/**
 * Of the timeout, to be left when a place is free. With less, a statement would most likely be stopped before its end;
 * where more is asked of a server than it can give, each in the queue would meet that fate in its turn, and none succeed.
 */
const LEAST_SHARE = 0.25;

/**
 * One refresh of one task. Never rejects. One deadline covers the wait for a place, the wait for a connection, the
 * statement, the reading and the rendering.
 */
export async function refresh(means: RefreshMeans): Promise<RefreshEnd> {
  const { clock, controller, task } = means;
  const deadlineMs = clock.monotonic() + task.query.timeoutMs;
  const timer = clock.setTimeout(() => controller.abort(), task.query.timeoutMs);
  try {
    return await askAndRender(means, deadlineMs);
  } catch (error) {
    if (controller.signal.reason === STOPPED) return { kind: 'stopped' };
    if (!(error instanceof RefreshError)) means.onFault(error);
    return { kind: 'failure', failure: toFailure(task, error) };
  } finally {
    clock.clearTimeout(timer);
  }
}

async function askAndRender(means: RefreshMeans, deadlineMs: number): Promise<RefreshEnd> {
  const { task, driver, gate, clock, controller, onStart } = means;
  const { query, target } = task;
  const { signal } = controller;
  const slow = isSlow(query.timeoutMs);
  const leave = await gate.enter(laneOf(target), slow, task, signal);
  let hasWorked = false;
  try {
    if (!means.mayAsk()) return { kind: 'skipped' };
    if (deadlineMs - clock.monotonic() < query.timeoutMs * LEAST_SHARE) {
      throw new RefreshError('busy', 'most of its time was spent waiting for other refreshes to end');
    }
    hasWorked = true;
    onStart(null);
    const result = means.renderer.begin({ maxSeries: means.seriesBudget() });
    const { sql, name, timeoutMs, maxRows, maxBytes } = query;
    await driver.run({ sql, query: name, deadlineMs, timeoutMs, slow, maxRows, maxBytes, onStart }, result, signal);
    if (signal.reason === STOPPED) return { kind: 'stopped' };

    const rendered = result.finish();
    if (rendered.rows === 0 && query.onEmpty === 'fail') {
      throw new RefreshError('empty', 'no row came, and on_empty is "fail"');
    }
    const budget = means.seriesBudget();
    if (rendered.series > budget) {
      const problem = `the result has ${rendered.series} series, and max_series leaves ${budget} for it`;
      throw new RefreshError('too_many_series', `${problem}; raise it, or use fewer labels or rows`);
    }
    return { kind: 'result', ...rendered };
  } finally {
    leave(hasWorked);
  }
}

function toFailure({ query, target }: Task, error: unknown): Failure {
  const place = `query "${query.name}" on target "${target.name}"`;
  if (error instanceof RefreshError) {
    const { reason, message, errno, sqlState } = error;
    // Drivers name the place themselves; a renderer and the gate do not know it.
    const named = message.startsWith(place) ? message : `${place}: ${message}`;
    return { reason, message: named, errno, sqlState };
  }
  const name = error instanceof Error ? error.name : typeof error;
  return {
    reason: 'internal',
    message: `${place}: a fault of the exporter (${name}), see its log`,
    errno: null,
    sqlState: null,
  };
}
