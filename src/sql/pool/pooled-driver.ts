import { randomBytes } from 'node:crypto';
import { realClock } from '../../model/clock.ts';
import { Deadline } from '../../model/deadline.ts';
import { RefreshError } from '../../model/failure.ts';
import type { Target } from '../../model/plan.ts';
import type { RowSink } from '../../model/rows.ts';
import type { RunMark } from '../../model/run-mark.ts';
import type { ServerFacts } from '../../model/server-facts.ts';
import { whyNot } from '../applies.ts';
import type { Driver, NotSent, RunRequest } from '../driver.ts';
import type { ConnectMeans, LockHolder, Session, SessionRun } from '../session.ts';
import type { Lease } from './connection-pool.ts';
import { FirstCell } from './first-cell.ts';
import { GuardedRuns } from './guarded-runs.ts';
import type { Server } from './pooled-server.ts';
import { ServerKnowledge } from './server-knowledge.ts';
import { type Phase, stoppedFailure } from './stopped-failure.ts';

/** A server that takes longer to clean up a session loses the connection; nobody waits for it meanwhile. */
const RESET_MS = 5_000;
/** Closing waits this long for statements to be gone from the server. */
const CLOSE_MS = 3_000;

/** What a driver finds out beside its work. */
export interface DriverEvents {
  /** Something new is known of the server. */
  readonly onFacts: (facts: ServerFacts) => void;
  /** A statement was to be stopped, and nobody saw it end. */
  readonly onUnconfirmedStop: () => void;
  /** A statement that another exporter left running was stopped. */
  readonly onTakeover: (holder: LockHolder) => void;
}

/** The driver of one target, of any engine: the life of its connections, and the end of statements that must not go on. */
export class PooledDriver implements Driver {
  readonly target: Target;
  readonly #server: Server;
  readonly #means: ConnectMeans;
  readonly #onUnconfirmedStop: () => void;
  readonly #runs: GuardedRuns;
  /** Marks of different drivers, and of earlier processes, must not be alike. */
  readonly #prefix = randomBytes(4).toString('hex');
  #statements = 0;
  readonly #visits = new Set<Visit>();
  readonly #cleaningUp = new Set<Promise<void>>();
  #closed = false;

  constructor(target: Target, server: Server, { onFacts, onUnconfirmedStop, onTakeover }: DriverEvents) {
    this.target = target;
    this.#server = server;
    this.#means = { lookups: server.lookups, knowledge: new ServerKnowledge(onFacts) };
    this.#onUnconfirmedStop = onUnconfirmedStop;
    this.#runs = new GuardedRuns(onTakeover);
    server.pool.join(target);
  }

