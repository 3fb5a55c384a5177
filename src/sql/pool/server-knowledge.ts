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
] as const;
export type Protection = (typeof PROTECTIONS)[number];

/** What was learned of a server on its connections. */
export interface ServerFacts {
  /** As people write it: `MariaDB 10.11.6`, `PostgreSQL 15.4`. Null: not known yet. */
  readonly version: string | null;
  /** Null: the engine has no such fact, or it is not known yet. */
  readonly role: 'primary' | 'replica' | null;
  /** Whether the user may do everything. Null: not known. */
  readonly isSuperuser: boolean | null;
  /** Why a protection is missing. */
  readonly missing: Readonly<Partial<Record<Protection, string>>>;
}

const NOTHING: ServerFacts = { version: null, role: null, isSuperuser: null, missing: {} };

/** What is learned once for each server, so that no run has to find out again; forgotten with a new version or a reload. */
export class ServerKnowledge {
  #facts = NOTHING;
  readonly #memory = new Map<string, unknown>();
  readonly #onChange: (facts: ServerFacts) => void;

  constructor(onChange: (facts: ServerFacts) => void = () => undefined) {
    this.#onChange = onChange;
  }

  get facts(): ServerFacts {
    return this.#facts;
  }

  /** Another version is another server, of which nothing else is known. */
  learn(facts: Partial<Omit<ServerFacts, 'missing'>>): void {
    const isOther = facts.version !== undefined && facts.version !== this.#facts.version;
    if (isOther && this.#facts.version !== null) this.forget();
    this.#change({ ...this.#facts, ...facts });
  }

  /** A protection that this server does not give, and why; null: it does. */
  lacks(protection: Protection, why: string | null): void {
    if ((this.#facts.missing[protection] ?? null) === why) return;
    const { [protection]: _, ...others } = this.#facts.missing;
    this.#change({ ...this.#facts, missing: why === null ? others : { ...others, [protection]: why } });
  }

  forget(): void {
    this.#memory.clear();
    this.#facts = NOTHING;
  }

  /** What an engine found out and alone understands. */
  recall<T>(key: string): T | undefined {
    return this.#memory.get(key) as T | undefined;
  }

  remember(key: string, value: unknown): void {
    this.#memory.set(key, value);
  }

  #change(facts: ServerFacts): void {
    if (JSON.stringify(facts) === JSON.stringify(this.#facts)) return;
    this.#facts = facts;
    this.#onChange(facts);
  }
}
