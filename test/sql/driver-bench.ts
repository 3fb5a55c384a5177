import assert from 'node:assert/strict';
import { setMaxListeners } from 'node:events';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { type FailureReason, RefreshError } from '../../src/model/failure.ts';
import type { Cell, RowSink } from '../../src/model/rows.ts';
import type { Driver, RunMark, RunRequest } from '../../src/sql/driver.ts';

/** Keeps a result as text, cell by cell. */
export class RowList implements RowSink {
  readonly rows: (string | null)[][] = [];
  names: readonly string[] | null = null;

  columns(names: readonly string[]): void {
    this.names = names;
  }

  row(cells: readonly Cell[]): void {
    this.rows.push(cells.map((cell) => (cell === null ? null : Buffer.from(cell).toString())));
  }
}

/** Shared by all runs of a test, which the runtime would take for a leak. */
export const NEVER = new AbortController().signal;
setMaxListeners(0, NEVER);

export function requestOf(
  sql: string,
  overrides: Partial<RunRequest> & { readonly withinMs?: number } = {},
): RunRequest {
  const { withinMs = 10_000, ...rest } = overrides;
  return {
    sql,
    query: 'orders',
    deadlineMs: performance.now() + withinMs,
    timeoutMs: withinMs,
    slow: false,
    maxRows: 10_000,
    maxBytes: 16 * 1024 * 1024,
    onStart: () => undefined,
    ...rest,
  };
}

/** Runs a statement and gives what came. */
export async function ask(
  driver: Driver,
  sql: string,
  overrides: Partial<RunRequest> & { readonly withinMs?: number } = {},
): Promise<RowList> {
  const list = new RowList();
  await driver.run(requestOf(sql, overrides), list, NEVER);
  return list;
}

/** The first column of the rows that came. */
export async function askOne(
  driver: Driver,
  sql: string,
  overrides: Partial<RunRequest> & { readonly withinMs?: number } = {},
): Promise<(string | null)[]> {
  return (await ask(driver, sql, overrides)).rows.map((row) => row[0] ?? null);
}

/** A promise of the moment in which a run sends its statement. */
export function watchStart(): { readonly started: Promise<RunMark>; readonly onStart: (mark: RunMark) => void } {
  let onStart: (mark: RunMark) => void = () => undefined;
  const started = new Promise<RunMark>((resolve) => {
    onStart = resolve;
  });
  return { started, onStart };
}

export async function elapsedMs(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

/** Looks again and again until a value is as wanted, and fails with the last one if that takes too long. */
export async function eventually<T>(
  look: () => Promise<T> | T,
  isWanted: (value: T) => boolean,
  withinMs = 1_000,
): Promise<T> {
  const startedMs = performance.now();
  for (;;) {
    const value = await look();
    if (isWanted(value)) return value;
    if (performance.now() - startedMs > withinMs) {
      throw new Error(`not within ${withinMs} ms; the last value is ${inspect(value)}`);
    }
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
