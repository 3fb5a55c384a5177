import assert from 'node:assert/strict';
import { realClock } from '../../src/model/clock.ts';
import { Deadline } from '../../src/model/deadline.ts';
import { type FailureReason, RefreshError } from '../../src/model/failure.ts';
import type { Connection, Target } from '../../src/model/plan.ts';
import type { Row, RowSink } from '../../src/model/rows.ts';
import type { RunMark } from '../../src/model/run-mark.ts';
import type { TargetName } from '../../src/model/words.ts';
import { NameLookups } from '../../src/sql/pool/name-lookups.ts';
import { ServerKnowledge } from '../../src/sql/pool/server-knowledge.ts';
import { postgresSessions } from '../../src/sql/postgres/postgres-sessions.ts';
import type { ConnectMeans, LockHolder, Session, SessionRun } from '../../src/sql/session.ts';
import { until } from '../support/daemon.ts';

export function meansOf(knowledge = new ServerKnowledge(() => undefined)): ConnectMeans {
  return { lookups: new NameLookups(), knowledge };
}

export type TargetParts = Partial<Connection> & { readonly port?: number; readonly connectTimeoutMs?: number };

export function targetOf({ port = 5432, connectTimeoutMs = 30_000, ...connection }: TargetParts): Target {
  return {
    name: 'db1' as TargetName,
    engine: 'postgres',
    server: `127.0.0.1:${port}`,
    shared: false,
    connection: {
      address: { kind: 'tcp', host: '127.0.0.1', port },
      user: 'test',
      password: { kind: 'text', text: 'test123' },
      database: 'postgres',
      tls: null,
      ...connection,
    },
    groups: [],
    labels: {},
    maxConnections: 2,
    connectTimeoutMs,
    pingIntervalMs: null,
    initSql: [],
  };
}

/** A deadline that no test ends by, however busy the machine is. */
export function never(): Deadline {
  return new Deadline(realClock, Number.POSITIVE_INFINITY);
}

export async function openSession(parts: TargetParts, means = meansOf()): Promise<Session & AsyncDisposable> {
  using deadline = never();
  const session = await postgresSessions.open(targetOf(parts), means, deadline);
  return Object.assign(session, {
    [Symbol.asyncDispose]: async () => {
      session.destroy();
      await session.closed;
    },
  });
}

export class RowList implements RowSink {
  readonly rows: (string | null)[][] = [];
  names: readonly string[] | null = null;

  columns(names: readonly string[]): void {
    this.names = names;
  }

  row(row: Row): void {
    this.rows.push(row.texts());
  }
}

export type RunParts = Partial<SessionRun> & { readonly deadline?: Deadline; readonly sink?: RowSink };

/** One run of a statement, without what a pool does around it. */
export function runOn(session: Session, sql: string, parts: RunParts = {}): Promise<LockHolder | null> {
  const { deadline = never(), sink = new RowList(), ...request } = parts;
  const terms = { initSql: [], lock: null, maxRows: 10_000, maxBytes: 16 * 1024 * 1024, onStart: () => undefined };
  const run = { ...terms, sql, ...request };
  return session.run(run, sink, deadline).finally(() => deadline[Symbol.dispose]());
}

export async function ask(session: Session, sql: string, parts: RunParts = {}): Promise<RowList> {
  const sink = new RowList();
  await runOn(session, sql, { ...parts, sink });
  await session.reset();
  return sink;
}

/** The first row that comes. */
export async function askRow(session: Session, sql: string): Promise<(string | null)[]> {
  return (await ask(session, sql)).rows[0] ?? [];
}

/** A failure after which the session goes on, and is reset. */
export async function refused(
  session: Session,
  sql: string,
  reason: FailureReason,
  parts: RunParts = {},
): Promise<RefreshError> {
  const failure = await assertFails(runOn(session, sql, parts), reason);
  assert.equal(session.isDead, false, failure.message);
  await session.reset();
  return failure;
}

export async function assertFails(work: Promise<unknown>, reason: FailureReason): Promise<RefreshError> {
  const error = await work.then(
    () => assert.fail(`expected a failure of the kind "${reason}"`),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof RefreshError, String(error));
  assert.equal(error.reason, reason, error.message);
  return error;
}

export function markOf(session: Session, marker: string): RunMark {
  return { connectionId: session.id, address: session.address, marker, cancelKey: session.cancelKey };
}

/** Waits for a condition on a server; the time is only there to end a test that hangs. */
export function eventually<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  return until(what, 60_000, look);
}
