import { decodeSamples, type TextSample } from '../../src/metrics/exposition-text.ts';
import { createTaskRenderer, type Rendered } from '../../src/metrics/renderer.ts';
import { RefreshError } from '../../src/model/failure.ts';
import type { Part } from '../../src/model/outcome.ts';
import type { Task } from '../../src/model/plan.ts';
import type { Cell } from '../../src/model/rows.ts';
import { type MetricOptions, metricOf } from '../support/metric-of.ts';
import { rowOf } from '../support/row-of.ts';

export interface TaskOptions {
  readonly metrics?: readonly MetricOptions[];
  readonly maxLabelLength?: number;
  readonly engine?: 'mysql' | 'sqlite';
  readonly sql?: string;
}

/** A task with one metric `m`, a gauge of the column `n` with the label `a`, unless told otherwise. */
export function createTask({
  metrics = [{}],
  maxLabelLength = 4096,
  engine = 'mysql',
  sql = 'select 1',
}: TaskOptions = {}) {
  // A renderer looks at nothing else.
  const query = { sql, maxLabelLength };
  return { query, target: { engine }, metrics: metrics.map(metricOf) } as unknown as Task;
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
  for (const row of rows) result.row(rowOf(row));
  return result.finish();
}

/** Of a result that is refused at its end. */
export function refusalOf(...given: Parameters<typeof render>): RefreshError {
  try {
    render(...given);
  } catch (error) {
    if (error instanceof RefreshError) return error;
    throw error;
  }
  throw new Error('the result was not refused');
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
