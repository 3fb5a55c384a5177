import { quote } from '../language/quote.ts';
import type { Condition } from '../model/plan.ts';
import type { Context } from './context.ts';
import type { MetricEntry } from './metric-schema.ts';
import type { Path } from './path.ts';

const PLACEHOLDER = /\{([^{}]+)\}/g;

/** A metric under its own name. */
export interface Expansion {
  /** Without the namespace. */
  readonly name: string;
  /** Null: not given. */
  readonly description: string | null;
  readonly where: readonly Condition[];
  /** What the name comes from: the metric, or the text that stands in the name. */
  readonly path: Path;
}

/**
 * A metric whose name holds `{column}` as one metric for each text that `where` has for this column, any other as it is.
 * Empty: what is wrong was said.
 */
export function expand(name: string, path: Path, entry: MetricEntry, { document }: Context): readonly Expansion[] {
  const { where = {} } = entry;
  // A block of YAML ends in a line break, and a HELP of blanks is none.
  const description = entry.description?.trim() || null;
  const [column, ...others] = new Set(Array.from(name.matchAll(PLACEHOLDER), (match) => match[1] ?? ''));
  if (column === undefined) return [{ name, description, where: conditionsOf(where), path }];
  if (others.length > 0) {
    document.refuseKey(path, 'only one column can stand in the name of a metric');
    return [];
  }
  const columnPath = [...path, 'where', column];
  const texts = Object.hasOwn(where, column) ? where[column] : undefined;
  if (texts === undefined) {
    const isSaid = document.isWrong([...path, 'where']) || document.isMistyped([...path, 'where']);
    if (!isSaid) document.refuseKey(path, `the column ${quote(column)} of the name is not in "where"`);
    return [];
  }
  const isList = document.nodeAt(columnPath)?.kind === 'list';
  return texts.map((text, index) => {
    const fill = (given: string) => given.replaceAll(`{${column}}`, () => text);
    return {
      name: fill(name),
      description: description === null ? null : fill(description),
      where: conditionsOf({ ...where, [column]: [text] }),
      path: isList ? [...columnPath, index] : columnPath,
    };
  });
}

function conditionsOf(where: NonNullable<MetricEntry['where']>): Condition[] {
  return Object.entries(where).map(([column, texts]) => ({ columns: [column], texts }));
}
