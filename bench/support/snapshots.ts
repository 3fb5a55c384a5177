import { toPart } from '../../src/metrics/block.ts';
import type { Result } from '../../src/model/outcome.ts';
import type { Plan, Task } from '../../src/model/plan.ts';
import type { RunResult } from '../../src/model/task-result.ts';
import { aPlan, aQuery, aRunResult, aTarget, aTask } from '../../test/snapshot/fixtures.ts';
import { createOrders } from './rows.ts';

/** Every query on every target, each in a family of its own. */
export function createPlan(targets: number, queries: number): Plan {
  const allTargets = Array.from({ length: targets }, (_, i) => aTarget(`target_${i}`));
  const allQueries = Array.from({ length: queries }, (_, i) => aQuery(`orders_${i}`));
  return aPlan(allTargets.flatMap((on) => allQueries.map((asked) => aTask(asked, on, [asked.name]))));
}

/** A new result of each task, as the poller hands it over: rendered, and compressed where it is large. */
export function createResults(tasks: readonly Task[], series: number, atMs: number): readonly RunResult[] {
  return tasks.map((task) => aRunResult(task, resultOf(task, series, atMs), { asOfMs: atMs }));
}

export function elapsedMs(run: () => void): number {
  const beginMs = performance.now();
  run();
  return performance.now() - beginMs;
}

/** With numbers that differ from page to page as real ones do, since what repeats compresses in no time. */
function resultOf({ metrics, target }: Task, series: number, salt: number): Result {
  const parts = metrics.map(({ family }) => {
    const lines = createOrders(series).map(([shop, state, customer], i) => {
      const n = (Math.imul(i + 1, 2_654_435_761) ^ Math.imul(salt + target.name.length, 40_503)) >>> 12;
      return `${family}{customer="${customer}",shop="${shop}",state="${state}",target="${target.name}"} ${n}\n`;
    });
    return toPart(family, series, Buffer.from(lines.join('')));
  });
  return { kind: 'result', parts, rows: series, series, rejections: [], rejecting: [] };
}
