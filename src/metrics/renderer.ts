import { RefreshError } from '../model/failure.ts';
import type { Task, TaskMetric } from '../model/plan.ts';
import type { Cell, RowSink } from '../model/rows.ts';
import type { Part, Rejection } from '../model/update.ts';
import { escapeLabelValue } from './exposition-text.ts';
import { type Literal, toLiteral } from './literal.ts';
import { matchColumns } from './mapping.ts';
import { type LineShape, MetricWriter, type SizeHint } from './metric-writer.ts';

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
  /** Call it once, after the last row. Every array of bytes has memory of its own, to be transferred to a thread. */
  finish(): Rendered;
}

export interface Rendered {
  /** One per metric of the task, also where it holds no series. */
  readonly parts: readonly Part[];
  readonly rows: number;
  readonly series: number;
  readonly rejections: readonly Rejection[];
}

export function createTaskRenderer(task: Task): TaskRenderer {
  const metrics = task.metrics.map(compile);
  const wanted = new Set(task.metrics.flatMap((metric) => [metric.valueColumn, ...metric.labelColumns]));
  let sizes: readonly SizeHint[] = [];

  return {
    begin({ maxSeries }) {
      let writers: readonly MetricWriter[] = [];
      let rows = 0;
      let series = 0;
      return {
        columns(names: readonly string[]): void {
          const found = matchColumns(wanted, names);
          // Every wanted column was found, or matchColumns would have thrown.
          const indexOf = (name: string) => found.get(name) as number;
          writers = metrics.map(({ metric, literals, labels }, index) => {
            const shape: LineShape = {
              engine: task.target.engine,
              family: metric.family,
              isCounter: metric.type === 'counter',
              literals,
              labelColumns: labels.map(indexOf),
              valueColumn: indexOf(metric.valueColumn),
              columnNames: names,
              maxLabelLength: task.query.maxLabelLength,
            };
            return new MetricWriter(shape, sizes[index] ?? { bytes: 0, series: 0 });
          });
        },

        row(cells: readonly Cell[]): void {
          rows++;
          for (let i = 0; i < writers.length; i++) {
            if ((writers[i] as MetricWriter).row(cells)) series++;
          }
          if (series > maxSeries) {
            const problem = `the result has more than ${maxSeries} series, the most that max_series leaves for it`;
            throw new RefreshError('too_many_series', `${problem}; raise it, or use fewer labels or rows`);
          }
        },

        finish(): Rendered {
          const finished = writers.map((writer) => writer.finish());
          sizes = finished.map(({ size }) => size);
          const parts = finished.map(({ part }) => part);
          return { parts, rows, series, rejections: finished.flatMap(({ rejections }) => rejections) };
        },
      };
    },
  };
}

interface CompiledMetric {
  readonly metric: TaskMetric;
  /** One more than `labels`: the fixed text before, between and after the label cells. */
  readonly literals: readonly Literal[];
  /** The label columns in the order of their names. */
  readonly labels: readonly string[];
}

/** A line is `name{a="constant",b="` cell `",c="` cell `"} ` value. */
function compile(metric: TaskMetric): CompiledMetric {
  const constants = new Map<string, string>(Object.entries(metric.constantLabels));
  const names = [...new Set<string>([...metric.labelColumns, ...constants.keys()])].sort();
  const literals: string[] = [];
  const labels: string[] = [];
  let literal = names.length === 0 ? metric.family : `${metric.family}{`;
  for (const [index, name] of names.entries()) {
    literal += index === 0 ? `${name}="` : `,${name}="`;
    const constant = constants.get(name);
    if (constant === undefined) {
      literals.push(literal);
      labels.push(name);
      literal = '"';
    } else {
      literal += `${escapeLabelValue(constant)}"`;
    }
  }
  literals.push(names.length === 0 ? `${literal} ` : `${literal}} `);
  return { metric, literals: literals.map(toLiteral), labels };
}
