import type { Task } from '../model/plan.ts';
import { chunksOf, type Steps } from '../model/steps.ts';
import { turnOf } from '../model/turn.ts';

/** A page of so few tasks is made quickly in any order. People may read it, so it has that of the configuration. */
const READABLE_TASKS = 500;
/** They come within one page where there are thousands of tasks. */
const TASKS_PER_TURN = 8;

/**
 * The tasks in the order in which they stand on the page. Many stand in that of their turns, those of each period for
 * themselves: results that come together are next to each other then, and the page is made anew in few places.
 */
export function* pageOrder(tasks: readonly Task[]): Steps<readonly Task[]> {
  if (tasks.length <= READABLE_TASKS) return tasks;
  const periods = new Map<number, Task[]>();
  for (const chunk of chunksOf(tasks)) {
    for (const task of chunk) {
      const others = periods.get(task.query.periodMs);
      if (others === undefined) periods.set(task.query.periodMs, [task]);
      else others.push(task);
    }
    yield;
  }
  const ordered: Task[] = [];
  for (const some of periods.values()) {
    const turns: Task[][] = Array.from({ length: Math.ceil(some.length / TASKS_PER_TURN) }, () => []);
    for (const chunk of chunksOf(some)) {
      for (const task of chunk) turns[Math.floor(turnOf(task.key) * turns.length)]?.push(task);
      yield;
    }
    for (const chunk of chunksOf(turns)) {
      for (const turn of chunk) for (const task of turn) ordered.push(task);
      yield;
    }
  }
  return ordered;
}
