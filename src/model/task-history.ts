import type { Rejection } from './outcome.ts';
import type { RecentRuns } from './recent-runs.ts';
import type { DatedFailure } from './standing.ts';
import type { MissedReason } from './status.ts';
import type { MetricName } from './words.ts';

/** What is known of a task by its runs so far, but for its times, its samples, and what each process counts anew. */
export interface TaskHistory {
  /** Whether the last refresh succeeded; null before the first. */
  readonly succeeded: boolean | null;
  /** Why the newest run that was due was not made; null: it was. */
  readonly missed: MissedReason | null;
  /** Since when runs that were due fail or are not made; null: the newest one did not. */
  readonly failingSinceMs: number | null;
  /** Why the query's `when` did not hold at the newest run; null: it did, or it has none. */
  readonly notApplicable: string | null;
  readonly lastRefreshAtMs: number | null;
  readonly lastSuccessAtMs: number | null;
  readonly recentRuns: RecentRuns;
  /** Of the last success. */
  readonly rows: number | null;
  /** When a success last renewed the samples: from here their age counts. An empty result that is kept renews nothing. */
  readonly renewedAtMs: number | null;
  /** Of the last result. */
  readonly rejections: readonly Rejection[];
  /** Metrics that lost all their samples of the last result, while another one has some. */
  readonly rejecting: readonly MetricName[];
  /** Stays after a success. */
  readonly lastFailure: DatedFailure | null;
}
