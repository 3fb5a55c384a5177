// Our configuration while it is being made: what is written under each key, and the comments that stand above it. The
// keys are those of the configuration, in the order in which they are written.

/** Comments above a place, one a line of the source that they are about. */
export type Notes = string[];

export interface Draft {
  /** Above everything. */
  readonly notes: Notes;
  /** Undefined: the default of the configuration, as for the next. */
  namespace: string | undefined;
  targetLabel: string | undefined;
  readonly defaults: QueryOptions;
  readonly targets: Map<string, DraftTarget>;
  readonly queries: Map<string, DraftQuery>;
  /** The last query of those that ask the same in the same way; `addQuery` keeps it. */
  readonly lastByKeys: Map<string, DraftQuery>;
  /** How many queries have no interval in the source. */
  untimed: number;
}

export interface DraftTarget {
  readonly notes: Notes;
  readonly keys: TargetKeys;
  /** A password that stood in the source. It is never written. */
  readonly secret: string | null;
}

export interface TargetKeys {
  engine?: string;
  dsn?: string;
  socket?: string;
  user?: string;
  password?: string;
  password_file?: string;
  database?: string;
  groups?: readonly string[];
  labels?: Readonly<Record<string, string>>;
  max_connections?: number;
  init_sql?: readonly string[];
  ping_interval?: string;
}

export interface QueryOptions {
  interval?: string;
  timeout?: string;
}

export interface DraftQuery {
  readonly notes: Notes;
  readonly keys: QueryKeys;
  readonly metrics: Map<string, DraftMetric>;
}

export interface QueryKeys extends QueryOptions {
  collector?: string;
  targets?: readonly string[];
  schedule?: string;
  timezone?: string;
  max_age?: string;
  on_empty?: string;
  once_per?: string;
  when?: { role?: string; version?: string; sql?: string };
  sql_file?: string;
  sql?: string;
}

export interface DraftMetric {
  readonly notes: Notes;
  readonly keys: MetricKeys;
}

export interface MetricKeys {
  type: string;
  description?: string;
  labels?: readonly string[];
  static_labels?: Readonly<Record<string, string>>;
  value?: string | number;
  values?: readonly string[];
  value_label?: string;
  map?: Readonly<Record<string, number>>;
}

export function emptyDraft(): Draft {
  return {
    notes: [],
    namespace: '',
    targetLabel: undefined,
    defaults: {},
    targets: new Map(),
    queries: new Map(),
    lastByKeys: new Map(),
    untimed: 0,
  };
}

/** Adds a target under the name or one like it, unless the same one has the name, which then has the groups of both. */
export function addTarget(draft: Draft, wanted: string, target: DraftTarget): void {
  const other = draft.targets.get(wanted);
  const withoutGroups = ({ keys, secret }: DraftTarget) => identity({ ...keys, groups: [] }, secret);
  if (other === undefined || withoutGroups(other) !== withoutGroups(target)) {
    draft.targets.set(uniqueName(wanted, draft.targets), target);
    return;
  }
  const groups = new Set([...(other.keys.groups ?? []), ...(target.keys.groups ?? [])]);
  if (groups.size > 0) other.keys.groups = [...groups];
}

/**
 * Adds a query under the name or one like it. Metrics of one statement, asked in one way, become metrics of one query.
 */
export function addQuery(draft: Draft, wanted: string, query: DraftQuery): void {
  const keys = identity(query.keys);
  const other = draft.lastByKeys.get(keys);
  if (other === undefined || [...query.metrics.keys()].some((metric) => other.metrics.has(metric))) {
    draft.lastByKeys.set(keys, query);
    draft.queries.set(uniqueName(wanted, draft.queries), query);
    return;
  }
  for (const note of query.notes) other.notes.push(note);
  for (const [name, metric] of query.metrics) other.metrics.set(name, metric);
}

/** The name, or the first of `name_2`, `name_3` … that is not taken. */
export function uniqueName(wanted: string, taken: { has(name: string): boolean }): string {
  let name = wanted;
  for (let count = 2; taken.has(name); count++) name = `${wanted}_${count}`;
  return name;
}

function identity(...parts: readonly unknown[]): string {
  return JSON.stringify(parts);
}
