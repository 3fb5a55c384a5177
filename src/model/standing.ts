import type { Failure } from './failure.ts';

/** How a target stands, as it was last found. Unknown: nobody has asked it yet. */
export type Standing = 'unknown' | 'up' | 'down';

/** Everything that is known of whether a target answers. Plain data. */
export interface TargetHealth {
  readonly standing: Standing;
  /** When it was last asked; null: not yet. */
  readonly checkedAtMs: number | null;
  /** Since when no attempt has found a connection; null: it is not down. */
  readonly downSinceMs: number | null;
  /** When it is tried again; null: it is not down. */
  readonly nextTryAtMs: number | null;
  /** Of the last attempt that found no connection; stays when the target answers again. */
  readonly lastFailure: DatedFailure | null;
}

export type DatedFailure = Failure & { readonly atMs: number };

export const UNKNOWN_HEALTH: TargetHealth = {
  standing: 'unknown',
  checkedAtMs: null,
  downSinceMs: null,
  nextTryAtMs: null,
  lastFailure: null,
};
