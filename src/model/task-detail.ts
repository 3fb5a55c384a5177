import type { Query } from './plan.ts';
import type { TargetHealth } from './standing.ts';
import type { TaskStatus } from './status.ts';
import type { EngineName, MetricName, MetricType } from './words.ts';

/** Everything that the page of one task shows. */
export interface TaskDetail {
  readonly nowMs: number;
  readonly status: TaskStatus;
  readonly query: Query;
  readonly target: {
    readonly engine: EngineName;
    /** `10.0.0.1:3306` or a path; never a secret. */
    readonly address: string;
    readonly health: TargetHealth;
  };
  readonly metrics: readonly MetricDetail[];
}

/** A metric with what the task brings to it now. */
export interface MetricDetail {
  readonly name: MetricName;
  readonly type: MetricType;
  readonly help: string;
  readonly series: number;
  /** The first of its lines as they stand on the metrics page. */
  readonly lines: readonly string[];
}
