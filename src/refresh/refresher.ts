import { formatDuration } from '../language/duration.ts';
import type { TaskRenderer } from '../metrics/renderer.ts';
import type { Deadline } from '../model/deadline.ts';
import { type Failure, RefreshError } from '../model/failure.ts';
import type { Guard } from '../model/guard.ts';
import type { Outcome } from '../model/outcome.ts';
import type { Query, Task } from '../model/plan.ts';
import type { RunMark } from '../model/run-mark.ts';
import { nameTask } from '../model/task-name.ts';
import type { Driver } from '../sql/driver.ts';

export interface RefreshMeans {
  readonly task: Task;
  readonly driver: Driver;
  readonly renderer: TaskRenderer;
  /** Null: no other exporter runs the task. */
  readonly guard: Guard | null;
  /** Of waiting, connecting, asking, reading and rendering. Stopped where nobody is to hear of the outcome. */
  readonly deadline: Deadline;
  /** How many samples the result may hold; asked again at its end, when other results may have come. */
  readonly seriesBudget: () => number;
  /** Asked when it is the task's turn: false where the target has turned out to be down meanwhile. */
  readonly mayAsk: () => boolean;
  /** Called with null when it is the task's turn, and with the mark when a statement is about to be sent. */
  readonly onStart: (mark: RunMark | null) => void;
  /** A fault of ours; its text stays out of the failure, since it may quote anything. */
  readonly onFault: (error: unknown) => void;
}

export type RefreshEnd =
  | Outcome
  /** Ended by us: the program stops, or the task was changed or removed. */
  | { readonly kind: 'stopped' }
  /** backoff: the target was down before the driver was asked. guarded: the driver did not send the statement. */
  | { readonly kind: 'skipped'; readonly reason: 'backoff' | 'guarded'; readonly why: string };

/**
 * Of the timeout, to be left when it is the task's turn. With less, a statement would most likely be stopped before its
 * end; where more is asked of a server than it can give, each in the queue would meet that fate in its turn, and none
 * succeed.
 */
const LEAST_SHARE = 0.25;

/** One refresh of one task. Never rejects. */
export async function refresh(means: RefreshMeans): Promise<RefreshEnd> {
  const { deadline, task } = means;
  try {
    const outcome = await askAndRender(means);
    return isStopped(deadline) ? { kind: 'stopped' } : outcome;
  } catch (error) {
    if (isStopped(deadline)) return { kind: 'stopped' };
    if (error instanceof TargetIsDown) return { kind: 'skipped', reason: 'backoff', why: 'the target does not answer' };
    if (!(error instanceof RefreshError)) means.onFault(error);
    return { kind: 'failure', failure: toFailure(task, error) };
  }
}

/** Thrown in the driver's face: the turn goes to somebody else. */
class TargetIsDown extends Error {
  override readonly name = 'TargetIsDown';
}

async function askAndRender({ task, driver, renderer, guard, deadline, ...means }: RefreshMeans): Promise<RefreshEnd> {
  const { sql, when, name, maxRows, maxBytes, onEmpty } = task.query;
  const result = renderer.begin({ maxSeries: means.seriesBudget() });
  const onTurn = (): void => {
    if (!means.mayAsk()) throw new TargetIsDown();
    if (deadline.leftMs < deadline.limitMs * LEAST_SHARE) {
      throw new RefreshError('busy', 'most of its time was spent waiting for other refreshes to end');
    }
    means.onStart(null);
  };
  const { onStart } = means;
  const notSent = await driver.run(
    { sql, when, guard, query: name, guest: task, maxRows, maxBytes, onTurn, onStart },
    result,
    deadline,
  );
  if (notSent?.kind === 'guarded') return { kind: 'skipped', reason: 'guarded', why: notSent.why };
  if (notSent !== null) return { kind: 'not_applicable', why: notSent.why };

  const rendered = result.finish();
  if (rendered.rows === 0 && onEmpty === 'fail') {
    throw new RefreshError('empty', 'no row came, and on_empty is "fail"');
  }
  const budget = means.seriesBudget();
  if (rendered.series > budget) {
    const problem = `the result has ${rendered.series} series, and max_series leaves ${budget} for it`;
    throw new RefreshError('too_many_series', `${problem}; raise it, or use fewer labels or rows`);
  }
  return { kind: 'result', ...rendered };
}

function isStopped({ signal, hasPassed }: Deadline): boolean {
  return signal.aborted && !hasPassed;
}

function toFailure({ query, target }: Task, error: unknown): Failure {
  const place = nameTask(query.name, target.name);
  if (error instanceof RefreshError) {
    const { reason, message, errno, sqlState, endedBy } = error;
    return { reason, message: `${place}: ${message}${adviceFor(error, query)}`, errno, sqlState, endedBy };
  }
  const name = error instanceof Error ? error.name : typeof error;
  return {
    reason: 'internal',
    message: `${place}: a fault of the exporter (${name}), see its log`,
    errno: null,
    sqlState: null,
    endedBy: 'exporter',
  };
}

/** What the server does not know and the query does. */
function adviceFor({ reason, endedBy, message, lacksPrivilege }: RefreshError, query: Query): string {
  if (lacksPrivilege) return query.needs === null ? '' : `; it needs: ${query.needs}`;
  if (reason === 'timeout' && endedBy === 'server') return `; its timeout is ${formatDuration(query.timeoutMs)}`;
  // A semicolon may stand in a text of the statement as well.
  const mayBeSeveral = reason === 'query' && /syntax/i.test(message) && /;\s*\S/.test(query.sql);
  return mayBeSeveral ? '; a query takes one statement, and here may be several' : '';
}
