import type { Plan, Task } from '../model/plan.ts';
import type { Steps } from '../model/steps.ts';
import type { KnownResult } from '../model/task-result.ts';
import type { TaskChanges } from './task-table.ts';

/** Keeps the last good samples and times of tasks over restarts. Whatever is wrong with it costs a line of the log. */
export interface StateStore extends Disposable {
  /**
   * Hands over what is kept of the tasks of a plan, one a step; what no longer fits one is removed. To be called once, before
   * anything else.
   */
  load(plan: Plan, take: (result: KnownResult) => void): Steps;
  /** Returns at once; the latest of each task is kept soon. A store may leave out tasks that soon run again. */
  save(task: Task, result: KnownResult): void;
  /** Forgets the tasks that a new plan took away. */
  forget(changes: TaskChanges): Steps;
  /** Resolves when everything saved so far is kept, or has been tried once more. It may take as long as a disk hangs. */
  flush(): Promise<void>;
  /** Lets go of where it keeps them. To be called last; what was not flushed may be lost. */
  [Symbol.dispose](): void;
}
