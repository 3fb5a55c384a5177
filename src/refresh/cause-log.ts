import type { Fields, Logger } from '../logger.ts';
import type { Clock, Timer } from '../model/clock.ts';

const REPEAT_MS = 60_000;
/** Another cause is news, but two of them may take turns every second. */
const CHANGE_MS = 10_000;
/** Those that a cause strikes next are gathered for this long, and then named together. */
const GATHER_MS = 10_000;
const MOST_NAMED = 5;

interface Cause {
  readonly struck: Set<Voice>;
  /** Struck since the last line, and not named in one. */
  readonly unnamed: Set<Voice>;
  gathering: Timer | null;
  saidAtMs: number;
  suppressed: number;
  isSaid: boolean;
}

interface Shared {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly causes: Map<string, Cause>;
}

/**
 * What goes wrong on one server, said once for each cause, however many tasks or targets it strikes: a line when it begins, one
 * that names others, then one a minute with how many were left out, and a line when all of them are well again.
 */
export class CauseLog {
  readonly #shared: Shared;

  /** `logger` names the server. */
  constructor(logger: Logger, clock: Clock) {
    this.#shared = { logger, clock, causes: new Map() };
  }

  /** Speaks for one task or target: `name` in the lines of others, `logger` in its own. */
  voice(name: string, logger: Logger): Voice {
    return new Voice(name, logger, this.#shared);
  }
}

/** Of one task or target, which has one cause at a time. */
export class Voice {
  readonly name: string;
  readonly #logger: Logger;
  readonly #shared: Shared;
  #key: string | null = null;
  #saidAtMs = Number.NEGATIVE_INFINITY;

  constructor(name: string, logger: Logger, shared: Shared) {
    this.name = name;
    this.#logger = logger;
    this.#shared = shared;
  }

  /** `cause`: what tells one cause of a reason from another. */
  wrong(message: string, reason: string, fields: Fields, cause: string): void {
    const { causes, clock } = this.#shared;
    const key = JSON.stringify([message, reason, withoutNames(cause)]);
    if (key !== this.#key) this.leave();
    this.#key = key;
    const own = causes.get(key) ?? newCause();
    causes.set(key, own);
    const isNew = !own.struck.has(this);
    own.struck.add(this);

    const nowMs = clock.monotonic();
    const isTold = nowMs - own.saidAtMs < REPEAT_MS;
    if (isTold || nowMs - this.#saidAtMs < CHANGE_MS) {
      own.suppressed += 1;
      if (isTold && isNew && own.isSaid) this.#gather(own, reason);
      return;
    }
    this.#logger.warn(message, { reason, ...fields, suppressed: own.suppressed || undefined });
    this.#saidAtMs = nowMs;
    own.saidAtMs = nowMs;
    own.suppressed = 0;
    own.isSaid = true;
    this.#forgetOld(nowMs);
  }

  well(message: string): void {
    const cause = this.leave();
    if (cause === null || cause.struck.size > 0) return;
    if (cause.isSaid) this.#logger.info(message);
    cause.isSaid = false;
  }

  /** It no longer has the cause, whether it is well or gone. */
  leave(): Cause | null {
    const cause = this.#key === null ? null : (this.#shared.causes.get(this.#key) ?? null);
    cause?.struck.delete(this);
    cause?.unnamed.delete(this);
    this.#key = null;
    return cause;
  }

  #gather(cause: Cause, reason: string): void {
    const { clock, logger } = this.#shared;
    cause.unnamed.add(this);
    cause.gathering ??= clock.setTimeout(() => {
      cause.gathering = null;
      if (cause.unnamed.size === 0) return;
      const names = [...cause.unnamed].map(({ name }) => name);
      const more = names.length - MOST_NAMED;
      const others = `${names.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
      logger.warn('others fail for the same cause', { reason, others });
      cause.unnamed.clear();
    }, GATHER_MS);
  }

  /** The oldest come first; one that strikes nobody is kept for as long as it would not be said again. */
  #forgetOld(nowMs: number): void {
    for (const [key, { struck, saidAtMs }] of this.#shared.causes) {
      if (struck.size > 0 || nowMs - saidAtMs < REPEAT_MS) return;
      this.#shared.causes.delete(key);
    }
  }
}

function newCause(): Cause {
  return {
    struck: new Set(),
    unnamed: new Set(),
    gathering: null,
    saidAtMs: Number.NEGATIVE_INFINITY,
    suppressed: 0,
    isSaid: false,
  };
}

/** A privilege that is missing on fifty tables is one cause: names in quotes and numbers do not count. */
function withoutNames(cause: string): string {
  return cause.replace(/'[^']*'|"[^"]*"|`[^`]*`|\d+/g, '…');
}
