import type { TaskKey } from './words.ts';

/**
 * Where in its period a task has its turn: 0 to less than 1, the same for the same key at every start, spread evenly over
 * all keys. FNV-1a, finished by a mixer: keys that differ in their last digit only must not end up together.
 */
export function turnOf(key: TaskKey): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
