import { matchColumns } from '../metrics/mapping.ts';
import { columnsOf } from '../metrics/metric-layout.ts';
import type { ResultRenderer, TaskRenderer } from '../metrics/renderer.ts';
import { choicesFor, createRowDispatch, passes } from '../metrics/row-dispatch.ts';
import type { ColumnNames, Task, TaskMetric } from '../model/plan.ts';
import type { Cell, Row } from '../model/rows.ts';

const ROWS_KEPT = 3;
const TEXT_LENGTH = 40;
/** Of more metrics than this that read a column, only how many is said. */
const MOST_NAMES = 3;

/** Looks at the rows of one run on their way to the renderer, to say what the samples alone do not tell. */
export class RowWatch {
  readonly #task: Task;
  /** How many cells of a value column were NULL in rows that a metric takes. */
  readonly #nulls = new Map<string, number>();
  readonly #firstRows: (readonly Cell[])[] = [];
  #names: readonly string[] = [];
  #indexOf: (columns: ColumnNames) => number = () => -1;
  #rows = 0;
  #taken = 0;

  constructor(task: Task) {
    this.#task = task;
  }

  /** The renderer, whose rows are looked at from now on. */
  on(renderer: TaskRenderer): TaskRenderer {
    return { begin: (limits) => this.#around(renderer.begin(limits)) };
  }

  /** Why there may be fewer samples than was thought; empty where nothing is missing. */
  remarks(series: number): readonly string[] {
    if (this.#rows === 0 && series === 0) {
      return ['no row came: the statement finds none, or its user may not see them'];
    }
    if (this.#rows > 0 && this.#taken === 0 && series === 0) return ['"where" lets none of these rows through'];
    return Array.from(this.#nulls, ([column, count]) => `NULL in column "${column}", which makes no sample: ${count}`);
  }

  /** The statement, what each column is for, and the first rows as the server gave them. */
  explanation(): readonly string[] {
    const { sql } = this.#task.query;
    const columns = this.#names.map((name, index) => `${name}: ${this.#useOf(index)}`);
    const rows = this.#firstRows.map((cells) =>
      this.#names.map((name, index) => `${name}=${showCell(cells[index] ?? null)}`).join(' '),
    );
    return [
      ...sql
        .trim()
        .split('\n')
        .map((line) => `sql     ${line}`),
      ...columns.map((column) => `column  ${column}`),
      ...rows.map((row) => `row     ${row}`),
    ];
  }

  #around(result: ResultRenderer): ResultRenderer {
    let look = (_row: Row): void => {};
    return {
      columns: (names) => {
        this.#names = [...names];
        result.columns(names);
        look = this.#lookAt(names);
      },
      row: (row) => {
        look(row);
        result.row(row);
      },
      finish: () => result.finish(),
    };
  }

  #lookAt(names: readonly string[]): (row: Row) => void {
    const { metrics } = this.#task;
    const indexOf = matchColumns(metrics.flatMap(columnsOf), [...names]);
    const { always, tables } = createRowDispatch(metrics, indexOf);
    const values = metrics.map((metric) => [...new Set(valuesOf(metric).map(indexOf))]);
    this.#indexOf = indexOf;
    return (row) => {
      this.#rows++;
      if (this.#firstRows.length < ROWS_KEPT) {
        this.#firstRows.push(row.cells().map((cell) => cell && Uint8Array.from(cell)));
      }
      const found = tables.flatMap((table) => choicesFor(table, row)?.filter((choice) => passes(choice, row)) ?? []);
      const taking = [...always, ...found.map(({ metric }) => metric)];
      if (taking.length > 0) this.#taken++;
      for (const column of new Set(taking.flatMap((metric) => values[metric] ?? []))) {
        if (row.cell(column) !== null) continue;
        const name = names[column] ?? '';
        this.#nulls.set(name, (this.#nulls.get(name) ?? 0) + 1);
      }
    };
  }

  #useOf(column: number): string {
    const { metrics } = this.#task;
    const reads = (columns: ColumnNames) => this.#indexOf(columns) === column;
    const labels = new Set(
      metrics.flatMap(({ labels: all }) => all.filter(({ columns }) => reads(columns)).map(({ label }) => label)),
    );
    const values = metrics.filter((metric) => valuesOf(metric).some(reads)).map(({ family }) => family);
    const isCondition = metrics.some(({ where }) => where.some(({ columns }) => reads(columns)));
    const uses = [
      ...Array.from(labels, (label) => `label "${label}"`),
      ...(values.length === 0 ? [] : [`value of ${values.length > MOST_NAMES ? values.length : values.join(', ')}`]),
      ...(isCondition ? ['read by "where"'] : []),
    ];
    return uses.length === 0 ? 'not used' : uses.join(', ');
  }
}

function valuesOf({ samples }: TaskMetric): readonly ColumnNames[] {
  return samples.flatMap(({ value }) => (value.kind === 'column' ? [value.columns] : []));
}

function showCell(cell: Cell): string {
  if (cell === null) return 'NULL';
  // No character of UTF-8 is longer than four bytes.
  const text = Buffer.from(cell.subarray(0, 4 * TEXT_LENGTH + 4)).toString();
  return JSON.stringify(text.length > TEXT_LENGTH ? `${text.slice(0, TEXT_LENGTH - 1)}…` : text);
}
