import { FamilyRegistry } from '../metrics/families.ts';
import type { Part } from '../model/outcome.ts';
import { OWN_FAMILIES, PROCESS_FAMILIES } from '../model/own-metrics.ts';
import type { Family } from '../model/plan.ts';
import type { Steps } from '../model/steps.ts';
import type { MetricName } from '../model/words.ts';

/** All families with their parts, and what changed among them since the last page. */
export class PartBoard {
  readonly families = new FamilyRegistry();
  #changes = new Map<MetricName, Set<string>>();

  /** Exports these families and the exporter's own. What becomes of the parts of one that changed is not decided here. */
  declare(families: readonly Family[]): Steps {
    return this.families.declare([...families, ...OWN_FAMILIES, ...PROCESS_FAMILIES]);
  }

  /** Puts a part in its place, or takes it away: null, or a part without series. */
  write(family: MetricName, key: string, part: Part | null): void {
    const place = this.families.family(family);
    const present = place?.parts.get(key) ?? null;
    const next = part === null || part.series === 0 ? null : part;
    if (place === undefined || present === next) return;
    if (next === null) place.remove(key);
    else place.replace(key, next);
    const keys = this.#changes.get(family);
    if (keys === undefined) this.#changes.set(family, new Set([key]));
    else keys.add(key);
  }

  read(family: MetricName, key: string): Part | null {
    return this.families.family(family)?.parts.get(key) ?? null;
  }

  /** Which parts were written since this was last asked. */
  *takeChanges(): Generator<readonly [MetricName, string]> {
    const changes = this.#changes;
    this.#changes = new Map();
    for (const [family, keys] of changes) for (const key of keys) yield [family, key];
  }
}
