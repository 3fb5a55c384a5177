import type { Plan, Target } from '../model/plan.ts';
import type { TargetStatus } from '../model/status.ts';
import type { TargetName } from '../model/words.ts';

interface TargetRecord {
  readonly up: boolean;
  readonly checkedAtMs: number;
}

/** Whether each target answered when it was last asked. */
export class TargetTable {
  #targets: ReadonlyMap<TargetName, Target> = new Map();
  readonly #records = new Map<TargetName, TargetRecord>();

  /** Whether this is news. */
  check(target: TargetName, up: boolean, checkedAtMs: number): boolean {
    if (!this.#targets.has(target)) return false;
    const isNews = this.#records.get(target)?.up !== up;
    this.#records.set(target, { up, checkedAtMs });
    return isNews;
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

  status(): readonly TargetStatus[] {
    return [...this.#targets.values()].map((target) => {
      const { name, engine, groups, server } = target;
      const { up = null, checkedAtMs = null } = this.#records.get(name) ?? {};
      return { name, engine, address: server, groups, up, checkedAtMs };
    });
  }
}

function placeOf(target: Target | undefined): string | null {
  return target === undefined ? null : `${target.engine} ${target.server}`;
}
