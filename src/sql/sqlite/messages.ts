import type { FailureReason } from '../../model/failure.ts';

/** What the thread of a target is started with. */
export interface ThreadData {
  readonly path: string;
  /** One number: how many batches the caller has taken, over the life of the thread. */
  readonly taken: Int32Array;
}

/** What the thread is asked. */
export type Job =
  | {
      readonly kind: 'run';
      readonly sql: string;
      readonly initSql: readonly string[];
      readonly maxRows: number;
      readonly maxBytes: number;
    }
  | { readonly kind: 'ping' };

/** What the thread says: once `ready`, and for every job any number of the middle ones and one of the last two. */
export type Report =
  | { readonly kind: 'ready' }
  /** A writer is at work; the thread tries again until it succeeds or is ended. */
  | { readonly kind: 'disturbed'; readonly why: string }
  | { readonly kind: 'columns'; readonly names: readonly string[] }
  | { readonly kind: 'batch'; readonly batch: Batch }
  | { readonly kind: 'done'; readonly worn: boolean }
  | { readonly kind: 'failed'; readonly failure: JobFailure; readonly worn: boolean };

/** Some rows, cell after cell. Its buffers are handed over, not copied. */
export interface Batch {
  /** Of every cell; -1 for NULL. */
  readonly lengths: Int32Array<ArrayBuffer>;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface JobFailure {
  readonly reason: FailureReason;
  readonly message: string;
  /** SQLite's result code. */
  readonly errno: number | null;
}
