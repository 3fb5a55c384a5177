import type { Entry } from './entry.ts';

/** The tasks that a first page waits for. Ready stays ready: what a reload brings is not awaited again. */
export class AwaitedTasks {
  #ready = false;

  /** `missing`: tasks in words. */
  look(entries: Iterable<Entry>): { readonly ready: boolean; readonly missing: readonly string[] } {
    if (this.#ready) return { ready: true, missing: [] };
    const missing = [...entries].filter(isAwaited).map(describeTask);
    this.#ready = missing.length === 0;
    return { ready: this.#ready, missing };
  }
}

/** Whether the first answer of the task is still to be waited for. */
function isAwaited({ task, record }: Entry): boolean {
  return task.query.runOnStart && !record.settled;
}

function describeTask({ task: { query, target } }: Entry): string {
  return `query ${JSON.stringify(query.name)} on target ${JSON.stringify(target.name)}`;
}
