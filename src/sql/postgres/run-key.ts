import type { RunMark } from '../session.ts';
import type { CancelKey } from './cancel-request.ts';

/** What finds and cancels a statement, as it stands in a mark. */
export interface RunKey extends CancelKey {
  /** See `Backend`. */
  readonly place: string | null;
}

const FORM = /^(-?\d{1,10}) (-?\d{1,10}) ([\da-f]{16}|-)$/;

export function formatRunKey({ processId, secret, place }: RunKey): string {
  return `${processId} ${secret} ${place ?? '-'}`;
}

/** Null: it is no mark of ours. It becomes part of statements, and it may come back over another thread. */
export function parseRunKey({ cancelKey, marker }: RunMark): RunKey | null {
  const match = FORM.exec(cancelKey ?? '');
  if (match === null || !/^[\w :.-]+$/.test(marker)) return null;
  const place = match[3] ?? '-';
  return { processId: Number(match[1]), secret: Number(match[2]), place: place === '-' ? null : place };
}
