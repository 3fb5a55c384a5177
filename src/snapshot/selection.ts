import type { Selection } from '../model/page.ts';
import type { PlanIndex } from './plan-index.ts';

/** What a name in a selection stands for, in the word that the reader of a message knows. */
const WORDS = { queries: 'query', targets: 'target', groups: 'group', collectors: 'collector' } as const;

/** Whether there is no restriction at all. */
export function isEverything({ queries, targets, groups, collectors }: Selection): boolean {
  return queries.length + targets.length + groups.length + collectors.length === 0;
}

/** The names that stand for nothing in the plan, such as `query "ordrs"`. */
export function unknownNames(index: PlanIndex, selection: Selection): readonly string[] {
  return (['queries', 'targets', 'groups', 'collectors'] as const).flatMap((kind) =>
    [...new Set(selection[kind])]
      .filter((name) => !index.isKnown(kind, name))
      .map((name) => `${WORDS[kind]} ${JSON.stringify(name)}`),
  );
}

/** The same for every selection of the same names, whatever their order. */
export function selectionKey({ queries, targets, groups, collectors }: Selection): string {
  return JSON.stringify([queries, targets, groups, collectors].map((names) => [...new Set(names)].sort()));
}
