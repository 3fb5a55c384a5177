/** What protects a server from what we ask of it. Each is there, or it is said once that it is not. */
export const PROTECTIONS = [
  /** The server ends a statement at its deadline by itself. */
  'deadline',
  /** A statement that must not go on is seen, and seen to end. */
  'kill',
  /** The server bounds the wait for a lock. */
  'lock_wait',
  /** The server refuses to write. */
  'read_only',
  /** A session is taken back to its first state without a new connection. */
  'reset',
  /** The server keeps the runs of several exporters apart. Of no meaning where nobody asks for it. */
  'guard',
] as const;
export type Protection = (typeof PROTECTIONS)[number];

export const ROLES = ['primary', 'replica'] as const;
export type Role = (typeof ROLES)[number];

/** A version that can be compared. */
export interface Release {
  /** One of the products that the engine's description names. */
  readonly product: string;
  readonly numbers: readonly number[];
}

/** What was learned of a server on its connections. */
export interface ServerFacts {
  /** As people write it: `MariaDB 10.11.6`, `PostgreSQL 15.4`. Null: not known yet. */
  readonly version: string | null;
  /** The same, to be compared. */
  readonly release: Release | null;
  /** Null: the engine has no such fact, or it is not known yet. */
  readonly role: Role | null;
  /** Whether the user may do everything. Null: not known. */
  readonly isSuperuser: boolean | null;
  /** Whether runs ask for a guard. */
  readonly isGuarded: boolean;
  /** Why a protection is missing. */
  readonly missing: Readonly<Partial<Record<Protection, string>>>;
}

/** Before the first connection. */
export const NO_FACTS: ServerFacts = {
  version: null,
  release: null,
  role: null,
  isSuperuser: null,
  isGuarded: false,
  missing: {},
};
