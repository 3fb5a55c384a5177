import { Worker } from 'node:worker_threads';
import { RefreshError } from '../../model/failure.ts';
import type { Cell, RowSink } from '../../model/rows.ts';
import type { Batch, Job, JobFailure, Report, ThreadData } from './messages.ts';

/** The thread holds a few batches and small objects; SQLite's own memory is bounded in its library. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 16 };

/** A job ended in a failure that the thread reported; the caller adds which target and query it was. */
export class JobFailed extends Error {
  override readonly name = 'JobFailed';
  readonly failure: JobFailure;

  constructor(failure: JobFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** The caller's side of a thread that holds SQLite over one database. It does one job at a time. */
export class SqliteThread {
  /** Rejects with `JobFailed` where the thread cannot be started. */
  readonly ready: Promise<void>;
  readonly #worker: Worker;
  readonly #taken = new Int32Array(new SharedArrayBuffer(4));
  #start: Settle | null = null;
  #current: CurrentJob | null = null;
  #disturbance: string | null = null;
  #isUsable = true;

  constructor(path: string) {
    this.#worker = new Worker(new URL('./sqlite-worker.js', import.meta.url), {
      name: 'sqlite',
      workerData: { path, taken: this.#taken } satisfies ThreadData,
      resourceLimits: RESOURCE_LIMITS,
      execArgv: [],
    });
    this.ready = new Promise((resolve, reject) => {
      this.#start = { resolve, reject };
    });
    // Nobody may be waiting for it at the moment when it fails.
    this.ready.catch(() => undefined);
    this.#worker.on('message', (report: Report) => this.#take(report));
    this.#worker.on('error', (error) => this.#fail(`its thread failed: ${error.message}`));
    this.#worker.on('exit', () => this.#fail('its thread ended'));
  }

  /** False once the thread has ended or must be ended. */
  get isUsable(): boolean {
    return this.#isUsable;
  }

  /** Why the present job must try again; null where nothing is in its way. */
  get disturbance(): string | null {
    return this.#disturbance;
  }

  /** Rejects with `JobFailed`, or with what the sink threw; then the thread must be ended. */
  perform(job: Job, sink: RowSink | null): Promise<void> {
    this.#disturbance = null;
    return new Promise((resolve, reject) => {
      this.#current = { sink, resolve, reject, cells: [] };
      this.#worker.postMessage(job);
    });
  }

  /** Stops whatever goes on; resolves when the thread and its memory are gone. */
  async end(): Promise<void> {
    this.#isUsable = false;
    this.#current = null;
    await this.#worker.terminate();
  }

  #take(report: Report): void {
    switch (report.kind) {
      case 'ready':
        this.#start?.resolve();
        return;
      case 'disturbed':
        this.#disturbance = report.why;
        return;
      case 'columns':
        this.#deliver((job) => {
          job.cells = new Array<Cell>(report.names.length).fill(null);
          job.sink?.columns(report.names);
        });
        return;
      case 'batch':
        this.#deliver((job) => deliverRows(report.batch, job));
        Atomics.add(this.#taken, 0, 1);
        Atomics.notify(this.#taken, 0);
        return;
      case 'done':
        this.#isUsable &&= !report.worn;
        this.#settle()?.resolve();
        return;
      case 'failed':
        this.#isUsable &&= !report.worn;
        this.#settle()?.reject(new JobFailed(report.failure));
        return;
      default:
        report satisfies never;
    }
  }

  #deliver(give: (job: CurrentJob) => void): void {
    if (this.#current === null) return;
    try {
      give(this.#current);
    } catch (error) {
      // The statement is still running and the thread does not listen.
      this.#isUsable = false;
      this.#settle()?.reject(error);
    }
  }

  #settle(): CurrentJob | null {
    const job = this.#current;
    this.#current = null;
    return job;
  }

  #fail(message: string): void {
    this.#isUsable = false;
    this.#start?.reject(new JobFailed({ reason: 'connect', message, errno: null }));
    this.#settle()?.reject(new JobFailed({ reason: 'lost', message, errno: null }));
  }
}

interface Settle {
  resolve(): void;
  reject(error: unknown): void;
}

interface CurrentJob extends Settle {
  readonly sink: RowSink | null;
  /** One array for all rows: the sink keeps nothing. */
  cells: Cell[];
}

function deliverRows({ lengths, bytes }: Batch, { cells, sink }: CurrentJob): void {
  let position = 0;
  for (let next = 0; next < lengths.length; next += cells.length) {
    for (let column = 0; column < cells.length; column++) {
      const length = lengths[next + column] ?? -1;
      cells[column] = length < 0 ? null : bytes.subarray(position, position + length);
      if (length > 0) position += length;
    }
    sink?.row(cells);
  }
}

/** As an error of the driver, with what it was about. */
export function toRefreshError(error: unknown, about: string): unknown {
  if (!(error instanceof JobFailed)) return error;
  const { reason, message, errno } = error.failure;
  return new RefreshError(reason, `${about}: ${message}`, { errno, cause: error });
}
