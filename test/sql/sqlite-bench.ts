import { realClock } from '../../src/model/clock.ts';
import { Deadline } from '../../src/model/deadline.ts';
import type { RowSink } from '../../src/model/rows.ts';
import { NameLookups } from '../../src/sql/pool/name-lookups.ts';
import type { ConnectMeans, Session, SessionRun } from '../../src/sql/session.ts';
import { sqliteSessions } from '../../src/sql/sqlite/sqlite-sessions.ts';
import { LONG_MS, RowList, SetDeadline } from './driver-bench.ts';
import { fileTarget } from './sqlite-files.ts';

const MEANS = { lookups: new NameLookups() } as ConnectMeans;

/** A session that goes with the test. */
export interface TestSession extends AsyncDisposable {
  readonly session: Session;
  /** Runs a statement and gives what came. */
  ask(sql: string, overrides?: Partial<SessionRun> & { readonly withinMs?: number }): Promise<RowList>;
  /** The first column of the rows that came. */
  askOne(sql: string, overrides?: Partial<SessionRun>): Promise<(string | null)[]>;
  run(sql: string, sink: RowSink, overrides?: Partial<SessionRun> & { readonly withinMs?: number }): Promise<void>;
}

export async function openSession(path: string): Promise<TestSession> {
  using deadline = new Deadline(realClock, LONG_MS);
  const session = await sqliteSessions.open(fileTarget(path, { connectTimeoutMs: LONG_MS }), MEANS, deadline);
  const run: TestSession['run'] = async (sql, sink, { withinMs = LONG_MS, ...overrides } = {}) => {
    // Its clock stands still: what ends in its time does so by itself.
    using limit = new SetDeadline(withinMs);
    const terms = { initSql: [], lock: null, maxRows: 10_000, maxBytes: 16 << 20, onStart: () => undefined };
    const request = { ...terms, sql, ...overrides };
    await session.run(request, sink, limit);
  };
  const ask: TestSession['ask'] = async (sql, overrides) => {
    const list = new RowList();
    await run(sql, list, overrides);
    return list;
  };
  return {
    session,
    run,
    ask,
    askOne: async (sql, overrides) => (await ask(sql, overrides)).rows.map(([first]) => first ?? null),
    [Symbol.asyncDispose]: async () => {
      session.destroy();
      await session.closed;
    },
  };
}
