import type { Deadline } from '../../src/model/deadline.ts';
import { RefreshError } from '../../src/model/failure.ts';
import type { RowSink } from '../../src/model/rows.ts';
import type { RunMark } from '../../src/model/run-mark.ts';
import type { Engine } from '../../src/sql/engine.ts';
import { mysql } from '../../src/sql/mysql/mysql-engine.ts';
import type { LockHolder, Session, SessionRun, Sight, Stopper } from '../../src/sql/session.ts';
import { rowOf } from '../support/row-of.ts';

/** What a session does when it is told; it is dead where it rejects. */
export type Act = (session: FakeSession) => Promise<void>;

const nothing: Act = async () => undefined;

/** A database in memory, of which a test sees and sets every connection. */
export class FakeServer {
  readonly engine: Engine;
  /** What was asked of it, in order: `open 1`, `run 1 SELECT 1`, `reset 1`, `quit 1`, `destroy 1`. */
  readonly log: string[] = [];
  readonly open = new Set<FakeSession>();
  mostOpen = 0;
  onOpen: (deadline: Deadline) => Promise<void> = async () => undefined;
  onRun: Act = nothing;
  onReset: Act = nothing;
  onPing: Act = nothing;
  onQuit: Act = nothing;
  /** What the process list shows of a statement, one look after the other; the last one stays. */
  sights: Sight[] = ['gone'];
  /** Who holds the lock of a run, one attempt after the other; then nobody does. */
  holders: LockHolder[] = [];
  onStopper: () => Promise<void> = async () => undefined;
  onStop: () => void = () => undefined;
  #ids = 0;

  constructor(maxSessions: number | null = null) {
    const openSession = async (deadline: Deadline): Promise<FakeSession> => {
      await this.onOpen(deadline);
      this.#ids += 1;
      const session = new FakeSession(this, `${this.#ids}`);
      this.open.add(session);
      this.mostOpen = Math.max(this.mostOpen, this.open.size);
      this.log.push(`open ${session.id}`);
      return session;
    };
    this.engine = {
      ...mysql,
      maxSessions,
      load: async () => ({
        open: (_target, _means, deadline) => openSession(deadline),
        openStopper: async (_target, mark) => {
          await this.onStopper();
          return this.#stopper(mark);
        },
      }),
    };
  }

  #stopper({ connectionId }: RunMark): Stopper {
    this.log.push(`look for ${connectionId}`);
    return {
      look: async () => (this.sights.length > 1 ? this.sights.shift() : this.sights[0]) ?? 'gone',
      stop: async ({ connectionId: id }) => {
        this.log.push(`stop ${id}`);
        this.onStop();
      },
      quit: async () => undefined,
      destroy: () => undefined,
    };
  }
}

export class FakeSession implements Session {
  readonly id: string;
  readonly address = '127.0.0.1:3306';
  readonly cancelKey = null;
  openedMs = performance.now();
  isDead = false;
  readonly closed: Promise<void>;
  readonly #server: FakeServer;
  #underWay: ((error: Error) => void) | null = null;
  #close: () => void = () => undefined;

  constructor(server: FakeServer, id: string) {
    this.#server = server;
    this.id = id;
    this.closed = new Promise((resolve) => {
      this.#close = resolve;
    });
  }

  async run({ sql, lock, onStart }: SessionRun, sink: RowSink): Promise<LockHolder | null> {
    const holder = lock === null ? undefined : this.#server.holders.shift();
    if (holder !== undefined) return holder;
    onStart();
    await this.#do(`run ${this.id} ${sql.replace(/^\/\*.*?\*\/ /, '')}`, this.#server.onRun);
    sink.columns(['n']);
    sink.row(rowOf([this.id]));
    return null;
  }

  async endHolder({ connectionId }: LockHolder): Promise<void> {
    this.#server.log.push(`end holder ${connectionId}`);
  }

  reset(): Promise<void> {
    return this.#do(`reset ${this.id}`, this.#server.onReset);
  }

  ping(): Promise<void> {
    return this.#do(`ping ${this.id}`, this.#server.onPing);
  }

  async quit(): Promise<void> {
    if (this.isDead) return this.closed;
    this.isDead = true;
    this.#server.log.push(`quit ${this.id}`);
    await this.#server.onQuit(this);
    this.#end();
  }

  destroy(): void {
    if (this.isDead) return;
    this.#server.log.push(`destroy ${this.id}`);
    this.lose();
  }

  /** The server closes the connection. */
  lose(): void {
    this.isDead = true;
    this.#underWay?.(new RefreshError('lost', 'the connection was closed', { endedBy: null }));
    this.#end();
  }

  #end(): void {
    this.#server.open.delete(this);
    this.#close();
  }

  #do(what: string, act: Act): Promise<void> {
    this.#server.log.push(what);
    return new Promise((resolve, reject) => {
      this.#underWay = reject;
      act(this).then(resolve, reject);
    });
  }
}

/** Never done by itself. */
export const hangs: Act = () => new Promise(() => undefined);
