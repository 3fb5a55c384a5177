import type { Plan, Target } from '../model/plan.ts';
import type { PollerEvent } from '../model/poller-event.ts';
import type { ServerFacts } from '../model/server-facts.ts';
import { type TargetHealth, UNKNOWN_HEALTH } from '../model/standing.ts';
import { chunksOf, type Steps } from '../model/steps.ts';
import type { TargetName } from '../model/words.ts';

/** What is known about one target. A plain value: whatever happens makes a new one. */
export interface TargetRecord {
  readonly health: TargetHealth;
  /** Null: no connection has told anything yet. */
  readonly facts: ServerFacts | null;
  readonly unconfirmedStops: number;
}

const NEW_RECORD: TargetRecord = { health: UNKNOWN_HEALTH, facts: null, unconfirmedStops: 0 };

/** What happens to targets. */
type TargetEvent = Extract<PollerEvent, { readonly kind: 'health' | 'facts' | 'unconfirmed_stop' }>;

/** Every target of the plan with what is known about it. */
export class TargetTable {
  #targets: ReadonlyMap<TargetName, Target> = new Map();
  readonly #records = new Map<TargetName, TargetRecord>();

  /** The new record, where there is such a target and a metric shows the difference. */
  take(event: TargetEvent): TargetRecord | null {
    const { target: name } = event;
    if (!this.#targets.has(name)) return null;
    const before = this.get(name);
    const record = after(before, event);
    this.#records.set(name, record);
    // A target that answers says so every few seconds, and no metric tells when.
    const isAlike = record.facts === before.facts && record.unconfirmedStops === before.unconfirmedStops;
    return isAlike && record.health.standing === before.health.standing ? null : record;
  }

  /** As before anything was heard of it. */
  forget(name: TargetName): void {
    this.#records.delete(name);
  }

  get(name: TargetName): TargetRecord {
    return this.#records.get(name) ?? NEW_RECORD;
  }

  isDown(name: TargetName): boolean {
    return this.get(name).health.standing === 'down';
  }

  /** Forgets targets that are gone or stand elsewhere now; returns their names. */
  *replacePlan({ targets }: Plan): Steps<readonly TargetName[]> {
    const next = new Map<TargetName, Target>();
    for (const chunk of chunksOf(targets)) {
      for (const target of chunk) next.set(target.name, target);
      yield;
    }
    const forgotten: TargetName[] = [];
    for (const names of chunksOf(this.#records.keys())) {
      for (const name of names) {
        if (placeOf(this.#targets.get(name)) === placeOf(next.get(name))) continue;
        this.#records.delete(name);
        forgotten.push(name);
      }
      yield;
    }
    this.#targets = next;
    return forgotten;
  }

  /** In the order of the plan. */
  *entries(): Generator<readonly [Target, TargetRecord]> {
    for (const target of this.#targets.values()) yield [target, this.get(target.name)];
  }
}

function after(record: TargetRecord, event: TargetEvent): TargetRecord {
  switch (event.kind) {
    case 'health':
      return { ...record, health: afterHealth(record.health, event.health) };
    case 'facts':
      return { ...record, facts: event.facts };
    case 'unconfirmed_stop':
      return { ...record, unconfirmedStops: record.unconfirmedStops + 1 };
    default:
      return event satisfies never;
  }
}

/** A poller that was started anew knows nothing of what the last one found: a target that is still down is so since then. */
function afterHealth(before: TargetHealth, said: TargetHealth): TargetHealth {
  const downSinceMs = said.standing === 'down' ? (before.downSinceMs ?? said.downSinceMs) : null;
  return { ...said, downSinceMs, lastFailure: said.lastFailure ?? before.lastFailure };
}

function placeOf(target: Target | undefined): string | null {
  return target === undefined ? null : `${target.engine} ${target.server}`;
}
