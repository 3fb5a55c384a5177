import { randomBytes } from 'node:crypto';
import type { FailureReason, RefreshError } from '../../model/failure.ts';
import type { Target } from '../../model/plan.ts';
import type { RowSink } from '../../model/rows.ts';
import type { Driver, RunMark, RunRequest } from '../driver.ts';
import { formatAddress } from '../../language/address.ts';
import type { Slot } from './budget.ts';
import { connectSession } from './connect.ts';
import { BrokenResult, failure, type Phase, type Subject, TooLarge, toFailure } from './failures.ts';
import type { MysqlServer } from './mysql-server.ts';
import { ResultReader } from './result-reader.ts';
import type { MysqlSession } from './session.ts';
import { sessionSetup } from './session-setup.ts';
import { Stop } from './stop.ts';

/** A server that takes longer to clean up a session loses the connection; nobody waits for it meanwhile. */
const RESET_MS = 5_000;
/** Closing waits this long for statements to be gone from the server. */
const CLOSE_MS = 3_000;

export function createMysqlDriver(target: Target, server: MysqlServer): Driver {
  return new MysqlDriver(target, server);
}

class MysqlDriver implements Driver {
  readonly target: Target;
  readonly #server: MysqlServer;
  /** Marks of different drivers, and of earlier processes, must not be alike. */
  readonly #prefix = randomBytes(4).toString('hex');
  #statements = 0;
  readonly #stops = new Set<Stop>();
  readonly #cleaningUp = new Set<Promise<void>>();
  #closed = false;

  constructor(target: Target, server: MysqlServer) {
    this.target = target;
    this.#server = server;
    server.budget.join(target);
  }

  async run(request: RunRequest, sink: RowSink, signal: AbortSignal): Promise<void> {
    const subject: Subject = { target: this.target, query: request.query };
    const { slow, deadlineMs, timeoutMs } = request;
    const terms: Terms = { slow, sinceMs: deadlineMs - timeoutMs, deadlineMs };
    await this.#withSlot(subject, terms, signal, async (visit, stop) => {
      const session = await this.#cleanSession(visit, stop);
      visit.phase = 'preparing';
      visit.isUsed = true;
      const { leftMs } = stop;
      await session.execute(sessionSetup(session.dialect, { leftMs, slowLog: this.target.slowLog }));
      const mark = this.#mark(request.query, session);
      visit.mark = mark;
      visit.phase = 'init_sql';
      for (const statement of this.target.initSql) await session.execute(marked(statement, mark));
      visit.phase = 'running';
      request.onStart(mark);
      const reader = new ResultReader(request, sink);
      try {
        await session.stream(marked(request.sql, mark), reader);
      } catch (error) {
        throw reader.thrown === null ? error : ownOrThrown(reader.thrown.error);
      }
      visit.mark = null;
      if (reader.sets === 0) throw failure(subject, 'no_result', 'the statement gives no result set');
      if (reader.sets > 1) {
        throw failure(subject, 'query', `the statement gives ${reader.sets} result sets, and only one can be used`);
      }
    });
  }

  async ping(signal: AbortSignal): Promise<void> {
    const subject: Subject = { target: this.target, query: null };
    // The caller's signal is its only deadline.
    const terms: Terms = { slow: false, sinceMs: performance.now(), deadlineMs: Number.POSITIVE_INFINITY };
    await this.#withSlot(subject, terms, signal, async (visit, stop) => {
      const { idle } = visit;
      if (idle !== null && (await isDone(idle, () => idle.ping(), this.target.connectTimeoutMs))) return;
      const session = await this.#connect(visit, stop);
      visit.phase = 'running';
      await session.ping();
    });
  }

  async stopLeftover(mark: RunMark, signal: AbortSignal): Promise<void> {
    if (!signal.aborted) await this.#server.killer.stop(this.target, mark, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const stop of this.#stops) stop.now();
    this.#server.budget.leave(this.target);
    // The runs that were stopped begin to clean up only now.
    await new Promise((resolve) => setImmediate(resolve));
    let late: NodeJS.Timeout | undefined;
    const timeout = new Promise((resolve) => {
      late = setTimeout(resolve, CLOSE_MS);
    });
    await Promise.race([Promise.all(this.#cleaningUp), timeout]);
    clearTimeout(late);
  }

  /** Takes a place in the server's budget for a piece of work, and gives it back when the connection allows it. */
  async #withSlot(
    subject: Subject,
    { slow, sinceMs, deadlineMs }: Terms,
    signal: AbortSignal,
    work: (visit: Visit, stop: Stop) => Promise<void>,
  ): Promise<void> {
    if (this.#closed) throw failure(subject, 'internal', 'the target is no longer in use');
    using stop = new Stop(signal, deadlineMs);
    const visit: Visit = { phase: 'waiting', servedMs: 0, idle: null, session: null, mark: null, isUsed: false };
    const end = (): void => visit.session?.destroy();
    stop.signal.addEventListener('abort', end);
    this.#stops.add(stop);
    let slot: Slot | null = null;
    try {
      slot = await this.#server.budget.take(this.target, slow, stop.signal);
      visit.idle = slot.session;
      visit.session = slot.session;
      visit.phase = 'connecting';
      visit.servedMs = performance.now();
      await work(visit, stop);
    } catch (error) {
      if (error instanceof Thrown) throw error.thrown;
      throw stop.signal.aborted
        ? stopped(subject, phaseToBlame(visit, sinceMs), stop)
        : toFailure(error, visit.phase, subject);
    } finally {
      this.#stops.delete(stop);
      stop.signal.removeEventListener('abort', end);
      if (slot !== null) this.#inBackground(this.#cleanUp(slot, visit));
    }
  }

  /** The idle connection of the slot if it is still good, else a new one: whoever asks does not notice. */
  async #cleanSession(visit: Visit, stop: Stop): Promise<MysqlSession> {
    const { idle } = visit;
    // Half of what is left, so that a connection that fell silent does not cost the run.
    const limitMs = Math.min(this.target.connectTimeoutMs, stop.leftMs / 2);
    if (idle !== null && (await isDone(idle, () => idle.reset(), limitMs))) return idle;
    await idle?.closed;
    return this.#connect(visit, stop);
  }

  async #connect(visit: Visit, stop: Stop): Promise<MysqlSession> {
    visit.session = null;
    visit.session = await connectSession(this.target, this.target.address, this.#server.lookups, stop.signal);
    return visit.session;
  }

  #mark(query: string, session: MysqlSession): RunMark {
    this.#statements += 1;
    // Nothing in a name may end the comment that it stands in.
    const name = query.replace(/[^\w:.-]/g, '_').slice(0, 64);
    return {
      connectionId: session.id,
      address: formatAddress(session.address),
      marker: `query-exporter ${name} ${this.#prefix}-${this.#statements}`,
    };
  }

  async #cleanUp(slot: Slot, { session, mark, isUsed }: Visit): Promise<void> {
    if (session === null) return slot.giveBack(null);
    if (!session.dead) {
      // Locks, transactions and temporary tables must not outlive the run on an idle connection.
      const isClean = !this.#closed && (!isUsed || (await isDone(session, () => session.reset(), RESET_MS)));
      if (!isClean) await session.quit();
      return slot.giveBack(isClean ? session : null);
    }
    if (mark !== null) await this.#server.killer.stop(this.target, mark);
    await session.closed;
    slot.giveBack(null);
  }

  #inBackground(work: Promise<void>): void {
    this.#cleaningUp.add(work);
    void work.finally(() => this.#cleaningUp.delete(work));
  }
}

