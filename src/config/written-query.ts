import type { MetricEntry } from './metric-schema.ts';
import type { Path } from './path.ts';
import type { QueryEntry } from './query-schema.ts';

/** A query as it was written, in either form. */
export interface WrittenQuery {
  readonly name: string;
  readonly path: Path;
  readonly entry: Omit<QueryEntry, 'metrics'> & { readonly query?: string | undefined };
  readonly metrics: readonly { readonly name: string; readonly path: Path; readonly entry: MetricEntry }[];
}
