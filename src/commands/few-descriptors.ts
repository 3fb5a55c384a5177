import { maxDescriptors } from '../model/process-limits.ts';

/** Node.js opens the files of the program together when it loads them. */
const LEAST = 128;

/** Why the program cannot even be loaded, as a line for the user; null: it can. */
export function tooFewDescriptors(): string | null {
  const limit = maxDescriptors();
  if (limit === null || limit >= LEAST) return null;
  return `this process may open ${limit} file descriptors, and needs ${LEAST} at least: raise its limit (ulimit -n, LimitNOFILE= of the service)`;
}
