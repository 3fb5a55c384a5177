import type { RefreshError } from '../../model/failure.ts';

/** What the process that holds SQLite is asked. Each job ends with `done` or `failed`. */
export type Job = {
  readonly maxBytes: number;
  /** How long a lock of another process is waited for. */
  readonly busyMs: number;
} & ({ readonly kind: 'ping' } | { readonly kind: 'run'; readonly sql: string; readonly initSql: readonly string[] });

export type Values = readonly (string | Uint8Array | null)[];

/** What it answers. */
export type Report =
  | { readonly kind: 'started' | 'done' }
  | { readonly kind: 'columns'; readonly names: readonly string[] }
  | { readonly kind: 'rows'; readonly rows: readonly Values[] }
  | ({ readonly kind: 'failed' } & Pick<RefreshError, 'reason' | 'message' | 'errno' | 'endedBy'>);
