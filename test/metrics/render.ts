import { decodeSamples, type TextSample } from '../../src/metrics/exposition-text.ts';
import { createTaskRenderer, type Rendered } from '../../src/metrics/renderer.ts';
import type { Task, TaskMetric } from '../../src/model/plan.ts';
import type { Cell } from '../../src/model/rows.ts';
import type { Part } from '../../src/model/update.ts';

export interface TaskOptions {
  readonly metrics?: readonly MetricOptions[];
  readonly maxLabelLength?: number;
  readonly engine?: 'mysql' | 'sqlite';
}

export interface MetricOptions {
  readonly name?: string;
  readonly type?: 'gauge' | 'counter';
  readonly labels?: readonly string[];
  readonly value?: string;
  readonly constants?: Readonly<Record<string, string>>;
}

/** A task with one metric `m`, a gauge of the column `n` with the label `a`, unless told otherwise. */
export function createTask(options: TaskOptions = {}): Task {
  const metrics = (options.metrics ?? [{}]).map(toTaskMetric);
  // A renderer looks at nothing else.
  const query = { maxLabelLength: options.maxLabelLength ?? 4096 };
  return { query, target: { engine: options.engine ?? 'mysql' }, metrics } as unknown as Task;
}

function toTaskMetric({ name = 'm', type = 'gauge', labels = ['a'], value = 'n', constants = {} }: MetricOptions) {
  return { family: name, type, labelColumns: labels, valueColumn: value, constantLabels: constants } as TaskMetric;
}

/** What a test writes for a cell: text, bytes or NULL. */
export type TestCell = string | Uint8Array | null;

export function render(
  task: Task,
  columns: readonly string[],
  rows: readonly (readonly TestCell[])[],
  maxSeries = 1_000_000,
): Rendered {
  const result = createTaskRenderer(task).begin({ maxSeries });
  result.columns(columns);
  for (const row of rows) result.row(row.map(toCell));
  return result.finish();
}

export function toCell(cell: TestCell): Cell {
  return typeof cell === 'string' ? Buffer.from(cell) : cell;
}

/** The text of all parts of a result. */
export function textOf({ parts }: Pick<Rendered, 'parts'>): string {
  return parts.map((part) => Buffer.from(part.text).toString()).join('');
}

export function samplesOf(part: Part | undefined): TextSample[] {
  return part === undefined ? [] : [...decodeSamples(part.text)];
}

/** One string per label set, whatever the labels hold. */
export function labelKey(labels: Readonly<Record<string, string | number>>): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}
