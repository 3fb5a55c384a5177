import type { FleetStatus } from '../model/fleet-terms.ts';
import { serverKeyOf, type Target } from '../model/plan.ts';
import type { Entry } from './entry.ts';

/** The tasks that a first page waits for. Ready stays ready: what a reload brings is not awaited again. */
export class AwaitedTasks {
  #ready = false;

  /** `missing`: tasks in words. */
  look(
    entries: Iterable<Entry>,
    fleet: FleetStatus | null,
  ): { readonly ready: boolean; readonly missing: readonly string[] } {
    if (this.#ready) return { ready: true, missing: [] };
    const isOfStranger = strangersIn(fleet);
    const awaited = [...entries].filter((entry) => isAwaited(entry) && !isOfStranger(entry.task.target));
    const missing = awaited.map(describeTask);
    this.#ready = missing.length === 0;
    return { ready: this.#ready, missing };
  }
}

/** Whether the first answer of the task is still to be waited for. */
function isAwaited({ task, record }: Entry): boolean {
  return task.query.runOnStart && !record.settled;
}

/** Whether a replica polls a target that has another configuration: it may not know the tasks that are known here. */
function strangersIn(fleet: FleetStatus | null): (target: Target) => boolean {
  const [own] = fleet?.members ?? [];
  // Until then there may be a result.
  if (fleet === null || own === undefined || !fleet.hasRead) return () => false;
  const digests = new Map(fleet.members.map(({ id, configDigest }) => [id, configDigest]));
  return (target) => {
    const digest = target.shared ? digests.get(fleet.owners[serverKeyOf(target)] ?? '') : undefined;
    return digest !== undefined && digest !== own.configDigest;
  };
}

function describeTask({ task: { query, target } }: Entry): string {
  return `query ${JSON.stringify(query.name)} on target ${JSON.stringify(target.name)}`;
}
