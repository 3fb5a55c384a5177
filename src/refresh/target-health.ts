import type { Failure } from '../model/failure.ts';

/*
 * Whether a target answers, and when to ask it next: decisions only. Times are of the monotonic clock.
 *
 *   unknown ──answer──> up ──no connection──> down ──answer to a probe──> up
 *      └──no connection──> down      a run that hung or was cut off asks for a probe, whose answer decides
 */

export type Health =
  | { readonly standing: 'unknown' | 'up'; readonly probeAtMs: number }
  | {
      readonly standing: 'down';
      readonly cause: BackoffCause;
      /** How many attempts in a row found no connection, less one. */
      readonly step: number;
      /** When this step began; attempts that began before it are part of it. */
      readonly sinceMs: number;
      readonly probeAtMs: number;
    };

export type BackoffCause = keyof typeof BACKOFF;

/** A refused login is repeated seldom: servers lock accounts after a few. */
const BACKOFF = {
  connect: { firstMs: 1_000, longestMs: 30_000 },
  auth: { firstMs: 30_000, longestMs: 600_000 },
} as const;
/** Of a step. Many exporters and targets must not come back to one server in the same moment. */
const JITTER = 0.2;
/** A target without an answer yet is probed soon, so that it is known to be up before its first nightly query. */
const FIRST_PROBE_MS = 1_000;
const NEVER = Number.POSITIVE_INFINITY;

/** `pingIntervalMs` null: a target that answers is not asked between its queries. */
export function atStart(nowMs: number, pingIntervalMs: number | null): Health {
  return { standing: 'unknown', probeAtMs: pingIntervalMs === null ? NEVER : nowMs + FIRST_PROBE_MS };
}

export function afterAnswer(nowMs: number, pingIntervalMs: number | null): Health {
  return { standing: 'up', probeAtMs: nowMs + (pingIntervalMs ?? NEVER) };
}

/** An attempt that began at `attemptAtMs` found no connection. */
export function afterNoConnection(
  health: Health,
  cause: BackoffCause,
  attemptAtMs: number,
  nowMs: number,
  random: () => number,
): Health {
  // Several runs under way fail together; that is one step, not one for each.
  if (health.standing === 'down' && attemptAtMs < health.sinceMs) return health;
  const step = health.standing === 'down' && health.cause === cause ? health.step + 1 : 0;
  const { firstMs, longestMs } = BACKOFF[cause];
  const fullMs = Math.min(longestMs, firstMs * 2 ** step);
  const waitMs = Math.max(firstMs, fullMs * (1 - JITTER * random()));
  return { standing: 'down', cause, step, sinceMs: nowMs, probeAtMs: nowMs + waitMs };
}

/**
 * Somebody may have mended what was wrong. The attempt that is under way knows nothing of it yet, so it counts as part of
 * the step before.
 */
export function afterMending(health: Health, nowMs: number, delayMs: number): Health {
  const probeAtMs = nowMs + delayMs;
  if (health.standing !== 'down' || probeAtMs >= health.probeAtMs) return health;
  return { ...health, sinceMs: nowMs, probeAtMs };
}

/** A run hung, or lost its connection: only a probe can tell the server from the statement. */
export function afterDoubt(health: Health, nowMs: number): Health {
  return health.standing === 'down' ? health : { ...health, probeAtMs: nowMs };
}

/** What a failed run says about its target. */
export type Sign = 'answer' | 'doubt' | 'silent' | BackoffCause;

export function signOf({ reason, endedBy }: Pick<Failure, 'reason' | 'endedBy'>): Sign {
  switch (reason) {
    case 'connect':
    case 'auth':
      return reason;
    case 'lost':
      return 'doubt';
    case 'timeout':
      return endedBy === 'server' ? 'answer' : 'doubt';
    case 'busy':
    case 'internal':
      return 'silent';
    case 'query':
    case 'read_only':
    case 'no_result':
    case 'missing_column':
    case 'too_large':
    case 'empty':
    case 'too_many_series':
    case 'no_samples':
      return 'answer';
    default:
      return reason satisfies never;
  }
}
