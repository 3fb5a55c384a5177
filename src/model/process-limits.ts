import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';

/** What the system lets this process have. */
export interface ProcessLimits {
  /** File descriptors; null: the system does not tell, or sets none. */
  readonly descriptors: number | null;
  /** The limit of the process's control group, or else the memory of the machine. */
  readonly memoryBytes: number;
}

export function readProcessLimits(): ProcessLimits {
  const constrained = process.constrainedMemory();
  const total = totalmem();
  return { descriptors: maxDescriptors(), memoryBytes: constrained > 0 ? Math.min(constrained, total) : total };
}

/** Null: the system does not tell, or sets none. */
export function maxDescriptors(): number | null {
  try {
    const limit = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
    return limit === undefined ? null : Number(limit);
  } catch {
    // Only Linux has this file, a sandbox may hide it, and the descriptors may be used up.
    return null;
  }
}
