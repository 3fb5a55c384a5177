import type { Status, TaskState, TaskStatus } from '../../model/status.ts';

/** What needs attention comes first. */
export const STATES = [
  'target_down',
  'failing',
  'stale',
  'suspended',
  'rejecting',
  'running',
  'waiting',
  'not_applicable',
  'fresh',
] as const satisfies TaskState[];

/** As people read it: `target down`. */
export function nameOf(state: TaskState): string {
  return state.replace('_', ' ');
}

/** What tasks can be sorted by. A value of null comes last, whichever way. */
export const SORTS = {
  state: (task) => STATES.indexOf(task.state),
  query: (task) => task.query,
  target: (task) => task.target,
  owner: (task) => task.owner,
  schedule: (task) => task.periodMs,
  age: (task, nowMs) => (task.lastSuccessAtMs === null ? null : nowMs - task.lastSuccessAtMs),
  next: (task) => task.nextAtMs,
  duration: (task) => task.lastDurationMs,
  load: (task) => task.load,
  rows: (task) => task.rows,
  series: (task) => task.series,
  rejected: (task) => countAll(task.rejected),
} as const satisfies Record<string, (task: TaskStatus, nowMs: number) => string | number | null>;
export type SortKey = keyof typeof SORTS;

/** What somebody asked to see. */
export interface ViewRequest {
  /** Words that must all occur in the names of query, target, groups or collector; lower case. */
  readonly words: readonly string[];
  readonly text: string;
  readonly state: TaskState | null;
  readonly sort: SortKey;
  readonly descending: boolean;
  /** From 1 on. */
  readonly page: number;
}

export interface View {
  readonly request: ViewRequest;
  /** Those of the page. */
  readonly tasks: readonly TaskStatus[];
  /** All that the request selects, in the order of the plan. */
  readonly found: readonly TaskStatus[];
  /** The place of the first task shown, from 0 on. */
  readonly first: number;
  readonly pages: number;
  /** Of the tasks that the words select, whatever their state. */
  readonly counts: StateCounts;
}

export type StateCounts = Readonly<Record<TaskState, number>>;

/** Enough for most, and few enough to be rendered in a millisecond and shown at once. */
export const TASKS_PER_PAGE = 100;

/** Reads `?q=…&state=…&sort=-age&page=2`. What makes no sense is taken as not said. */
export function readViewRequest(search: URLSearchParams): ViewRequest {
  const text = (search.get('q') ?? '').trim();
  const sort = search.get('sort') ?? '';
  const key = sort.replace(/^-/, '');
  const page = Number(search.get('page'));
  return {
    text,
    words: text.toLowerCase().split(/\s+/).filter(Boolean),
    state: STATES.find((state) => state === search.get('state')) ?? null,
    sort: Object.hasOwn(SORTS, key) ? (key as SortKey) : 'state',
    descending: sort.startsWith('-'),
    page: Number.isSafeInteger(page) && page > 0 ? page : 1,
  };
}

/** The inverse of {@link readViewRequest}, as a relative address. */
export function toSearch({ text, state, sort, descending, page }: ViewRequest): string {
  const search = new URLSearchParams();
  if (text !== '') search.set('q', text);
  if (state !== null) search.set('state', state);
  if (sort !== 'state' || descending) search.set('sort', `${descending ? '-' : ''}${sort}`);
  if (page > 1) search.set('page', String(page));
  return `?${search}`;
}

export function viewOf(status: Status, request: ViewRequest): View {
  const found = status.tasks.filter((task) => isFound(task, request.words));
  const selected = request.state === null ? found : found.filter((task) => task.state === request.state);
  const pages = Math.max(1, Math.ceil(selected.length / TASKS_PER_PAGE));
  const page = Math.min(request.page, pages);
  const first = (page - 1) * TASKS_PER_PAGE;
  const sorted = sortTasks(selected, request, status.nowMs);
  return {
    request: { ...request, page },
    tasks: sorted.slice(first, first + TASKS_PER_PAGE),
    found: selected,
    first,
    pages,
    counts: countStates(found),
  };
}

export function countStates(tasks: readonly TaskStatus[]): StateCounts {
  const counts = Object.fromEntries(STATES.map((state) => [state, 0])) as Record<TaskState, number>;
  for (const task of tasks) counts[task.state] += 1;
  return counts;
}

export function countAll(counts: Readonly<Partial<Record<string, number>>>): number {
  return Object.values(counts).reduce((sum: number, count) => sum + (count ?? 0), 0);
}

function isFound(task: TaskStatus, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  const names = [task.query, task.target, ...task.groups, task.collector ?? ''].join('\n').toLowerCase();
  return words.every((word) => names.includes(word));
}

function sortTasks(tasks: readonly TaskStatus[], request: ViewRequest, nowMs: number): readonly TaskStatus[] {
  const keyOf = SORTS[request.sort];
  const sign = request.descending ? -1 : 1;
  return tasks
    .map((task) => ({ task, key: keyOf(task, nowMs) }))
    .sort((a, b) => {
      if (a.key === b.key) return 0;
      if (a.key === null) return 1;
      if (b.key === null) return -1;
      return a.key < b.key ? -sign : sign;
    })
    .map(({ task }) => task);
}
