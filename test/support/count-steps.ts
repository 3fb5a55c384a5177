import { type Profiler, Session } from 'node:inspector';

const session = new Session();
session.connect();
session.post('Profiler.enable');
// Functions are counted that are compiled from now on, so a test imports this file first.
session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });

/**
 * How much of our own code ran: calls of functions and rounds of loops, counted by V8. What it does within itself, such as
 * copying an array, is not seen.
 */
export function countSteps(run: () => void): number {
  takeCounts();
  run();
  const counts = takeCounts().flatMap(({ functions }) =>
    functions.flatMap(({ ranges }) => ranges.map(({ count }) => count)),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

function takeCounts(): readonly Profiler.ScriptCoverage[] {
  let taken: Profiler.ScriptCoverage[] = [];
  session.post('Profiler.takePreciseCoverage', (error, { result }) => {
    if (error !== null) throw error;
    taken = result.filter(({ url }) => url.includes('/dist/src/'));
  });
  return taken;
}
