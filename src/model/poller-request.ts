import type { TaskKey } from './words.ts';

/** What may be asked of the poller. Plain data. */
export interface PollerRequest {
  /** Run the task now, beside its schedule, which goes on as it is. */
  readonly kind: 'run';
  readonly task: TaskKey;
}

/**
 * started: it waits for its place now, and is told of as any run. running: it is under way, or its last result is not yet
 * taken over. backoff: its target does not answer. suspended: until a reload. elsewhere: another exporter may have its server. unknown: there is no such task.
 */
export type RunAnswer = 'started' | 'running' | 'backoff' | 'suspended' | 'elsewhere' | 'unknown';

/** Another exporter of the fleet polls the server of the task; null: none does now. */
export interface Elsewhere {
  readonly owner: string | null;
}

/** What the poller said, or why it said nothing. */
export type RunReply = RunAnswer | 'the poller died' | 'the poller stopped';
