import type { Tls } from '../model/plan.ts';

/** What a data source name, or a key that only one engine takes, says about a connection; null where it says nothing. */
export interface GivenConnection {
  readonly host: string | null;
  readonly port: number | null;
  /** An absolute path. */
  readonly socket: string | null;
  readonly user: string | null;
  readonly password: string | null;
  /** Of an engine whose databases are files: the path. */
  readonly database: string | null;
  readonly connectTimeoutMs: number | null;
  readonly tls: GivenTls;
}

/** Paths are absolute, or as in a data source name relative to the configuration. */
export interface GivenTls {
  readonly mode: 'off' | Tls['mode'] | null;
  readonly caFile: string | null;
  readonly certFile: string | null;
  readonly keyFile: string | null;
}

export const NO_TLS_GIVEN: GivenTls = { mode: null, caFile: null, certFile: null, keyFile: null };

export const NOTHING_GIVEN: GivenConnection = {
  host: null,
  port: null,
  socket: null,
  user: null,
  password: null,
  database: null,
  connectTimeoutMs: null,
  tls: NO_TLS_GIVEN,
};