  async run(request: RunRequest, sink: RowSink, deadline: Deadline): Promise<NotSent | null> {
    const { guest, onTurn } = request;
    const unconfirmed = this.#server.unconfirmed.whyNot(guest);
    if (unconfirmed !== null) return { kind: 'guarded', why: unconfirmed };
    return this.#visit(guest, deadline, async (visit) => {
      try {
        onTurn();
      } catch (error) {
        visit.lease?.undoServing();
        throw error;
      }
      return this.#runIn(await this.#cleanSession(visit), request, sink, visit);
    });
  }

  async #runIn(session: Session, request: RunRequest, sink: RowSink, visit: Visit): Promise<NotSent | null> {
    const { query, when, guard, maxRows, maxBytes } = request;
    const reason = when && whyNot(when, this.facts);
    if (reason !== null) return { kind: 'not_applicable', why: reason };
    const mark = this.#mark(query, session);
    visit.phase = 'working';
    visit.isUsed = true;
    visit.mark = mark;
    if (guard !== null && !this.facts.isGuarded) this.#means.knowledge.learn({ isGuarded: true });
    const initSql = this.target.initSql.map((statement) => marked(statement, mark));
    let isStarted = false;
    const onStart = (): void => {
      if (!isStarted) request.onStart(mark);
      isStarted = true;
    };
    const terms = { initSql, lock: guard?.lock ?? null, maxRows, maxBytes, onStart };
    const run = (sql: string, into: RowSink): Promise<LockHolder | null> => {
      const statement: SessionRun = { ...terms, sql: marked(sql, mark) };
      return this.#runs.run(session, statement, into, guard, visit.deadline);
    };
    const condition = new FirstCell();
    let holder: LockHolder | null = null;
    if (when !== null && when.sql !== null) {
      visit.phase = 'deciding';
      holder = await run(when.sql, condition);
      visit.phase = 'working';
    }
    const holds = when === null || when.sql === null || condition.isTrue;
    if (holds) holder = await run(request.sql, sink);
    visit.mark = null;
    if (holder !== null) return { kind: 'guarded', why: `${describeHolder(holder)} has it at work on the server` };
    return holds ? null : { kind: 'not_applicable', why: 'sql of its when does not hold' };
  }

  get facts(): ServerFacts {
    return this.#means.knowledge.facts;
  }

  forget(): void {
    this.#means.knowledge.forget();
  }

  async ping(deadline: Deadline): Promise<void> {
    await this.#visit(null, deadline, async (visit) => {
      const { session: idle } = visit;
      if (idle !== null && (await this.#isGood(idle, () => idle.ping(), visit.deadline))) return;
      const session = await this.#connect(visit);
      visit.phase = 'working';
      await session.ping();
    });
  }

  async stopLeftover(mark: RunMark, deadline: Deadline): Promise<void> {
    await this.#stop(mark, deadline.signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const visit of this.#visits) visit.deadline.stop();
    this.#server.pool.leave(this.target);
    // The runs that were stopped begin to clean up only now.
    await new Promise((resolve) => setImmediate(resolve));
    using late = new Deadline(realClock, CLOSE_MS);
    await Promise.race([Promise.all(this.#cleaningUp), ended(late.signal)]);
  }

  /** Takes a connection for a piece of work, and gives it back when it allows that. */
  async #visit<T>(guest: object | null, outer: Deadline, work: (visit: Visit) => Promise<T>): Promise<T> {
    if (this.#closed) throw new RefreshError('internal', 'the target is no longer in use');
    using deadline = outer.within(Number.POSITIVE_INFINITY);
    const visit: Visit = {
      deadline,
      phase: 'waiting',
      waitedMs: 0,
      lease: null,
      session: null,
      mark: null,
      isUsed: false,
    };
    const end = (): void => visit.session?.destroy();
    deadline.signal.addEventListener('abort', end);
    this.#visits.add(visit);
    try {
      visit.lease = await this.#server.pool.take(this.target, { guest, limitMs: outer.limitMs }, deadline.signal);
      visit.session = visit.lease.session;
      visit.phase = 'connecting';
      visit.waitedMs = outer.spentMs;
      // It may end between the turn and what is done with it.
      if (deadline.signal.aborted) visit.lease.undoServing();
      deadline.signal.throwIfAborted();
      return await work(visit);
    } catch (error) {
      // What a sink threw is the caller's own.
      const isOurs = error instanceof RefreshError || error === deadline.signal.reason;
      if (deadline.signal.aborted && isOurs) throw stoppedFailure(phaseToBlame(visit, outer), deadline, outer);
      throw visit.phase === 'deciding' && error instanceof RefreshError ? inWhen(error) : error;
    } finally {
      this.#visits.delete(visit);
      deadline.signal.removeEventListener('abort', end);
      visit.lease?.endRun();
      if (visit.lease !== null) this.#inBackground(this.#cleanUp(visit.lease, guest, visit, outer.limitMs));
    }
  }

  /** The idle connection of the lease if it is still good, else a new one: whoever asks does not notice. */
  async #cleanSession(visit: Visit): Promise<Session> {
    const { session: idle, deadline } = visit;
    if (idle !== null && (await this.#isGood(idle, () => idle.reset(), deadline))) return idle;
    return this.#connect(visit);
  }

  /** Whether an idle connection still answers; else it is gone. */
  async #isGood(idle: Session, step: () => Promise<void>, deadline: Deadline): Promise<boolean> {
    // Half of what is left, so that a connection that fell silent does not cost the run.
    const limitMs = Math.min(this.target.connectTimeoutMs, deadline.leftMs / 2);
    if (await isDone(idle, step, deadline.within(limitMs))) return true;
    await idle.closed;
    return false;
  }

  async #connect(visit: Visit): Promise<Session> {
    visit.session = null;
    const sessions = await this.#server.sessions();
    const session = await sessions.open(this.target, this.#means, visit.deadline);
    visit.session = session;
    if (visit.deadline.signal.aborted) session.destroy();
    return session;
  }

  #mark(query: string, session: Session): RunMark {
    this.#statements += 1;
    // Nothing in a name may end the comment that it stands in.
    const name = query.replace(/[^\w:.-]/g, '_').slice(0, 64);
    const { id: connectionId, address, cancelKey } = session;
    return { connectionId, address, cancelKey, marker: `query-exporter ${name} ${this.#prefix}-${this.#statements}` };
  }

  async #cleanUp(lease: Lease, guest: object | null, { session, mark, isUsed }: Visit, limitMs: number): Promise<void> {
    if (session === null) return lease.giveBack(null);
    if (!session.isDead) {
      // Locks, transactions and temporary tables must not outlive the run on an idle connection.
      using late = new Deadline(realClock, RESET_MS);
      const isClean = !this.#closed && (!isUsed || (await isDone(session, () => session.reset(), late)));
      if (!isClean) await session.quit();
      return lease.giveBack(isClean ? session : null);
    }
    const isConfirmed = mark === null || (await this.#stop(mark, null));
    if (!isConfirmed && guest !== null) this.#server.unconfirmed.add(guest, limitMs);
    await session.closed;
    lease.giveBack(null);
  }

  /** False where the statement may run on. A server that cannot be reached ends by its own limits what is left. */
  async #stop(mark: RunMark, signal: AbortSignal | null): Promise<boolean> {
    const verdict = await this.#server.killer.stop(this.target, mark, this.#means, signal);
    if (verdict !== 'hidden' && verdict !== 'running') return true;
    this.#onUnconfirmedStop();
    return false;
  }

  #inBackground(work: Promise<void>): void {
    this.#cleaningUp.add(work);
    void work.finally(() => this.#cleaningUp.delete(work));
  }
}

