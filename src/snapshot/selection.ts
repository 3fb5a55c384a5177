import type { Selection } from '../model/page.ts';
import type { Plan } from '../model/plan.ts';

/** What is chosen of each scope that consists of parts of some tasks, in the order of the plan. */
export type ChosenKeys = Readonly<Record<'task' | 'target' | 'query', ReadonlySet<string>>>;

export type Choice =
  | { readonly kind: 'all' }
  | { readonly kind: 'some'; readonly keys: ChosenKeys }
  | { readonly kind: 'unknown'; readonly names: readonly string[] };

/** Finds the tasks that a selection means, or the names in it that stand for nothing. */
export function choose(plan: Plan, selection: Selection): Choice {
  const { queries, targets, groups, collectors } = selection;
  if (queries.length + targets.length + groups.length + collectors.length === 0) return { kind: 'all' };

  const unknown = [
    ...unknownNames(
      'query',
      queries,
      plan.queries.map(({ name }) => name),
    ),
    ...unknownNames(
      'target',
      targets,
      plan.targets.map(({ name }) => name),
    ),
    ...unknownNames(
      'group',
      groups,
      plan.targets.flatMap((target) => target.groups),
    ),
    ...unknownNames(
      'collector',
      collectors,
      plan.queries.map(({ collector }) => collector),
    ),
  ];
  if (unknown.length > 0) return { kind: 'unknown', names: unknown };

  const asked = {
    queries: new Set(queries),
    targets: new Set(targets),
    groups: new Set(groups),
    collectors: new Set(collectors),
  };
  const tasks = plan.tasks.filter(
    ({ query, target }) =>
      allows(asked.queries, [query.name]) &&
      allows(asked.targets, [target.name]) &&
      allows(asked.groups, target.groups) &&
      allows(asked.collectors, [query.collector]),
  );
  return {
    kind: 'some',
    keys: {
      task: new Set(tasks.map(({ key }) => key)),
      target: new Set(tasks.map((task) => task.target.name)),
      query: new Set(tasks.map((task) => task.query.name)),
    },
  };
}

/** The same for every selection of the same names, whatever their order. */
export function selectionKey({ queries, targets, groups, collectors }: Selection): string {
  return JSON.stringify([queries, targets, groups, collectors].map((names) => [...new Set(names)].sort()));
}

function allows(asked: ReadonlySet<string | null>, names: readonly (string | null)[]): boolean {
  return asked.size === 0 || names.some((name) => asked.has(name));
}

function unknownNames(kind: string, names: readonly string[], known: readonly (string | null)[]): readonly string[] {
  const set = new Set(known);
  return [...new Set(names)].filter((name) => !set.has(name)).map((name) => `${kind} ${JSON.stringify(name)}`);
}
