import type { Guard } from '../model/guard.ts';
import type { Target, Task } from '../model/plan.ts';

/** Says what of the plan is this exporter's to poll, where it does not poll alone. */
export interface Coordinator {
  /** Whether the server of the target is polled here. Changes only when the polling is told of its share. */
  owns(target: Target): boolean;
  /** Whether a run may begin now. Asked just before each; a run that may not is made up for when it may again. */
  mayRun(target: Target): boolean;
  /** What keeps other exporters from running the task at the same time; null: nobody else polls it. */
  guardOf(task: Task): Guard | null;
}

/** Of an exporter that polls alone. */
export const ALONE: Coordinator = { owns: () => true, mayRun: () => true, guardOf: () => null };
