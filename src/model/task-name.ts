import type { TaskKey } from './words.ts';

/** Names may hold any printable text, so only a notation that escapes keeps any two pairs apart. */
export function taskKeyOf(query: string, target: string): TaskKey {
  return JSON.stringify([query, target]) as TaskKey;
}

/** As messages name a task: `query "orders" on target "prod01"`. */
export function nameTask(query: string, target: string): string {
  return `query "${query}" on target "${target}"`;
}
