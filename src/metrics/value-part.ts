import type { Part } from '../model/outcome.ts';
import type { Task, TaskMetric } from '../model/plan.ts';
import { toPart } from './block.ts';
import { formatNumber } from './mapping.ts';
import { lineTexts } from './metric-layout.ts';

/** The part of a metric whose one sample has no label of a row, with a value that no row brought. */
export function toValuePart(metric: TaskMetric, value: number): Part {
  const text = metric.samples.map((sample) => `${lineTexts(metric, sample).join('')}${formatNumber(value)}\n`).join('');
  return toPart(metric.family, metric.samples.length, new TextEncoder().encode(text));
}

/** What the metrics of a task with an `error_value` have to say while its newest due run failed. */
export function errorParts({ metrics }: Task): Part[] {
  return metrics.flatMap((metric) => (metric.errorValue === null ? [] : toValuePart(metric, metric.errorValue)));
}
