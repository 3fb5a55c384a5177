import { parentPort } from 'node:worker_threads';
import { compareSync } from 'bcryptjs';
import type { Answer, Question } from './password-checker.ts';

/** A hash takes a tenth of a second or, by its cost, many seconds of CPU: scrapes must not wait for that. */
parentPort?.on('message', ({ id, password, hash }: Question) => {
  parentPort?.postMessage({ id, matches: matches(password, hash) } satisfies Answer);
});

function matches(password: string, hash: string): boolean {
  try {
    return compareSync(password, hash);
  } catch {
    return false;
  }
}
