import { NO_FACTS, type Protection, type ServerFacts } from '../../model/server-facts.ts';

/**
 * What is learned once for each target, so that no run has to find out again; forgotten with a new version or a reload. Of
 * targets on one server each learns for itself, since much of it depends on the user.
 */
export class ServerKnowledge {
  #facts = NO_FACTS;
  readonly #memory = new Map<string, unknown>();
  readonly #onChange: (facts: ServerFacts) => void;

  constructor(onChange: (facts: ServerFacts) => void) {
    this.#onChange = onChange;
  }

  get facts(): ServerFacts {
    return this.#facts;
  }

  /** Another version is another server, of which nothing else is known. */
  learn(facts: Partial<Omit<ServerFacts, 'missing'>>): void {
    const { version } = this.#facts;
    const isOther = version !== null && facts.version !== undefined && facts.version !== version;
    if (isOther) this.#memory.clear();
    this.#change({ ...(isOther ? NO_FACTS : this.#facts), ...facts });
  }

  /** A protection that this server does not give, and why; null: it does. */
  lacks(protection: Protection, why: string | null): void {
    if ((this.#facts.missing[protection] ?? null) === why) return;
    const { [protection]: _, ...others } = this.#facts.missing;
    this.#change({ ...this.#facts, missing: why === null ? others : { ...others, [protection]: why } });
  }

  /** What the server is, its open connections know and say no second time. */
  forget(): void {
    this.#memory.clear();
    this.#facts = { ...this.#facts, missing: {} };
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
