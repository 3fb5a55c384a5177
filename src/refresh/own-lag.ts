import { formatDuration } from '../language/duration.ts';
import type { Fields, Logger } from '../logger.ts';
import type { Failure, FailureReason } from '../model/failure.ts';
import { StateLog } from './state-log.ts';

/**
 * How often the event loop is asked to be in time, while something runs and while nothing does: to wake up is most of what
 * an idle exporter costs. A standstill shorter than this may pass between two looks.
 */
export const LAG_TICK_MS = { busy: 250, idle: 1_000 } as const;
/** Longer than most scrape intervals, so that no standstill is over before it was scraped. */
const KEPT_MS = 60_000;
/** What a loaded machine is always late by. */
const USUAL_MS = 20;
/** Of the time of a run; with less, the exporter is not what it failed for. */
const NOTABLE_SHARE = 0.25;
const EXCUSABLE: ReadonlySet<FailureReason> = new Set(['timeout', 'busy', 'connect']);

/**
 * How late our own thread is. On a host without CPU to spare, runs pass their deadlines and targets seem not to answer, and
 * neither the query nor the server is to blame. Times are of the monotonic clock.
 */
export class OwnLag {
  readonly #now: () => number;
  readonly #log: StateLog;
  /** Of the next tick; none is due before the first. */
  #dueMs = Number.POSITIVE_INFINITY;
  #late: { readonly endMs: number; readonly lagMs: number }[] = [];

  constructor(now: () => number, logger: Logger) {
    this.#now = now;
    this.#log = new StateLog(logger, now);
  }

  /** To be called once, and then by a timer that was set for as long as the call before said. */
  tick(nextInMs: number): void {
    const nowMs = this.#now();
    const lagMs = nowMs - this.#dueMs;
    this.#dueMs = nowMs + nextInMs;
    this.#late = this.#late.filter(({ endMs }) => nowMs - endMs < KEPT_MS);
    if (lagMs > USUAL_MS) this.#late.push({ endMs: nowMs, lagMs });
    else if (this.#late.length === 0) this.#log.well('the exporter is in time again');
  }

  /** The longest in the last minute. */
  get longestMs(): number {
    return this.#late.reduce((longest, { lagMs }) => Math.max(longest, lagMs), this.#pendingMs);
  }

  /** The same failure, or where a run that began at `startedMs` had too little of our own thread, one that says so. */
  explain(failure: Failure, startedMs: number): Failure {
    if (!EXCUSABLE.has(failure.reason)) return failure;
    const spentMs = this.#now() - startedMs;
    const lateMs = Math.min(spentMs, this.#lateSince(startedMs));
    if (lateMs <= USUAL_MS || lateMs < spentMs * NOTABLE_SHARE) return failure;
    const late = formatDuration(Math.round(lateMs));
    const message = `${failure.message}; the exporter itself was held up for ${late} of that time: its host lacks CPU`;
    return { ...failure, message };
  }

  /** One line for all that fails meanwhile. */
  say(fields: Fields): void {
    const lateByMs = Math.round(this.longestMs);
    this.#log.wrong('refreshes fail while the exporter is late', 'lag', { late_by_ms: lateByMs, ...fields });
  }

  #lateSince(sinceMs: number): number {
    return this.#late.reduce((sum, { endMs, lagMs }) => sum + (endMs > sinceMs ? lagMs : 0), this.#pendingMs);
  }

  /** Of a tick that should have come by now. */
  get #pendingMs(): number {
    return Math.max(0, this.#now() - this.#dueMs);
  }
}
