import assert from 'node:assert/strict';
import { Tenure } from '../../src/fleet/tenure.ts';
import { createRecordLogger } from '../../src/logger.ts';
import type { ShareChange } from '../../src/model/fleet-terms.ts';
import { Lease } from '../../src/model/lease.ts';
import { MemoryEngine } from './memory-store.ts';

export const LEASE_MS = 10_000;
export const STEP_MS = 500;

/** Replicas that step every half second of a set clock. */
export class SetFleet {
  readonly engine = new MemoryEngine();
  readonly replicas: SetReplica[] = [];
  #nowMs = 0;

  /** One that has been there for long, though nobody has joined yet. */
  constructor() {
    this.engine.unbroken = { value: 0, untilMs: Number.POSITIVE_INFINITY };
  }

  /** `lease`: of an earlier thread of the replica. */
  join(
    id: string,
    weights: Readonly<Record<string, number>>,
    withoutStore: 'keep' | 'stop' = 'keep',
    lease: Lease = new Lease(),
  ): SetReplica {
    const replica = new SetReplica(this, id, weights, withoutStore, lease);
    this.replicas.push(replica);
    return replica;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  async pass(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    while (this.#nowMs < endMs) {
      this.#nowMs += STEP_MS;
      this.engine.nowMs += STEP_MS;
      for (const replica of this.replicas) if (!replica.isPaused) await replica.step();
      for (const replica of this.replicas) replica.note();
    }
  }
}

/** A replica of it; nothing is ever under way on its servers. */
export class SetReplica {
  readonly tenure: Tenure;
  readonly lease: Lease;
  readonly changes: ShareChange[] = [];
  /** Servers of whose tasks the store was to be asked. */
  readonly restocked: (readonly string[])[] = [];
  readonly #fleet: SetFleet;
  /** Before it hears the answer to a request, which is named as the store's method. */
  onAnswer: (request: string) => Promise<void> = async () => {};
  isPaused = false;
  isCutOff = false;
  /** It is killed. */
  isGone = false;

  constructor(
    fleet: SetFleet,
    id: string,
    weights: Readonly<Record<string, number>>,
    withoutStore: 'keep' | 'stop',
    lease: Lease,
  ) {
    this.#fleet = fleet;
    this.lease = lease;
    const store = fleet.engine.openStore(id);
    const cuttable = new Proxy(store, {
      get: (target, name, receiver) => {
        const value = Reflect.get(target, name, target === receiver ? receiver : target);
        if (typeof value !== 'function') return value;
        return async (...args: unknown[]) => {
          if (this.isCutOff) throw new Error('the network is gone');
          const answer = await Reflect.apply(value, target, args);
          await this.onAnswer(String(name));
          return answer;
        };
      },
    });
    this.tenure = new Tenure(
      {
        store: cuttable,
        settings: { leaseMs: LEASE_MS, withoutStore },
        self: { id, name: id, version: '1' },
        lease: this.lease,
        now: () => fleet.nowMs,
        logger: createRecordLogger(() => {}),
        fetch: async () => {},
        restock: (servers) => this.restocked.push([...servers].sort()),
        onChange: (change) => {
          this.changes.push(change);
          if (change.released.length > 0) setImmediate(() => void this.#letGo(change.released));
        },
      },
      { weights: new Map(Object.entries(weights)), configDigest: '', serversDigest: Object.keys(weights).join() },
    );
  }

  async #letGo(servers: readonly string[]): Promise<void> {
    await this.tenure.left(servers);
    for (const other of this.#fleet.replicas) if (other !== this) other.tenure.heardOfRelease(this.tenure.self.id);
  }

  /** The servers on which it may run statements now. */
  get polls(): readonly string[] {
    const mayRun = !this.isPaused && !this.isGone && this.#fleet.nowMs < this.lease.untilMs;
    return mayRun ? [...this.tenure.owned].sort() : [];
  }

  async step(): Promise<void> {
    if (this.isGone) return;
    while (await this.tenure.step());
    await new Promise((resolve) => setImmediate(resolve));
  }

  note(): void {
    const others = this.#fleet.replicas.filter((other) => other !== this && !other.isCutOff && !this.isCutOff);
    for (const other of others) {
      const both = other.polls.filter((server) => this.polls.includes(server));
      assert.deepEqual(both, [], 'two replicas poll one server');
    }
  }
}