/** Times are of the monotonic clock. */
interface Terms {
  readonly slow: boolean;
  /** When the waiting began, perhaps before the driver was asked. */
  readonly sinceMs: number;
  readonly deadlineMs: number;
}

/** What is known about a run under way. */
interface Visit {
  phase: Phase;
  /** When the waiting ended. */
  servedMs: number;
  /** The connection that the slot came with. */
  idle: MysqlSession | null;
  session: MysqlSession | null;
  /** Null while no statement of the run is on the server. */
  mark: RunMark | null;
  /** Whether the session may differ from a new one. */
  isUsed: boolean;
}

/** Carries what a sink threw past the classification of errors. */
class Thrown {
  readonly thrown: unknown;

  constructor(thrown: unknown) {
    this.thrown = thrown;
  }
}

/** What ended a run from inside: a cap or a broken result, or else the sink. */
function ownOrThrown(error: unknown): unknown {
  return error instanceof TooLarge || error instanceof BrokenResult ? error : new Thrown(error);
}

/** In front of the statement, where neither a semicolon nor a comment at its end can swallow it. */
function marked(sql: string, { marker }: RunMark): string {
  return `/* ${marker} */ ${sql}`;
}

/** Whether a step succeeds in time; a session on which it does not is destroyed. */
async function isDone(session: MysqlSession, step: () => Promise<void>, limitMs: number): Promise<boolean> {
  const late = setTimeout(() => session.destroy(), limitMs);
  try {
    await step();
    return true;
  } catch {
    session.destroy();
    return false;
  } finally {
    clearTimeout(late);
  }
}

/** A connection that had less time than was spent waiting for it says nothing about the server. */
function phaseToBlame({ phase, servedMs }: Visit, sinceMs: number): Phase {
  const connectingMs = performance.now() - servedMs;
  return phase === 'connecting' && connectingMs < servedMs - sinceMs ? 'waiting' : phase;
}

function stopped(subject: Subject, phase: Phase, stop: Stop): RefreshError {
  const { reason, deadline } = STOPPED[phase];
  return failure(subject, reason, stop.isDeadline ? deadline : 'it was stopped before its end');
}

const AT_WORK = {
  reason: 'timeout',
  deadline: 'it took longer than its timeout and was stopped on the server',
} as const;

const STOPPED: Readonly<Record<Phase, { readonly reason: FailureReason; readonly deadline: string }>> = {
  waiting: {
    reason: 'busy',
    deadline: 'no connection became free within its timeout; raise max_connections or intervals',
  },
  connecting: { reason: 'connect', deadline: 'no connection within its timeout' },
  preparing: AT_WORK,
  init_sql: AT_WORK,
  running: AT_WORK,
};
