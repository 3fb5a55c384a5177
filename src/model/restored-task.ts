import type { TaskKey } from './words.ts';

/** What is known of a task that ran before, for a poller that starts or takes over a plan. */
export interface RestoredTask {
  readonly task: TaskKey;
  readonly lastRefreshAtMs: number;
  /** Null: it never succeeded, or what it brought no longer stands, so that nothing speaks against a run at once. */
  readonly lastSuccessAtMs: number | null;
  /** Samples that it holds in the exposition. */
  readonly series: number;
  /** When it was to run next. Null: not known, or the schedule is another one now. */
  readonly dueAtMs: number | null;
}
