import type { MysqlSession } from './session.ts';

export interface BudgetOptions {
  /** How long a connection that nobody needs stays open. */
  readonly idleMs: number;
  /** How long a connection is used at most, so that a failover behind a name or a proxy is followed. */
  readonly lifetimeMs: number;
}

export const BUDGET_OPTIONS: BudgetOptions = { idleMs: 60_000, lifetimeMs: 30 * 60_000 };

/** The right to hold one connection. Its owner gives it back exactly once. */
export interface Slot {
  /** An open connection in a clean state, or null: the owner opens one. */
  readonly session: MysqlSession | null;
  /** Ends the right, once the owner's connection is gone or, given a live clean one, keeps that for the next run. */
  giveBack(session: MysqlSession | null): void;
}

/** Whoever shares the budget; connections are not passed from one to another, since user and database differ. */
export interface Member {
  readonly maxConnections: number;
}

/**
 * The connections to one server, whoever of its targets holds them: never more at one time than the largest
 * `maxConnections` among its members. Those who wait are served in their order, except that slow ones leave one
 * connection to the quick. Idle connections count; they are closed where another member needs their place.
 */
export class Budget {
  readonly #options: BudgetOptions;
  readonly #members = new Set<Member>();
  readonly #waiting = new Set<Waiter>();
  /** Oldest first. */
  readonly #idle = new Set<Idle>();
  #held = 0;
  #heldBySlow = 0;
  #closing = 0;

  constructor(options: BudgetOptions) {
    this.#options = options;
  }

  get isUnused(): boolean {
    return this.#members.size === 0 && this.#total === 0;
  }

  join(member: Member): void {
    this.#members.add(member);
    this.#serve();
  }

  /** Closes the member's idle connections and keeps none that it gives back from now on. */
  leave(member: Member): void {
    this.#members.delete(member);
    for (const idle of this.#idle) if (idle.member === member) this.#closeIdle(idle);
    this.#serve();
  }

  /** Rejects with the signal's reason when it aborts before a place is free. */
  take(member: Member, slow: boolean, signal: AbortSignal): Promise<Slot> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const waiter: Waiter = {
        member,
        slow,
        grant: (session) => {
          this.#waiting.delete(waiter);
          signal.removeEventListener('abort', abort);
          resolve(this.#slot(member, slow, session));
        },
      };
      const abort = (): void => {
        this.#waiting.delete(waiter);
        reject(signal.reason);
      };
      signal.addEventListener('abort', abort, { once: true });
      this.#waiting.add(waiter);
      this.#serve();
    });
  }

  get #limit(): number {
    return Math.max(1, ...[...this.#members].map((member) => member.maxConnections));
  }

  get #total(): number {
    return this.#held + this.#idle.size + this.#closing;
  }

  #serve(): void {
    const limit = this.#limit;
    // Places that become free by themselves soon; each is for one waiter.
    let coming = this.#closing;
    for (const waiter of this.#waiting) {
      if (waiter.slow && this.#heldBySlow >= Math.max(1, limit - 1)) continue;
      const own = [...this.#idle].findLast((idle) => idle.member === waiter.member);
      if (own !== undefined) {
        this.#forget(own);
        waiter.grant(own.session);
      } else if (this.#total < limit) {
        waiter.grant(null);
      } else if (coming > 0) {
        coming -= 1;
      } else {
        const [oldest] = this.#idle;
        if (oldest === undefined) return;
        this.#closeIdle(oldest);
      }
    }
  }

  #slot(member: Member, slow: boolean, session: MysqlSession | null): Slot {
    this.#held += 1;
    if (slow) this.#heldBySlow += 1;
    return {
      session,
      giveBack: (kept) => {
        this.#held -= 1;
        if (slow) this.#heldBySlow -= 1;
        if (kept !== null) this.#keep(member, kept);
        this.#serve();
      },
    };
  }

  #keep(member: Member, session: MysqlSession): void {
    const isOld = performance.now() - session.openedMs > this.#options.lifetimeMs;
    if (isOld || session.dead || !this.#members.has(member) || this.#total >= this.#limit) {
      this.#close(session);
      return;
    }
    const idle: Idle = {
      member,
      session,
      timer: setTimeout(() => this.#closeIdle(idle), this.#options.idleMs),
    };
    this.#idle.add(idle);
    // The server, or whatever lies between, may close it.
    void session.closed.then(() => {
      if (!this.#idle.has(idle)) return;
      this.#forget(idle);
      this.#serve();
    });
  }

  #closeIdle(idle: Idle): void {
    this.#forget(idle);
    this.#close(idle.session);
  }

  #forget(idle: Idle): void {
    this.#idle.delete(idle);
    clearTimeout(idle.timer);
  }

  /** The place is free only when the server has let go of the connection. */
  #close(session: MysqlSession): void {
    this.#closing += 1;
    void session.quit().then(() => {
      this.#closing -= 1;
      this.#serve();
    });
  }
}

interface Waiter {
  readonly member: Member;
  readonly slow: boolean;
  readonly grant: (session: MysqlSession | null) => void;
}

interface Idle {
  readonly member: Member;
  readonly session: MysqlSession;
  readonly timer: NodeJS.Timeout;
}
