import { type FailureReason, RefreshError } from '../../model/failure.ts';

/** What was being done: `connect` is all that comes before the first statement. */
export type Step = 'connect' | 'init_sql' | 'statement';

export const BUSY = 5;
export const READ_ONLY = 8;

/** By SQLite's words for a result code, since the library leaves the code out where a statement was running. */
const KNOWN: Readonly<
  Record<string, { readonly code: number; readonly reason: FailureReason; readonly why?: string }>
> = {
  'database is locked': { code: BUSY, reason: 'timeout', why: 'another process holds a lock on the file' },
  'out of memory': { code: 7, reason: 'too_large' },
  'attempt to write a readonly database': { code: READ_ONLY, reason: 'read_only' },
  'disk I/O error': { code: 10, reason: 'lost' },
  'string or blob too big': { code: 18, reason: 'too_large', why: 'a value has more bytes than max_bytes allows' },
  'too many attached databases - max 0': { code: 1, reason: 'query', why: 'a target is one file, so this is refused' },
};

export function toRefreshError(error: unknown, step: Step): RefreshError {
  if (error instanceof RefreshError) return error;
  const { message, code, errcode } = error as Error & { code?: string; errcode?: number };
  if (code !== 'ERR_SQLITE_ERROR') return new RefreshError('internal', message, { cause: error });
  const known = KNOWN[message];
  // A write was interrupted, or there is a log without its index.
  const why =
    step === 'connect' && known?.reason === 'read_only' ? 'a program that may write must open it' : known?.why;
  const text = [step === 'init_sql' ? step : '', message, why ?? ''].filter((part) => part !== '').join(': ');
  const reason = known?.reason ?? 'query';
  const early = step === 'connect' ? 'connect' : 'query';
  return new RefreshError(step === 'statement' || reason === 'timeout' ? reason : early, text, {
    errno: known?.code ?? errcode ?? null,
    endedBy: step === 'connect' ? null : 'server',
    cause: error,
  });
}
