import type { Selection } from '../model/page.ts';
import type { Plan, Task } from '../model/plan.ts';
import { chunksOf, type Steps } from '../model/steps.ts';

type Kind = keyof Selection;

/** Which tasks a name stands for. Made once for a plan; asking costs what it answers. */
export class PlanIndex {
  readonly #tasks: readonly Task[];
  /** The positions of a name's tasks in the plan. A name without tasks has none, one that does not exist is not there. */
  readonly #positions: Readonly<Record<Kind, Map<string, number[]>>> = {
    queries: new Map(),
    targets: new Map(),
    groups: new Map(),
    collectors: new Map(),
  };

  static *of(plan: Plan): Steps<PlanIndex> {
    const index = new PlanIndex(plan.tasks);
    for (const queries of chunksOf(plan.queries)) {
      for (const { name, collector } of queries) {
        index.#positions.queries.set(name, []);
        if (collector !== null) index.#positions.collectors.set(collector, []);
      }
      yield;
    }
    for (const targets of chunksOf(plan.targets)) {
      for (const { name, groups } of targets) {
        index.#positions.targets.set(name, []);
        for (const group of groups) index.#positions.groups.set(group, []);
      }
      yield;
    }
    for (const tasks of chunksOf(plan.tasks.entries())) {
      for (const [position, task] of tasks) {
        for (const kind of KINDS) {
          for (const name of namesOf(task, kind)) index.#positions[kind].get(name)?.push(position);
        }
      }
      yield;
    }
    return index;
  }

  private constructor(tasks: readonly Task[]) {
    this.#tasks = tasks;
  }

  isKnown(kind: Kind, name: string): boolean {
    return this.#positions[kind].has(name);
  }

  /** The tasks that have one of the names of every kind that is asked for, in the order of the plan. */
  find(selection: Selection): readonly Task[] {
    const asked = KINDS.filter((kind) => selection[kind].length > 0).map((kind) => {
      const names = new Set(selection[kind]);
      const lists = [...names].map((name) => this.#positions[kind].get(name) ?? []);
      return { kind, names, lists, size: lists.reduce((sum, list) => sum + list.length, 0) };
    });
    const [fewest, ...others] = asked.sort((a, b) => a.size - b.size);
    const found = [...new Set(fewest?.lists.flat())]
      .sort((a, b) => a - b)
      .flatMap((position) => this.#tasks[position] ?? []);
    return found.filter((task) =>
      others.every(({ kind, names }) => namesOf(task, kind).some((name) => names.has(name))),
    );
  }
}

const KINDS = ['queries', 'targets', 'groups', 'collectors'] as const satisfies readonly Kind[];

function namesOf({ query, target }: Task, kind: Kind): readonly string[] {
  switch (kind) {
    case 'queries':
      return [query.name];
    case 'targets':
      return [target.name];
    case 'groups':
      return target.groups;
    case 'collectors':
      return query.collector === null ? [] : [query.collector];
    default:
      return kind satisfies never;
  }
}
