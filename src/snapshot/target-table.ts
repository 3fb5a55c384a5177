import { type TargetHealth, UNKNOWN_HEALTH } from '../model/health.ts';
import type { Plan, Target } from '../model/plan.ts';
import type { ServerFacts } from '../model/server-facts.ts';
import type { TargetName } from '../model/words.ts';

/** What is known about one target. A plain value: whatever happens makes a new one. */
export interface TargetRecord {
  readonly health: TargetHealth;
  /** Null: no connection has told anything yet. */
  readonly facts: ServerFacts | null;
  readonly unconfirmedStops: number;
}

const NEW_RECORD: TargetRecord = { health: UNKNOWN_HEALTH, facts: null, unconfirmedStops: 0 };

/** Every target of the plan with what is known about it. */
export class TargetTable {
  #targets: ReadonlyMap<TargetName, Target> = new Map();
  readonly #records = new Map<TargetName, TargetRecord>();

  get(name: TargetName): TargetRecord {
    return this.#records.get(name) ?? NEW_RECORD;
  }

  /** Null: there is no such target. */
  change(name: TargetName, next: (record: TargetRecord) => TargetRecord): TargetRecord | null {
    if (!this.#targets.has(name)) return null;
    const record = next(this.get(name));
    this.#records.set(name, record);
    return record;
  }

  isDown(name: TargetName): boolean {
    return this.get(name).health.standing === 'down';
  }

  /** Forgets targets that are gone or stand elsewhere now; returns their names. */
  replacePlan({ targets }: Plan): readonly TargetName[] {
    const old = this.#targets;
    this.#targets = new Map(targets.map((target) => [target.name, target]));
    const forgotten = [...this.#records.keys()].filter(
      (name) => placeOf(old.get(name)) !== placeOf(this.#targets.get(name)),
    );
    for (const name of forgotten) this.#records.delete(name);
    return forgotten;
  }

  /** In the order of the plan. */
  *entries(): Generator<readonly [Target, TargetRecord]> {
    for (const target of this.#targets.values()) yield [target, this.get(target.name)];
  }
}

/** A poller that was started anew knows nothing of what the last one found: a target that is still down is so since then. */
export function afterHealth(record: TargetRecord, said: TargetHealth): TargetRecord {
  const { health: before } = record;
  const downSinceMs = said.standing === 'down' ? (before.downSinceMs ?? said.downSinceMs) : null;
  const lastFailure = said.lastFailure ?? before.lastFailure;
  return { ...record, health: { ...said, downSinceMs, lastFailure } };
}

export function afterFacts(record: TargetRecord, facts: ServerFacts): TargetRecord {
  return { ...record, facts };
}

export function afterUnconfirmedStop(record: TargetRecord): TargetRecord {
  return { ...record, unconfirmedStops: record.unconfirmedStops + 1 };
}

function placeOf(target: Target | undefined): string | null {
  return target === undefined ? null : `${target.engine} ${target.server}`;
}