/** What is known about a piece of work under way. */
interface Visit {
  /** Of the work, ended early where the driver is closed. */
  readonly deadline: Deadline;
  phase: Phase;
  /** How long it waited for its turn. */
  waitedMs: number;
  lease: Lease | null;
  session: Session | null;
  /** Null while no statement of the run is on the server. */
  mark: RunMark | null;
  /** Whether the session may differ from a new one. */
  isUsed: boolean;
}

function describeHolder({ connectionId }: LockHolder): string {
  return connectionId === '' ? 'another connection' : `connection ${connectionId}`;
}

function inWhen(error: RefreshError): RefreshError {
  return new RefreshError(error.reason, `in when: ${error.message}`, error);
}

/** In front of the statement, where neither a semicolon nor a comment at its end can swallow it. */
function marked(sql: string, { marker }: RunMark): string {
  return `/* ${marker} */ ${sql}`;
}

/** Whether a step succeeds in its time, which is disposed of; a session on which it does not is destroyed. */
async function isDone(session: Session, step: () => Promise<void>, limit: Deadline): Promise<boolean> {
  using time = limit;
  const late = (): void => session.destroy();
  if (time.signal.aborted) late();
  time.signal.addEventListener('abort', late);
  try {
    await step();
    return true;
  } catch {
    session.destroy();
    return false;
  } finally {
    time.signal.removeEventListener('abort', late);
  }
}

/** A connection that had less time than was spent waiting for it says nothing about the server. */
function phaseToBlame({ phase, waitedMs }: Visit, outer: Deadline): Phase {
  return phase === 'connecting' && outer.spentMs - waitedMs < waitedMs ? 'waiting' : phase;
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
