/**
 * Saves the states of a few tasks over and over, until it is killed. Prints a round's number when all of it is on the disk.
 * `node state-writer.js DIRECTORY FIRST_ROUND`
 */
import { StateFiles } from '../../src/snapshot/file-store.ts';
import { aLogger, aResult, aSnapshot, finished, loadAll, START_MS } from '../snapshot/fixtures.ts';
import { CRASH_PLAN } from './crash-plan.ts';

const [directory = '', firstRound = '1'] = process.argv.slice(2);
const files = new StateFiles({
  directory,
  logger: aLogger(),
  now: () => performance.now(),
  maxBytes: 1 << 26,
  lock: null,
});
loadAll(files, CRASH_PLAN);
const snapshot = aSnapshot(CRASH_PLAN);

for (let round = Number(firstRound); ; round++) {
  for (const [i, task] of CRASH_PLAN.tasks.entries()) {
    snapshot.take(finished(task, aResult(task, 10 ** i, round), { asOfMs: START_MS + round }));
    const saved = snapshot.result(task.key);
    if (saved !== null) files.save(task, saved);
  }
  await files.flush();
  process.stdout.write(`${round}\n`);
}
