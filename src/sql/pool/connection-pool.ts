import type { Target } from '../../model/plan.ts';
import type { Session } from '../session.ts';
import type { Claimant, Semaphore } from './semaphore.ts';
import type { CappedPool, SessionCap } from './session-cap.ts';
import { isSlow, type Waiter, WaitingLine } from './waiting-line.ts';

export interface PoolOptions {
  /** How long a connection that nobody needs stays open. */
  readonly idleMs: number;
  /** How long a connection is used at most, so that a failover behind a name or a proxy is followed. */
  readonly lifetimeMs: number;
}

export const POOL_OPTIONS: PoolOptions = { idleMs: 60_000, lifetimeMs: 30 * 60_000 };

/** The right to hold one connection. */
export interface Lease {
  /** An open connection in a clean state, or null: the owner opens one. */
  readonly session: Session | null;
  /** Ends the run, once: it no longer counts as one under way, though its connection may still be cleaned up. */
  endRun(): void;
  /** Where nothing was done for the guest, who then does not count as served. */
  undoServing(): void;
  /** Ends the right, once, when the owner's connection is gone or, given a live clean one, keeps that for the next run. */
  giveBack(session: Session | null): void;
}

/**
 * The connections to one server, whoever of its targets holds them: never more at one time than the largest
 * `maxConnections` among its members. This is the only place where a run waits. Slow runs leave one connection to the
 * quick. Idle connections count; since user and database differ, they are not passed from one target to another but closed
 * where another one needs their place.
 */
export class ConnectionPool implements Claimant, CappedPool {
  readonly #options: PoolOptions;
  /** Runs under way over all servers; pings do not count. */
  readonly #running: Semaphore;
  readonly #cap: SessionCap | null;
  readonly #members = new Set<Target>();
  readonly #line = new WaitingLine<Request>();
  /** Oldest first. */
  readonly #idle = new Set<Idle>();
  #held = 0;
  #heldBySlow = 0;
  #closing = 0;
  #knownLimit: number | null = null;

  constructor(running: Semaphore, cap: SessionCap | null, options: PoolOptions) {
    this.#running = running;
    this.#cap = cap;
    this.#options = options;
    cap?.add(this);
  }

  get isUnused(): boolean {
    return this.#members.size === 0 && this.size === 0;
  }

  get size(): number {
    return this.#held + this.#idle.size + this.#closing;
  }

  join(target: Target): void {
    this.#members.add(target);
    this.#knownLimit = null;
    this.serve();
  }

  /** Closes the target's idle connections and keeps none that it gives back from now on. */
  leave(target: Target): void {
    this.#members.delete(target);
    this.#knownLimit = null;
    for (const idle of this.#idle) if (idle.target === target) this.#closeIdle(idle);
    this.serve();
  }

  /** To be called when nobody uses it any more. */
  retire(): void {
    this.#cap?.delete(this);
  }

  /** Rejects with the signal's reason when it aborts before it is the guest's turn. */
  take(target: Target, waiter: Waiter, signal: AbortSignal): Promise<Lease> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const giveUp = (): void => {
        this.#line.delete(request);
        reject(signal.reason);
      };
      const grant = (lease: Lease): void => {
        signal.removeEventListener('abort', giveUp);
        resolve(lease);
      };
      const request: Request = { ...waiter, target, grant };
      signal.addEventListener('abort', giveUp, { once: true });
      this.#line.add(request);
      this.serve();
    });
  }

  serve(): void {
    for (let ping = this.#next(); ping?.guest === null; ping = this.#next()) if (!this.#grant(ping)) return;
    if (this.#next() !== null) this.#running.claim(this);
  }

  takeTurn(): boolean {
    const next = this.#next();
    if (next === null || next.guest === null || !this.#grant(next)) return false;
    if (this.#next() !== null) this.#running.claim(this);
    return true;
  }

  closeOldest(): boolean {
    const [oldest] = this.#idle;
    if (oldest === undefined) return false;
    this.#closeIdle(oldest);
    return true;
  }

  get #limit(): number {
    this.#knownLimit ??= [...this.#members].reduce((limit, { maxConnections }) => Math.max(limit, maxConnections), 1);
    return this.#knownLimit;
  }

  /** Whose turn it is as soon as there is a connection; null: nobody's. */
  #next(): Request | null {
    const limit = this.#limit;
    return this.#held >= limit ? null : this.#line.first(this.#heldBySlow < Math.max(1, limit - 1));
  }

  #grant(request: Request): boolean {
    const own = [...this.#idle].findLast(({ target }) => target === request.target);
    if (own === undefined && !this.#hasRoom()) return false;
    if (own !== undefined) this.#forget(own);
    request.grant(this.#lease(request, own?.session ?? null, this.#line.serve(request)));
    return true;
  }

  /** Whether one more connection may be opened; else one that is idle is on its way out, where there is any. */
  #hasRoom(): boolean {
    if (this.size >= this.#limit) {
      if (this.#closing < this.#line.size) this.closeOldest();
      return false;
    }
    return this.#cap === null || this.#cap.hasRoom();
  }

  #lease(request: Request, session: Session | null, undoServing: () => void): Lease {
    const { target, guest } = request;
    const slow = isSlow(request);
    this.#held += 1;
    if (slow) this.#heldBySlow += 1;
    return {
      session,
      undoServing,
      endRun: () => {
        if (guest !== null) this.#running.release();
      },
      giveBack: (kept) => {
        this.#held -= 1;
        if (slow) this.#heldBySlow -= 1;
        if (kept !== null) this.#keep(target, kept);
        this.#changed();
      },
    };
  }

  #keep(target: Target, session: Session): void {
    const isOld = performance.now() - session.openedMs > this.#options.lifetimeMs;
    if (isOld || session.isDead || !this.#members.has(target) || this.size >= this.#limit) {
      this.#close(session);
      return;
    }
    const idle: Idle = { target, session, timer: setTimeout(() => this.#closeIdle(idle), this.#options.idleMs) };
    this.#idle.add(idle);
    // The server, or whatever lies between, may close it.
    void session.closed.then(() => {
      if (!this.#idle.has(idle)) return;
      this.#forget(idle);
      this.#changed();
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
  #close(session: Session): void {
    this.#closing += 1;
    void session.quit().then(() => {
      this.#closing -= 1;
      this.#changed();
    });
  }

  #changed(): void {
    this.serve();
    this.#cap?.changed(this);
  }
}

interface Request extends Waiter {
  readonly target: Target;
  readonly grant: (lease: Lease) => void;
}

interface Idle {
  readonly target: Target;
  readonly session: Session;
  readonly timer: NodeJS.Timeout;
}
