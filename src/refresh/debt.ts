import type { Failure } from '../model/failure.ts';

/** Why a run that did not do its work is owed. A hung one only is where the target turns out to be down. */
export interface Debt {
  readonly kind: 'unreached' | 'lost' | 'hung';
  readonly dueAtMs: number;
  /** The target has answered since. */
  readonly isPayable: boolean;
}

/** What a run that failed makes owed. `repays`: what it was made for. */
export function owedAfter({ reason, endedBy }: Failure, repays: Debt | null): Debt['kind'] | null {
  if (reason === 'connect' || reason === 'auth') return 'unreached';
  // Made up once: somebody may be killing it on purpose.
  if (reason === 'lost' && repays?.kind !== 'lost') return 'lost';
  return reason === 'timeout' && endedBy !== 'server' ? 'hung' : null;
}
