import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { realClock } from '../src/model/clock.ts';
import { Deadline } from '../src/model/deadline.ts';
import type { Row } from '../src/model/rows.ts';
import { NameLookups } from '../src/sql/pool/name-lookups.ts';
import type { ConnectMeans } from '../src/sql/session.ts';
import { sqliteSessions } from '../src/sql/sqlite/sqlite-sessions.ts';
import { fileTarget } from '../test/sql/sqlite-files.ts';
import { createFolder, removeFolder } from '../test/support/daemon.ts';
import { BALANCE, createAccounts, type JournalMode, startTransfers, TOTAL } from '../test/support/transfers.ts';
import { memoryMb } from './support/process-usage.ts';
import { median, percentile } from './support/statistics.ts';
import { atMost, type Subject, type Value } from './support/subject.ts';

const FILLING_BYTES = 100;
/** About 12 and 205 MB. */
const SIZES = [103_000, 1_760_000] as const;
const MODES: readonly JournalMode[] = ['WAL', 'DELETE'];
const PAUSE_MS = 10;
const MEASURE_MS = 10_000;
const TIMEOUT_MS = 5_000;
const COLUMNS = [
  'answers in 10 s',
  'median in ms',
  'p99 in ms',
  'failures',
  'torn',
  'writes done',
  'writes refused',
] as const;

/** Asks for the total once. */
type Ask = () => Promise<readonly number[]>;

interface Reader extends AsyncDisposable {
  readonly ask: Ask;
  /** Of the process that holds SQLite, where that is another one. */
  readonly memoryMb: () => number | null;
}

const READERS: Readonly<Record<string, (path: string) => Promise<Reader>>> = {
  ours: openOurs,
  'SQLite in process': openInProcess,
};

export const sqlite: Subject = {
  name: 'sqlite',
  about: `Sums over a whole SQLite table, one after the other, beside a process that commits every ${PAUSE_MS} ms and waits for no lock.`,
  async run(bench) {
    const rows: Value[][] = [];
    let torn = 0;
    let failures = 0;
    let mostMemoryMb = 0;
    for (const accounts of SIZES) {
      for (const mode of MODES) {
        const folder = await createFolder('bench-sqlite');
        const path = join(folder, 'bank.db');
        createAccounts(path, accounts, FILLING_BYTES);
        const megabytes = Math.round(statSync(path).size / 1e6);
        for (const [name, open] of Object.entries(READERS)) {
          bench.progress(`sqlite: ${megabytes} MB, ${mode}, ${name}`);
          const measured = await measure(path, mode, accounts, open);
          rows.push([megabytes, mode, name, ...measured.values]);
          if (name !== 'ours') continue;
          torn += measured.torn;
          failures += measured.failures;
          mostMemoryMb = Math.max(mostMemoryMb, measured.memoryMb ?? 0);
        }
        await removeFolder(folder);
      }
    }
    return {
      tables: [{ title: 'One connection', columns: ['MB', 'journal_mode', '', ...COLUMNS], rows }],
      goals: [
        atMost(0, 'of our answers were torn', torn),
        atMost(0, 'of our questions failed', failures),
        atMost(100, 'MB in the process that holds SQLite', mostMemoryMb),
      ],
    };
  },
};

async function measure(path: string, mode: JournalMode, accounts: number, open: (path: string) => Promise<Reader>) {
  await using transfers = await startTransfers(path, accounts, mode, PAUSE_MS);
  await using reader = await open(path);
  await reader.ask();
  const before = { done: transfers.done, refused: transfers.refused };
  const tookMs: number[] = [];
  let torn = 0;
  let failures = 0;
  const endMs = performance.now() + MEASURE_MS;
  for (let startMs = performance.now(); startMs < endMs; startMs = performance.now()) {
    const answer = await reader.ask().catch(() => null);
    if (answer === null) failures += 1;
    else tookMs.push(performance.now() - startMs);
    if (answer !== null && (answer[0] !== accounts || answer[1] !== accounts * BALANCE)) torn += 1;
    // What the writer says is heard in between, also where the reader is in this process.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const writes = [transfers.done - before.done, transfers.refused - before.refused];
  const values: Value[] = [tookMs.length, median(tookMs), percentile(tookMs, 0.99), failures, torn, ...writes];
  return { values, torn, failures, memoryMb: reader.memoryMb() };
}

async function openOurs(path: string): Promise<Reader> {
  using opening = new Deadline(realClock, TIMEOUT_MS);
  const means = { lookups: new NameLookups() } as ConnectMeans;
  const session = await sqliteSessions.open(fileTarget(path), means, opening);
  const ask: Ask = async () => {
    using deadline = new Deadline(realClock, TIMEOUT_MS);
    const numbers: number[] = [];
    const request = { sql: TOTAL, initSql: [], lock: null, maxRows: 1, maxBytes: 1_000, onStart: () => undefined };
    const row = (only: Row) => numbers.push(...only.texts().map(Number));
    await session.run(request, { columns: () => undefined, row }, deadline);
    return numbers;
  };
  return { ask, memoryMb: () => memoryMb(Number(session.id)), [Symbol.asyncDispose]: () => session.quit() };
}

/** As a program would that holds its connection: the library keeps a file open until its statements are collected. */
async function openInProcess(path: string): Promise<Reader> {
  const database = new DatabaseSync(path, { readOnly: true, timeout: TIMEOUT_MS });
  const statement = database.prepare(TOTAL);
  const ask: Ask = async () => {
    const { n, total } = statement.get();
    return [Number(n), Number(total)];
  };
  return { ask, memoryMb: () => null, [Symbol.asyncDispose]: async () => database.close() };
}
