import type { LogLevel, LogRecord } from '../logger.ts';
import type { FleetSettings, FleetStatus, Member, ShareChange } from '../model/fleet-terms.ts';
import type { KnownResult } from '../model/task-result.ts';
import type { TaskKey } from '../model/words.ts';
import type { SharedTask } from './exchange.ts';

/** What a fleet thread is born with. Its plan follows. */
export interface FleetStart {
  readonly settings: FleetSettings;
  readonly self: Pick<Member, 'id' | 'name' | 'version'>;
  /** Servers that an earlier thread had. */
  readonly owned: readonly string[];
  /** Of the {@link Lease}. */
  readonly lease: SharedArrayBuffer;
  readonly logLevel: LogLevel;
}

/** What of a plan the replicas share, or some of it. */
export interface SharedTasks {
  /** All of them, those without a task too. */
  readonly servers: readonly string[];
  readonly tasks: readonly SharedTask[];
}

export type ToFleet =
  /** Of the plan that follows, some at a time. */
  | { readonly kind: 'shared'; readonly shared: SharedTasks }
  /** All of it has been told. The first one begins the work. */
  | { readonly kind: 'plan' }
  /** What is known of a task now, as bytes of a state file. */
  | { readonly kind: 'save'; readonly id: string; readonly body: Uint8Array }
  /** Nothing is under way on these servers any more. */
  | { readonly kind: 'left'; readonly servers: readonly string[] }
  /** Give everything back. */
  | { readonly kind: 'go' }
  | { readonly kind: 'stop' };

export type FromFleet =
  /** After all the results that it was planned by. */
  | { readonly kind: 'share'; readonly change: ShareChange }
  | { readonly kind: 'results'; readonly results: readonly KnownResult[] }
  /** The store lacks what is known of these tasks. */
  | { readonly kind: 'missing'; readonly tasks: readonly TaskKey[] }
  | { readonly kind: 'status'; readonly status: FleetStatus }
  | { readonly kind: 'log'; readonly record: LogRecord }
  | { readonly kind: 'stopped' };
