import type { ColumnNames, TaskMetric } from '../model/plan.ts';
import type { Row } from '../model/rows.ts';
import { TextTable } from './text-table.ts';

/**
 * Which metrics of a task a row is for. Where hundreds of metrics each want another row of one result, their conditions
 * are not tried one by one: those that look at one column share a table of its texts.
 */
export interface RowDispatch {
  /** The numbers of the metrics that every row is for. */
  readonly always: readonly number[];
  readonly tables: readonly DispatchTable[];
}

export interface DispatchTable {
  readonly column: number;
  readonly choices: TextTable<readonly Choice[]>;
}

/** A metric that a row is for if the rest of its conditions hold too. */
export interface Choice {
  readonly metric: number;
  readonly rest: readonly CellTest[];
}

interface CellTest {
  readonly column: number;
  readonly texts: TextTable<true>;
}

/** `indexOf`: where the result has a column. */
export function createRowDispatch(
  metrics: readonly TaskMetric[],
  indexOf: (columns: ColumnNames) => number,
): RowDispatch {
  const wheres = metrics.map(({ where }) =>
    where.map(({ columns, texts }) => ({ column: indexOf(columns), texts: new Set(texts) })),
  );
  const popularity = countWishes(wheres.flat());
  const always: number[] = [];
  const tables = new Map<number, Map<string, Choice[]>>();
  for (const [metric, where] of wheres.entries()) {
    // By the condition that it shares with the fewest, so that the lists of choices stay short.
    const [first, ...others] = where.toSorted((a, b) => popularity(a) - popularity(b));
    if (first === undefined) {
      always.push(metric);
      continue;
    }
    const choices = tables.get(first.column) ?? new Map<string, Choice[]>();
    tables.set(first.column, choices);
    const rest = others.map(({ column, texts }) => ({ column, texts: toTable(texts) }));
    for (const text of first.texts) {
      const known = choices.get(text);
      if (known === undefined) choices.set(text, [{ metric, rest }]);
      else known.push({ metric, rest });
    }
  }
  return { always, tables: Array.from(tables, ([column, choices]) => ({ column, choices: new TextTable(choices) })) };
}

/** Undefined: the row is for none of the metrics of this table. */
export function choicesFor({ column, choices }: DispatchTable, row: Row): readonly Choice[] | undefined {
  return findCell(choices, row, column);
}

export function passes({ rest }: Choice, row: Row): boolean {
  for (let i = 0; i < rest.length; i++) {
    const { column, texts } = rest[i] as CellTest;
    if (findCell(texts, row, column) === undefined) return false;
  }
  return true;
}

function findCell<T>(table: TextTable<T>, { bytes, starts, ends }: Row, column: number): T | undefined {
  const start = starts[column] as number;
  return start === -1 ? undefined : table.find(bytes, start, ends[column] as number);
}

interface Wish {
  readonly column: number;
  readonly texts: ReadonlySet<string>;
}

/** How many conditions want the texts that one of them wants. */
function countWishes(wishes: readonly Wish[]): (wish: Wish) => number {
  const counts = new Map<string, number>();
  const keysOf = ({ column, texts }: Wish) => Array.from(texts, (text) => `${column} ${text}`);
  for (const key of wishes.flatMap(keysOf)) counts.set(key, (counts.get(key) ?? 0) + 1);
  return (wish) => keysOf(wish).reduce((sum, key) => sum + (counts.get(key) ?? 0), 0);
}

function toTable(texts: ReadonlySet<string>): TextTable<true> {
  return new TextTable(new Map(Array.from(texts, (text) => [text, true])));
}
