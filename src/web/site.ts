import type { Logger } from '../logger.ts';
import type { Elsewhere, RunReply } from '../model/poller-request.ts';
import type { Status } from '../model/status.ts';
import type { TaskDetail } from '../model/task-detail.ts';
import type { Pages } from './metrics-route.ts';

/** What the pages show and the buttons do. Everything is called on a request, and nothing of it asks a database. */
export interface Site {
  /** An absolute path. */
  readonly telemetryPath: string;
  readonly pages: Pages;
  readonly status: () => Status;
  /** The task of this query and target; null: there is none. */
  readonly task: (query: string, target: string) => TaskDetail | null;
  readonly readiness: () => Readiness;
  /** Null: the lifecycle API is not enabled. */
  readonly reload: (() => Promise<ReloadOutcome>) | null;
  /** Runs the task of this query and target now. Null: the lifecycle API is not enabled. */
  readonly run: ((query: string, target: string) => Promise<RunReply | Elsewhere>) | null;
  /** The configuration in force as YAML, without its secrets. */
  readonly maskedConfig: () => string;
  readonly logger: Logger;
}

export interface Readiness {
  readonly ready: boolean;
  /** What has had no outcome yet, one line each. */
  readonly missing: readonly string[];
}

export interface ReloadOutcome {
  readonly ok: boolean;
  /** One line each. */
  readonly problems: readonly string[];
}
