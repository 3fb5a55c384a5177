import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { Deadline } from '../../src/model/deadline.ts';
import { type FailureReason, RefreshError } from '../../src/model/failure.ts';
import type { Row, RowSink } from '../../src/model/rows.ts';
import type { RunMark } from '../../src/model/run-mark.ts';
import type { Driver, NotSent, RunRequest } from '../../src/sql/driver.ts';
import { SetClock } from '../refresh/set-clock.ts';

/** Keeps a result as text, cell by cell. */
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

/** Above this a run counts as slow. */
const QUICK_MS = 10_000;
/** No statement ends by itself within this, nor by a limit of the server that was made of it. */
export const LONG_MS = 600_000;

/** A deadline by a clock that stands still until the test moves it. */
export class SetDeadline extends Deadline {
  readonly clock: SetClock;

  constructor(limitMs = QUICK_MS, clock = new SetClock()) {
    super(clock, limitMs);
    this.clock = clock;
  }

  /** Its time is over, and that of everything that it gave. */
  expire(): void {
    this.clock.passQuickly(this.leftMs);
  }
}

/** Never ends; shared by all runs of a test. */
export const NEVER: Deadline = new SetDeadline();

export function requestOf(sql: string, overrides: Partial<RunRequest> = {}): RunRequest {
  return {
    sql,
    when: null,
    guard: null,
    query: 'orders',
    guest: {},
    maxRows: 10_000,
    maxBytes: 16 * 1024 * 1024,
    onTurn: () => undefined,
    onStart: () => undefined,
    ...overrides,
  };
}

/** Runs a statement and gives what came. */
export async function ask(
  driver: Driver,
  sql: string,
  overrides: Partial<RunRequest> = {},
  deadline = NEVER,
): Promise<RowList> {
  const list = new RowList();
  await driver.run(requestOf(sql, overrides), list, deadline);
  return list;
}

/** Why a statement is not sent. */
export function notSent(
  driver: Driver,
  sql: string,
  overrides: Partial<RunRequest> = {},
  deadline = NEVER,
): Promise<NotSent | null> {
  return driver.run(requestOf(sql, overrides), new RowList(), deadline);
}

/** The first column of the rows that came. */
export async function askOne(
  driver: Driver,
  sql: string,
  overrides: Partial<RunRequest> = {},
  deadline = NEVER,
): Promise<(string | null)[]> {
  return (await ask(driver, sql, overrides, deadline)).rows.map((row) => row[0] ?? null);
}

/** A promise of the moment in which a run sends its statement. */
export function watchStart(): { readonly started: Promise<RunMark>; readonly onStart: (mark: RunMark) => void } {
  let onStart: (mark: RunMark) => void = () => undefined;
  const started = new Promise<RunMark>((resolve) => {
    onStart = resolve;
  });
  return { started, onStart };
}

/** A hung test fails after this. It is no measure: on a busy machine everything may take long. */
const HUNG_MS = 30_000;

/** Looks again and again until a value is as wanted, and fails with the last one where that never happens. */
export async function eventually<T>(look: () => Promise<T> | T, isWanted: (value: T) => boolean): Promise<T> {
  const startedMs = performance.now();
  for (;;) {
    const value = await look();
    if (isWanted(value)) return value;
    if (performance.now() - startedMs > HUNG_MS) throw new Error(`it stays at ${inspect(value)}`);
    await sleep(10);
  }
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
