import type { LogLevel, LogRecord } from '../logger.ts';
import type { EncodedPlan } from '../model/encoded-plan.ts';
import type { ShareChange } from '../model/fleet-terms.ts';
import type { KnownTask } from '../model/known-task.ts';
import type { Target } from '../model/plan.ts';
import type { PollerEvent } from '../model/poller-event.ts';
import type { PollerRequest, RunAnswer } from '../model/poller-request.ts';
import type { RunMark } from '../model/run-mark.ts';
import type { TaskKey } from '../model/words.ts';
import type { FleetShareStart } from './fleet-share.ts';

/** What a poller thread is born with. */
export interface PollerBirth {
  /** A counter that the thread raises every `HEARTBEAT_MS`, and 1 behind it while it takes over a plan. */
  readonly heartbeat: Int32Array<SharedArrayBuffer>;
}

/** Where each stands in the heartbeat. */
export const BEATS = 0;
export const PLANNING = 1;

/** The first message to a poller thread. Its plan follows. */
export interface PollerStart {
  /** Statements that the last poller may have left running. */
  readonly leftovers: readonly Leftover[];
  /** Null: it polls everything. */
  readonly share: FleetShareStart | null;
  /** Records that say more than this are not even made. */
  readonly logLevel: LogLevel;
}

/** A statement that was in flight when its thread died. */
export interface Leftover {
  readonly target: Target;
  readonly mark: RunMark;
}

/** The later ones. */
export type ToPoller =
  /** Of tasks of the plan that follows, some at a time. */
  | { readonly kind: 'known'; readonly tasks: readonly KnownTask[] }
  /** The first one starts the schedule. `suspended`: tasks that are not run until the next plan. */
  | { readonly kind: 'plan'; readonly plan: EncodedPlan; readonly suspended: readonly TaskKey[] }
  /** `suspended`: as of a plan. */
  | {
      readonly kind: 'share';
      readonly change: ShareChange;
      readonly restored: readonly KnownTask[];
      readonly suspended: readonly TaskKey[];
    }
  /** Main has taken over the task's last result; the task may run again. */
  | { readonly kind: 'acknowledge'; readonly task: TaskKey }
  /** Wants one `answer` with the same number. */
  | { readonly kind: 'ask'; readonly number: number; readonly request: PollerRequest }
  | { readonly kind: 'stop' };

export type FromPoller =
  | PollerEvent
  | { readonly kind: 'answer'; readonly number: number; readonly answer: RunAnswer }
  | { readonly kind: 'log'; readonly record: LogRecord }
  /** Nothing is under way any more on servers that left the share. */
  | { readonly kind: 'left'; readonly servers: readonly string[] }
  /** The schedule runs. */
  | { readonly kind: 'running' }
  /** Nothing is left running on any server. */
  | { readonly kind: 'stopped' };

/** Often enough for a watchdog of ten seconds, seldom enough to cost nothing. */
export const HEARTBEAT_MS = 1_000;
