import { parentPort, workerData } from 'node:worker_threads';
import { RefreshError } from '../../model/failure.ts';
import { Disturbed } from './database-mark.ts';
import type { Batch, Job, JobFailure, Report, ThreadData } from './messages.ts';
import { SqliteSession } from './sqlite-session.ts';

/** Batches on their way; the next one waits until the caller has taken one. */
const MAX_UNTAKEN = 4;
/** A writer's transaction is usually over within milliseconds; one that lasts is not asked after too often. */
const FIRST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 100;

const { path, taken } = workerData as ThreadData;
const pause = new Int32Array(new SharedArrayBuffer(4));
const session = new SqliteSession(path);
let handedOver = 0;

parentPort?.on('message', (job: Job) => report(perform(job)));
report({ kind: 'ready' });

function perform(job: Job): Report {
  try {
    performUndisturbed(job);
    return { kind: 'done', worn: session.isWorn };
  } catch (error) {
    // What is no RefreshError is a trap in the WebAssembly or a fault of ours: this memory cannot be trusted any more.
    const worn = session.isWorn || !(error instanceof RefreshError);
    return { kind: 'failed', failure: toFailure(error), worn };
  }
}

/** Tries until no writer comes between. The caller ends the thread at the deadline. */
function performUndisturbed(job: Job): void {
  for (let attempt = 0; ; attempt++) {
    try {
      session.perform(job, output, attempt > 0);
      return;
    } catch (error) {
      if (!(error instanceof Disturbed)) throw error;
      if (attempt === 0) report({ kind: 'disturbed', why: error.message });
      Atomics.wait(pause, 0, 0, Math.min(FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS));
    }
  }
}

const output = {
  columns: (names: readonly string[]): void => report({ kind: 'columns', names }),
  batch: (batch: Batch): void => {
    for (let seen = Atomics.load(taken, 0); handedOver - seen >= MAX_UNTAKEN; seen = Atomics.load(taken, 0)) {
      Atomics.wait(taken, 0, seen);
    }
    handedOver++;
    parentPort?.postMessage({ kind: 'batch', batch } satisfies Report, [batch.lengths.buffer, batch.bytes.buffer]);
  },
};

function report(message: Report): void {
  parentPort?.postMessage(message);
}

function toFailure(error: unknown): JobFailure {
  if (error instanceof RefreshError) return { reason: error.reason, message: error.message, errno: error.errno };
  return { reason: 'internal', message: error instanceof Error ? error.message : String(error), errno: null };
}
