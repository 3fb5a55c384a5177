import type { Plan, Task } from '../src/model/plan.ts';
import { Exposition } from '../src/snapshot/exposition.ts';
import type { Snapshot } from '../src/snapshot/store.ts';
import { aSnapshot, START_MS } from '../test/snapshot/fixtures.ts';
import { createPlan, createResults, elapsedMs } from './support/snapshots.ts';
import { median } from './support/statistics.ts';
import { atMost, type Subject } from './support/subject.ts';

const QUERIES = 10;
const SERIES = 10;
const TARGETS = [100, 500, 1_000, 10_000] as const;
/** Of the goal. */
const GOAL_TARGETS = 500;
const ROUNDS = 300;

export const narrowing: Subject = {
  name: 'narrowing',
  about: `What the page of one target costs, of ${QUERIES} queries of ${SERIES} series each, plain and compressed.`,
  async run({ progress }) {
    const rows = TARGETS.map((targets) => {
      progress(`narrowing: ${targets} targets`);
      const [among, alone, again] = measure(targets);
      return [targets * QUERIES, among, alone, among / alone, again] as const;
    });
    const goal = rows.find(([tasks]) => tasks === GOAL_TARGETS * QUERIES);
    return {
      tables: [
        {
          title: 'Time in ms, medians in turn',
          columns: ['tasks', 'one target', 'the same in a plan of its own', 'ratio', 'asked for again'],
          rows,
        },
      ],
      goals: [atMost(2, `of a page of its own size, one target of ${GOAL_TARGETS}`, goal?.[3] ?? null)],
    };
  },
};

function measure(targets: number): readonly [among: number, alone: number, again: number] {
  const [many, one] = [new Pages(targets), new Pages(1)];
  const times = { among: [] as number[], alone: [] as number[], again: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    const target = Math.floor(Math.random() * targets);
    many.change(target);
    times.among.push(many.narrowMs(target));
    times.again.push(many.narrowMs(target));
    one.change(0);
    times.alone.push(one.narrowMs(0));
  }
  return [median(times.among), median(times.alone), median(times.again)];
}

/** Every task has its result. */
class Pages {
  readonly #plan: Plan;
  readonly #snapshot: Snapshot;
  readonly #exposition: Exposition;
  #atMs = START_MS;

  constructor(targets: number) {
    this.#plan = createPlan(targets, QUERIES);
    this.#snapshot = aSnapshot(this.#plan, () => this.#atMs);
    this.#exposition = new Exposition(this.#snapshot);
    this.#take(this.#plan.tasks);
  }

  /** A new result of one of its tasks is on the page, so that the page of the target must be made anew. */
  change(target: number): void {
    this.#atMs += 1_000;
    this.#take(this.#plan.tasks.slice(target * QUERIES, target * QUERIES + 1));
  }

  narrowMs(target: number): number {
    return elapsedMs(() => {
      const targets = [`target_${target}`];
      const narrowed = this.#exposition.narrow({ queries: [], targets, groups: [], collectors: [] });
      if (narrowed.kind === 'page') narrowed.page.gzip.buffers.at(0);
    });
  }

  #take(tasks: readonly Task[]): void {
    for (const result of createResults(tasks, SERIES, this.#atMs)) this.#snapshot.take({ kind: 'finished', result });
    this.#exposition.publish();
  }
}
