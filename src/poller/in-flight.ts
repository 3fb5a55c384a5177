import type { Target } from '../model/plan.ts';
import type { RunMark } from '../model/run-mark.ts';
import type { TaskKey } from '../model/words.ts';
import type { Leftover } from './protocol.ts';

/** One death may be anybody's fault; a task that was in flight at two is not run again. */
const DEATHS_TO_SUSPEND = 2;

/** The refreshes under way, as main knows them: what a dead thread left behind, and who was there each time. */
export class InFlight {
  readonly #running = new Map<TaskKey, RunMark | null>();
  readonly #deaths = new Map<TaskKey, number>();
  #leftovers: Leftover[] = [];
  #suspended: readonly TaskKey[] = [];

  get size(): number {
    return this.#running.size;
  }

  get suspended(): readonly TaskKey[] {
    return this.#suspended;
  }

  start(task: TaskKey, mark: RunMark | null): void {
    this.#running.set(task, mark);
  }

  end(task: TaskKey): void {
    this.#running.delete(task);
    // A run that ended shows that the task can; only deaths in a row count.
    this.#deaths.delete(task);
  }

  /** The thread died. `targetOf` knows the plan that it ran. Returns the tasks that are suspended from now on. */
  died(targetOf: (task: TaskKey) => Target | null): readonly TaskKey[] {
    for (const [task, mark] of this.#running) {
      const target = targetOf(task);
      if (mark !== null && target !== null) this.#leftovers.push({ target, mark });
      this.#deaths.set(task, (this.#deaths.get(task) ?? 0) + 1);
    }
    const guilty = [...this.#running.keys()].filter((task) => (this.#deaths.get(task) ?? 0) >= DEATHS_TO_SUSPEND);
    this.#running.clear();
    this.#suspended = [...new Set([...this.#suspended, ...guilty])];
    return guilty;
  }

  /** What the next thread has to stop on the servers. */
  takeLeftovers(): readonly Leftover[] {
    const leftovers = this.#leftovers;
    this.#leftovers = [];
    return leftovers;
  }

  /** A reload: every task gets another chance. */
  forgive(): void {
    this.#deaths.clear();
    this.#suspended = [];
  }
}
