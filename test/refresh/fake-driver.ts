import type { Deadline } from '../../src/model/deadline.ts';
import { type FailureReason, RefreshError } from '../../src/model/failure.ts';
import type { Target } from '../../src/model/plan.ts';
import type { RowSink } from '../../src/model/rows.ts';
import { NO_FACTS } from '../../src/model/server-facts.ts';
import type { Driver, Drivers, NotSent, RunRequest } from '../../src/sql/driver.ts';
import { ConnectionPool, POOL_OPTIONS } from '../../src/sql/pool/connection-pool.ts';
import { Semaphore } from '../../src/sql/pool/semaphore.ts';
import { rowOf } from '../support/row-of.ts';

/** What a run or a ping of a fake does; it resolves, rejects, or waits for the signal. */
export type Behaviour = (signal: AbortSignal) => Promise<void>;

export const answers: Behaviour = async () => {};

export function fails(reason: FailureReason, errno: number | null = null): Behaviour {
  return async () => {
    throw new RefreshError(reason, `the server said ${reason}`, { errno, endedBy: errno === null ? null : 'server' });
  };
}

/** Never answers; ends with the signal, as a driver must. */
export function hangs(reason: FailureReason = 'timeout'): Behaviour {
  return (signal) =>
    new Promise((_, reject) => {
      const stop = () => reject(new RefreshError(reason, 'no answer within the time'));
      if (signal.aborted) stop();
      signal.addEventListener('abort', stop, { once: true });
    });
}

/** Answers when the test says so. */
export function gated(): { readonly behaviour: Behaviour; readonly open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const behaviour: Behaviour = (signal) => Promise.race([opened, hangs()(signal)]);
  return { behaviour, open: () => open() };
}

/** A target in memory behind the queue of its server. Tests replace its behaviour and read what was asked of it. */
export class FakeDriver implements Driver {
  readonly target: Target;
  onRun: Behaviour = answers;
  onPing: Behaviour = answers;
  /** The values of column `n` of every result. */
  values: readonly string[] = ['1'];
  /** What `run` says of the query's `when`. */
  whyNot: string | null = null;
  /** What `run` says of the lock of its guard. */
  guarded: string | null = null;
  /** Whose turn it was. */
  readonly asked: RunRequest[] = [];
  pings = 0;
  running = 0;
  mostRunning = 0;

  readonly facts = NO_FACTS;
  readonly #pool: ConnectionPool;

  constructor(target: Target, pool = new ConnectionPool(new Semaphore(64), null, POOL_OPTIONS)) {
    this.target = target;
    this.#pool = pool;
    pool.join(target);
  }

  async run(request: RunRequest, sink: RowSink, { signal, limitMs }: Deadline): Promise<NotSent | null> {
    const { guest, onTurn, onStart, query } = request;
    const lease = await this.#pool.take(this.target, { guest, limitMs }, signal).catch(() => {
      throw new RefreshError('busy', 'no connection became free');
    });
    try {
      onTurn();
      this.asked.push(request);
      if (request.when !== null && this.whyNot !== null) return { kind: 'not_applicable', why: this.whyNot };
      if (request.guard !== null && this.guarded !== null) return { kind: 'guarded', why: this.guarded };
      this.running += 1;
      this.mostRunning = Math.max(this.mostRunning, this.running);
      try {
        onStart({ connectionId: '7', address: this.target.name, marker: query, cancelKey: null });
        await this.onRun(signal);
        sink.columns(['n']);
        for (const value of this.values) sink.row(rowOf([value]));
        return null;
      } finally {
        this.running -= 1;
      }
    } finally {
      lease.endRun();
      lease.giveBack(null);
    }
  }

  forget(): void {}

  async ping({ signal }: Deadline): Promise<void> {
    this.pings += 1;
    await this.onPing(signal);
  }

  async stopLeftover(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}
}

export class FakeDrivers implements Drivers {
  readonly #drivers = new Map<string, FakeDriver>();
  readonly #pools = new Map<string, ConnectionPool>();
  readonly #running: Semaphore;

  constructor(maxRunning: number) {
    this.#running = new Semaphore(maxRunning);
  }

  driverFor(target: Target): FakeDriver {
    const key = JSON.stringify(target);
    const known = this.#drivers.get(key);
    if (known !== undefined) return known;
    const pool = this.#pools.get(target.server) ?? new ConnectionPool(this.#running, null, POOL_OPTIONS);
    this.#pools.set(target.server, pool);
    const driver = new FakeDriver(target, pool);
    this.#drivers.set(key, driver);
    return driver;
  }

  replaceTargets(): void {}

  async close(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}
}
