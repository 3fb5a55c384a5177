import { type FailureReason, RefreshError } from '../../model/failure.ts';

/** What was being done: `connect` is all that comes before the first statement. */
export type Step = 'connect' | 'init_sql' | 'statement';

export const BUSY = 5;
export const READ_ONLY = 8;

/** By SQLite's words for a result code, since the library leaves the code out where a statement was running. */
const KNOWN: Readonly<Record<string, readonly [code: number, reason: FailureReason, why?: string]>> = {
  'database is locked': [BUSY, 'timeout', 'another process holds a lock on the file'],
  'out of memory': [7, 'too_large'],
  'attempt to write a readonly database': [READ_ONLY, 'read_only'],
  'disk I/O error': [10, 'lost'],
  'string or blob too big': [18, 'too_large', 'a value has more bytes than max_bytes allows'],
  'too many attached databases - max 0': [1, 'query', 'a target is one file, so this is refused'],
  'cannot VACUUM from within a transaction': [1, 'query', 'a target is one file, so this is refused'],
};

export function toRefreshError(error: unknown, step: Step): RefreshError {
  if (error instanceof RefreshError) return error;
  const { message, code, errcode } = error as Error & { code?: string; errcode?: number };
  if (code !== 'ERR_SQLITE_ERROR') return new RefreshError('internal', message, { cause: error });
  const [errno = errcode ?? null, reason = 'query', hint = ''] = KNOWN[message] ?? [];
  // A write was interrupted, or there is a log without its index.
  const why = step === 'connect' && reason === 'read_only' ? 'a program that may write must open it' : hint;
  const text = [step === 'init_sql' ? step : '', message, why].filter((part) => part !== '').join(': ');
  const early = step === 'connect' ? 'connect' : 'query';
  return new RefreshError(step === 'statement' || reason === 'timeout' ? reason : early, text, {
    errno,
    endedBy: step === 'connect' ? null : 'server',
    cause: error,
  });
}
