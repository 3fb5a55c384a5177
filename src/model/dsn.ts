import type { Address } from './plan.ts';
import type { EngineName } from './words.ts';

/** What a data source name says; null where it says nothing. */
export interface ParsedDsn {
  readonly engine: EngineName;
  readonly address: Address;
  readonly user: string;
  readonly password: string | null;
  readonly database: string;
  readonly connectTimeoutMs: number | null;
  readonly readTimeoutMs: number | null;
  readonly tls: 'off' | 'verify' | 'skip-verify' | null;
}

/** A problem never quotes the DSN, since it may hold a password. */
export type DsnResult =
  | { readonly ok: true; readonly dsn: ParsedDsn }
  | { readonly ok: false; readonly problem: string };
