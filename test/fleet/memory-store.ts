import type { FleetStore, News, NewsItem, Renewal, StateToKeep } from '../../src/fleet/fleet-store.ts';
import type { Member } from '../../src/model/fleet-terms.ts';

/** What several replicas share: an engine in memory whose time and whose faults a test sets. */
export class MemoryEngine {
  nowMs = 1_000_000;
  isDown = false;
  sessions = 1;
  leases = new Map<string, Expiring<string>>();
  members = new Map<string, Expiring<Member>>();
  /** Since when it is renewed; null: it is not known. */
  unbroken: Expiring<number> | null = null;
  states = new Map<string, Uint8Array>();
  news: NewsItem[] = [];

  /** It comes back and knows nothing. */
  restartEmpty(): void {
    this.sessions += 1;
    this.unbroken = null;
    this.leases.clear();
    this.members.clear();
    this.states.clear();
    this.news = [];
  }

  openStore(self: string): FleetStore {
    return new MemoryStore(this, self);
  }
}

interface Expiring<Value> {
  readonly value: Value;
  readonly untilMs: number;
}

class MemoryStore implements FleetStore {
  readonly #engine: MemoryEngine;
  readonly #self: string;
  #session = 0;

  constructor(engine: MemoryEngine, self: string) {
    this.#engine = engine;
    this.#self = self;
  }

  get session(): number {
    return this.#session;
  }

  async renew(self: Member | null, servers: readonly string[], leaseMs: number): Promise<Renewal> {
    const engine = this.#up();
    const { members, leases, nowMs } = engine;
    const sinceMs = engine.unbroken !== null && engine.unbroken.untilMs > nowMs ? engine.unbroken.value : nowMs;
    engine.unbroken = this.#expiring(sinceMs, leaseMs / 2);
    if (self !== null) members.set(self.id, this.#expiring(self, leaseMs));
    const others = servers.filter((server) => {
      const isOthers = (this.#owner(server) ?? this.#self) !== this.#self;
      if (!isOthers) leases.set(server, this.#expiring(this.#self, leaseMs));
      return isOthers;
    });
    return { others, unbrokenMs: nowMs - sinceMs };
  }

  async members(): Promise<{ readonly members: readonly Member[]; readonly nowMs: number }> {
    const { members, nowMs } = this.#up();
    const there = [...members.values()].filter(({ untilMs }) => untilMs > nowMs);
    return { members: there.map(({ value }) => value), nowMs };
  }

  async owners(servers: readonly string[]): Promise<readonly (string | null)[]> {
    this.#up();
    return servers.map((server) => this.#owner(server));
  }

  async claim(servers: readonly string[], leaseMs: number): Promise<readonly string[]> {
    const { leases } = this.#up();
    const free = servers.filter((server) => this.#owner(server) === null);
    for (const server of free) leases.set(server, this.#expiring(this.#self, leaseMs));
    return free;
  }

  async release(servers: readonly string[]): Promise<void> {
    const { leases, news, nowMs } = this.#up();
    for (const server of servers) if (this.#owner(server) === this.#self) leases.delete(server);
    news.push({ by: this.#self, atMs: nowMs, id: null });
  }

  async leave(): Promise<void> {
    this.#up().members.delete(this.#self);
  }

  async write(server: string, { id, body }: StateToKeep): Promise<boolean> {
    const { states, news, nowMs } = this.#up();
    if (this.#owner(server) !== this.#self) return false;
    states.set(id, body);
    news.push({ by: this.#self, atMs: nowMs, id });
    return true;
  }

  async beginnings(ids: readonly string[], bytes: number): Promise<readonly (string | null)[]> {
    const { states } = this.#up();
    return ids.map((id) => Buffer.from(states.get(id)?.subarray(0, bytes) ?? []).toString('latin1') || null);
  }

  async read(ids: readonly string[]): Promise<readonly (Uint8Array | null)[]> {
    const { states } = this.#up();
    return ids.map((id) => states.get(id) ?? null);
  }

  async latest(): Promise<string> {
    return String(this.#up().news.length);
  }

  async newsAfter(place: string): Promise<News> {
    // Who follows the news leaves turns to the others.
    await new Promise((resolve) => setImmediate(resolve));
    const { news } = this.#up();
    const items = news.slice(Number(place)).filter(({ by }) => by !== this.#self);
    return { place: String(news.length), hasGap: false, items };
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #up(): MemoryEngine {
    if (this.#engine.isDown) throw new Error('the engine does not answer');
    // As a client that connects again when it is used.
    this.#session = this.#engine.sessions;
    return this.#engine;
  }

  #owner(server: string): string | null {
    const { leases, nowMs } = this.#engine;
    const lease = leases.get(server);
    return lease === undefined || lease.untilMs <= nowMs ? null : lease.value;
  }

  #expiring<Value>(value: Value, ms: number): Expiring<Value> {
    return { value, untilMs: this.#engine.nowMs + ms };
  }
}
