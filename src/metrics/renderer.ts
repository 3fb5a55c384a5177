import { RefreshError } from '../model/failure.ts';
import type { Result } from '../model/outcome.ts';
import type { Task, TaskMetric } from '../model/plan.ts';
import type { Row, RowSink } from '../model/rows.ts';
import type { SizeHint } from './line-writer.ts';
import { matchColumns } from './mapping.ts';
import { columnsOf, compileMetric, layOut, type MetricLayout } from './metric-layout.ts';
import { MetricWriter } from './metric-writer.ts';
import { describeRejections } from './rejection-log.ts';
import {
  type Choice,
  choicesFor,
  createRowDispatch,
  type DispatchTable,
  passes,
  type RowDispatch,
} from './row-dispatch.ts';
import { shareSpace } from './text-buffer.ts';
import { toValuePart } from './value-part.ts';

/** Renders the results of one task. What is the same for all of them is prepared once. */
export interface TaskRenderer {
  /** Starts one result. `maxSeries`: how many samples it may hold, over all metrics of the task. */
  begin(limits: { readonly maxSeries: number }): ResultRenderer;
}

/**
 * Takes the rows of one result. `columns` throws a `RefreshError` of reason `missing_column`, `row` one of reason
 * `too_many_series` or `too_large`.
 */
export interface ResultRenderer extends RowSink {
  /**
   * Call it once, after the last row. Every array of bytes has memory of its own, to be transferred to a thread. Throws a
   * `RefreshError` of reason `no_samples` where rows came and every sample of theirs was rejected.
   */
  finish(): Rendered;
}

export type Rendered = Omit<Result, 'kind'>;

export function createTaskRenderer(task: Task): TaskRenderer {
  const layOutTask = createTaskLayout(task);
  let sizes: readonly (readonly SizeHint[])[] = [];

  return {
    begin({ maxSeries }) {
      let writers: readonly MetricWriter[] = [];
      /** Those of metrics that every row is for. */
      let always: readonly MetricWriter[] = [];
      let tables: readonly DispatchTable[] = [];
      let rows = 0;
      /** Counting rows whose labels an earlier row may have had. */
      let series = 0;
      return {
        columns(names: readonly string[]): void {
          const { layouts, dispatch } = layOutTask(names);
          writers = createWriters(layouts, sizes);
          always = dispatch.always.map((metric) => writers[metric] as MetricWriter);
          tables = dispatch.tables;
        },

        row(row: Row): void {
          rows++;
          for (let i = 0; i < always.length; i++) series += (always[i] as MetricWriter).row(row);
          for (let i = 0; i < tables.length; i++) {
            const choices = choicesFor(tables[i] as DispatchTable, row);
            if (choices === undefined) continue;
            for (let j = 0; j < choices.length; j++) {
              const choice = choices[j] as Choice;
              if (passes(choice, row)) series += (writers[choice.metric] as MetricWriter).row(row);
            }
          }
          if (series <= maxSeries) return;
          series = writers.reduce((sum, writer) => sum + writer.settle(), 0);
          if (series > maxSeries) {
            const problem = `the result has more than ${maxSeries} series, the most that max_series leaves for it`;
            throw new RefreshError('too_many_series', `${problem}; raise it, or use fewer labels or rows`);
          }
        },

        finish(): Rendered {
          const finished = writers.map((writer) => writer.finish());
          sizes = finished.map((metric) => metric.sizes);
          const rejections = finished.flatMap((metric) => metric.rejections);
          const parts = finished.map((metric, index) => {
            const definition = task.metrics[index] as TaskMetric;
            const { emptyValue } = definition;
            return metric.rows > 0 || emptyValue === null ? metric.part : toValuePart(definition, emptyValue);
          });
          const total = parts.reduce((sum, part) => sum + part.series, 0);
          if (total === 0 && rejections.length > 0) {
            throw new RefreshError(
              'no_samples',
              `rows came, but none made a sample: ${describeRejections(rejections)}`,
            );
          }
          const lost = finished.filter(({ part, rejections }) => part.series === 0 && rejections.length > 0);
          return { parts, rows, series: total, rejections, rejecting: lost.map(({ part }) => part.family) };
        },
      };
    },
  };
}

interface TaskLayout {
  readonly layouts: readonly MetricLayout[];
  readonly dispatch: RowDispatch;
}

/** The layout for the columns of a result. One result has the columns of the last, so it is kept. */
function createTaskLayout(task: Task): (names: readonly string[]) => TaskLayout {
  const metrics = task.metrics.map((metric) => compileMetric(metric, task));
  const wanted = task.metrics.flatMap(columnsOf);
  let known: (TaskLayout & { readonly names: readonly string[] }) | null = null;

  return (names) => {
    if (known !== null && isEqual(known.names, names)) return known;
    const indexOf = matchColumns(wanted, names);
    const kept = [...names];
    const layouts = metrics.map((metric) => layOut(metric, indexOf, kept));
    known = { names: kept, layouts, dispatch: createRowDispatch(task.metrics, indexOf) };
    return known;
  };
}

function createWriters(layouts: readonly MetricLayout[], sizes: readonly (readonly SizeHint[])[]): MetricWriter[] {
  // Without labels one row makes all samples of a metric.
  const small = layouts.filter(({ terms }) => !terms.hasLabels).flatMap(({ texts }) => texts);
  const spaces = shareSpace(small.map(({ fixedBytes }) => fixedBytes)).values();
  return layouts.map((layout, index) => new MetricWriter(layout, sizes[index] ?? [], spaces));
}

function isEqual(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name, index) => name === other[index]);
}
