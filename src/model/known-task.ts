import type { ResultTimes } from './task-result.ts';
import type { TaskKey } from './words.ts';

/** What a poller has to know of a task that ran before, when it starts or takes over a plan. */
export interface KnownTask extends Pick<ResultTimes, 'nextAtMs'> {
  readonly task: TaskKey;
  readonly lastRefreshAtMs: number;
  /** Null: it never succeeded, or what it brought no longer stands, so that nothing speaks against a run at once. */
  readonly lastSuccessAtMs: number | null;
  /** Samples that it holds in the exposition. */
  readonly series: number;
}
